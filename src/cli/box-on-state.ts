import type { Config } from "../kernel/config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import type { BoxDeps, RunningBox } from "../main.ts";
import { prepareState } from "../prepare-state.ts";
import { shadowState, type StateShadow } from "../state-shadow.ts";

interface BoxOnStateDeps {
  /** What was installed: without what the state directory says. */
  readonly installed: Config;
  /** All of it. @param directory another state directory than the configured one */
  readonly configure: (directory?: string) => Promise<Config>;
  readonly start: (
    config: Config,
    how: Required<Pick<BoxDeps, "provisioning">> | Required<Pick<BoxDeps, "shadowOf">>,
  ) => Promise<RunningBox>;
  /** Has the service manager begin the whole again; null: there is none. */
  readonly restart: (() => void) | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** A box, and what it runs on. */
interface Begun {
  readonly config: Config;
  readonly box: RunningBox;
  /** null: on the state directory itself. */
  readonly shadow: StateShadow | null;
}

/** The daemon's box: on its state directory or, as long as that cannot be written, on a copy of it. */
export class BoxOnState {
  readonly #deps: BoxOnStateDeps;
  #now: Begun;
  #turning: Promise<void> = Promise.resolve();

  private constructor(deps: BoxOnStateDeps, now: Begun) {
    this.#deps = deps;
    this.#now = now;
  }

  /** @throws TellyportError of the configuration or of whichever module cannot start */
  static async begin(deps: BoxOnStateDeps): Promise<BoxOnState> {
    let box: BoxOnState | null = null;
    const begun = await begin(deps, () => box?.recovered());
    box = new BoxOnState(deps, begun);
    return box;
  }

  /** The one that runs now: another one once the state can be written again. */
  get box(): RunningBox {
    return this.#now.box;
  }

  get config(): Config {
    return this.#now.config;
  }

  async stop(): Promise<void> {
    await this.#turning;
    await this.#end();
  }

  /** From the copy of a state to the state, which can be written again. */
  recovered(): void {
    this.#turning = this.#turn();
  }

  async #turn(): Promise<void> {
    if (this.#deps.restart !== null) return this.#deps.restart();
    await this.#end();
    this.#now = await begin(this.#deps, () => this.recovered());
  }

  async #end(): Promise<void> {
    await this.#now.box.stop();
    await this.#now.shadow?.restore();
  }
}

async function begin(deps: BoxOnStateDeps, recovered: () => void): Promise<Begun> {
  const { installed, configure, start, clock, log } = deps;
  const { directory } = installed.state;
  const shadow = await shadowState(directory, log);
  if (shadow !== null) {
    const config = await configure(shadow.directory);
    return { config, shadow, box: await start(config, { shadowOf: { directory, recovered } }) };
  }
  const provisioning = await prepareState(installed, configure, { clock, log });
  const config = await configure();
  return { config, shadow, box: await start(config, { provisioning }) };
}
