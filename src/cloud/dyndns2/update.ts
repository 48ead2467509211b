import type { Clock } from "../../kernel/clock.ts";
import { isTellyportError, messageOf } from "../../kernel/errors.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { networkOf } from "../../kernel/network-address.ts";
import { RecentMap } from "../../kernel/recent-map.ts";
import { TokenBuckets, type BucketShape } from "../../kernel/token-buckets.ts";
import type { DynamicHosts } from "../ports.ts";
import { BAD_CREDENTIALS, DNS_TROUBLE, done, notNow, OUR_FAULT, refuse, type Answer } from "./answers.ts";
import type { Asked } from "./asked.ts";
import { hashOfToken, type Credentials } from "./credentials.ts";
import { judge, namesOf, type Step } from "./judge.ts";

/** How much one name, or one network, may ask for. */
export interface DyndnsLimits {
  /** Updates of a name in seven days that change nothing, before they are put off; default 150. */
  readonly unchanged: number;
  /** ... and before the client is told to stop; default 2000. */
  readonly unchangedAbuse: number;
  /** Different addresses of a name in an hour: with more, two devices share it; default 6. */
  readonly addresses: number;
  /** Changes of a name, default 12, and one a minute. */
  readonly changes: BucketShape;
  /** Wrong credentials of a network; default 30, and one in ten seconds. */
  readonly guesses: BucketShape;
  /** Questions of a network for its own address; default 3, and three a minute. */
  readonly looks: BucketShape;
}

export const DYNDNS_LIMITS: DyndnsLimits = {
  unchanged: 150,
  unchangedAbuse: 2000,
  addresses: 6,
  changes: { burst: 12, perSecond: 1 / 60 },
  guesses: { burst: 30, perSecond: 0.1 },
  looks: { burst: 3, perSecond: 3 / 60 },
};

export interface UpdatesDeps {
  readonly hosts: DynamicHosts;
  readonly clock: Clock;
  readonly log: LineLog;
  readonly limits: DyndnsLimits;
}

/** Credentials that are remembered to be good. */
const REMEMBERED = 65_536;

/** Carries out updates. */
export class Updates {
  readonly #deps: UpdatesDeps;
  readonly #guesses: TokenBuckets;
  readonly #changes: TokenBuckets;
  /** By a hash: credentials that were good when they were shown last, and those that were once. */
  readonly #shown = new RecentMap<boolean>(REMEMBERED);

  constructor(deps: UpdatesDeps) {
    this.#deps = deps;
    this.#guesses = new TokenBuckets(deps.limits.guesses);
    this.#changes = new TokenBuckets(deps.limits.changes);
  }

  /**
   * Carries out an update, or says why not; does not throw.
   * @param credentials null: the request has none
   * @param from the sender's address; null: it is not known
   * @param observed the same, if it may be published
   */
  async update(
    asked: Asked,
    credentials: Credentials | null,
    from: string | null,
    observed: string | null,
  ): Promise<Answer> {
    // Most clients show their credentials unasked; who does not is no guesser.
    if (credentials === null) return BAD_CREDENTIALS;
    const { clock } = this.#deps;
    const network = from === null ? "" : networkOf(from);
    const wait = this.#guesses.wait(network, clock.monotonic());
    const key = hashOfToken(`${credentials.user} ${credentials.token}`);
    // Who has been right is no guesser, whoever guesses behind the same address.
    if (wait > 0 && this.#shown.get(key) !== true) return notNow(Math.ceil(wait / 1000));
    try {
      const hosts = await this.#deps.hosts.find(namesOf(asked, credentials));
      const verdict = judge(asked, credentials, hosts, observed);
      const isGood = verdict.kind === "steps" || verdict.answer !== BAD_CREDENTIALS;
      if (isGood || this.#shown.get(key) === true) this.#shown.set(key, isGood);
      if (verdict.kind === "steps") return await this.#carryOut(verdict.steps);
      if (!isGood) this.#guesses.take(network, clock.monotonic());
      return verdict.answer;
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #carryOut(steps: readonly Step[]): Promise<Answer> {
    const changed = steps.filter((step) => step.changed);
    const held = changed.length > 0 ? await this.#hold(changed) : await this.#countUnchanged(steps);
    if (held !== null) return held;
    if (changed.length > 0) {
      await this.#deps.hosts.set(
        changed.map(({ name, ipv4, ipv6 }) => ({
          name,
          ...(ipv4 !== undefined && { ipv4 }),
          ...(ipv6 !== undefined && { ipv6 }),
        })),
      );
    }
    return done(steps);
  }

  /** @returns why the changes have to wait; null: they need not */
  async #hold(changed: readonly Step[]): Promise<Answer | null> {
    const { clock, hosts, limits, log } = this.#deps;
    for (const { name, ipv4, ipv6 } of changed) {
      const wait = this.#changes.take(name, clock.monotonic());
      if (wait > 0) return notNow(Math.ceil(wait / 1000));
      // Of two that change at once one is counted: a new line brings both.
      const address = ipv4 ?? ipv6 ?? null;
      if (address === null) continue;
      const count = await hosts.countChange(name, address);
      if (count <= limits.addresses) continue;
      log.warn({ name, addresses: count }, "dyndns-name-shared");
      return notNow();
    }
    return null;
  }

  /** @returns why the client is not told that nothing changed; null: it is */
  async #countUnchanged(steps: readonly Step[]): Promise<Answer | null> {
    const { hosts, limits } = this.#deps;
    let most = 0;
    for (const { name } of steps) most = Math.max(most, await hosts.countUnchanged(name));
    if (most > limits.unchangedAbuse) return refuse("abuse", steps.length);
    return most > limits.unchanged ? notNow(3600) : null;
  }

  #failed(error: unknown): Answer {
    const known = isTellyportError(error);
    const fields = { error: messageOf(error), ...(known && { errorCode: error.code }) };
    this.#deps.log.error(fields, "dyndns-update-failed");
    return known && (error.code === "dns-unavailable" || error.code === "dns-refused")
      ? DNS_TROUBLE
      : OUR_FAULT;
  }
}
