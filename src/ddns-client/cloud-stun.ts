import type { StunServer } from "./external-address/stun-client.ts";
import type { CloudClient } from "./registration/cloud-client.ts";

const ASK_MS = 10_000;

/** STUN servers that the box may ask: those of its configuration, and the one that its cloud names. */
export class CloudStun {
  readonly #own: readonly StunServer[];
  readonly #cloud: string;
  #named: StunServer | null = null;
  #asking: Promise<void> | null = null;

  /** @param own HOST:PORT each. @param cloud its origin; empty: none */
  constructor(own: readonly string[], cloud: string) {
    this.#own = own.flatMap((text) => parse(text, true) ?? []);
    this.#cloud = cloud === "" ? "" : new URL(cloud).hostname.replace(/^\[|\]$/g, "");
  }

  get servers(): readonly StunServer[] {
    return this.#named === null ? this.#own : [...this.#own, this.#named];
  }

  /** Asks the cloud, once: where it does not say, the next registration asks again. */
  ask(client: Pick<CloudClient, "describe">): Promise<void> {
    if (this.#named !== null) return Promise.resolve();
    this.#asking ??= this.#ask(client).finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #ask(client: Pick<CloudClient, "describe">): Promise<void> {
    try {
      const { stun } = await client.describe(AbortSignal.timeout(ASK_MS));
      if (stun === null) return;
      const found = parse(stun, false);
      // At the very machine that the owner named it may be wherever that is; elsewhere in the internet only.
      this.#named = found === null ? null : { ...found, named: found.host === this.#cloud };
    } catch {
      // The registration says what is wrong with the cloud.
    }
  }
}

function parse(text: string, named: boolean): StunServer | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const [, six, host, port] = match ?? [];
  const name = six ?? host;
  const number = Number(port);
  return name === undefined || number < 1 || number > 65_535 ? null : { host: name, port: number, named };
}
