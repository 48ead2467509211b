import type { Component } from "../../kernel/lifecycle.ts";
import { isTellyportError, messageOf } from "../../kernel/errors.ts";
import type {
  AliasAction,
  ChallengeAction,
  DropHostAction,
  EnrolAction,
  HostAction,
  Registration,
  StateAction,
  UpdateAction,
  WithdrawAction,
} from "../../protocol/registration.ts";
import type { DynamicHosts } from "../ports.ts";
import { accept } from "./accept.ts";
import { update, withdraw } from "./addresses.ts";
import { age } from "./ageing.ts";
import { alias } from "./alias.ts";
import { challenge } from "./challenges.ts";
import type { RegistryDeps } from "./deps.ts";
import { DialBacks } from "./dial-backs.ts";
import { dynamicHosts } from "./dynamic-hosts.ts";
import { enrol, type Sender } from "./enrolment.ts";
import { addHost, dropHost, type NewHost } from "./hosts.ts";
import { Allowances } from "./limits.ts";
import { registrationOf } from "./registration.ts";

export { addressPolicy, canonical, type AddressPolicy } from "./address-policy.ts";
export type { RegistryDeps, Published } from "./deps.ts";
export type { RecordRules } from "./desired-records.ts";
export type { Sender } from "./enrolment.ts";
export { DEFAULT_LIMITS, type RegistryLimits } from "./limits.ts";
export { ZoneNames } from "./names.ts";
export { blockBox, countBoxes, listBoxes, showBox, unblockBox } from "./operator.ts";
export { desiredRecords, wholeZone, zonePage } from "./zone-state.ts";

/** Every action of a box, its signature checked. */
export type Action =
  EnrolAction | UpdateAction | WithdrawAction | ChallengeAction | AliasAction | DropHostAction | StateAction;

/** How often it is looked for what is over, ms. */
const AGEING_PERIOD = 10 * 60_000;

/** The register of boxes: what they say goes in, what the DNS shall say comes out. */
export class Registry implements Component {
  readonly name = "registry";
  readonly hosts: DynamicHosts;
  readonly #deps: RegistryDeps;
  readonly #allowances: Allowances;
  readonly #dialBacks: DialBacks;
  #ageing: { cancel(): void } | null = null;
  #busy: Promise<void> | null = null;

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
    this.#allowances = new Allowances(deps.clock, deps.limits);
    this.#dialBacks = new DialBacks({
      dialBack: deps.dialBack,
      clock: deps.clock,
      inAll: deps.limits.dialBacks,
      perNetwork: deps.limits.dialBacksPerNetwork,
    });
    this.hosts = dynamicHosts(deps);
  }

  /** Dial-backs that run. */
  get dialling(): number {
    return this.#dialBacks.running;
  }

  start(): void {
    this.#ageing = this.#deps.clock.every(AGEING_PERIOD, () => this.#ageOnce());
    this.#ageOnce();
  }

  async stop(): Promise<void> {
    this.#ageing?.cancel();
    await this.#busy;
  }

  /**
   * Does what a box asks.
   * @throws TellyportError of whatever is in the way; nothing but `rate-limited` after `update` and `dns-unavailable` leaves an effect
   */
  perform(action: Action, sender: Sender): Promise<Registration> {
    return this.#limited(action.iss, () => this.#perform(action, sender));
  }

  /** As {@link perform}, of the action that is answered with a token. */
  addHost(action: HostAction): Promise<NewHost> {
    return this.#limited(action.iss, () => addHost(this.#deps, action));
  }

  async #limited<T>(box: string, work: () => Promise<T>): Promise<T> {
    const end = this.#allowances.beginRequest(box);
    let isOld = false;
    try {
      return await work();
    } catch (error) {
      isOld = isTellyportError(error, "sequence-behind");
      throw error;
    } finally {
      end(!isOld);
    }
  }

  #perform(action: Action, sender: Sender): Promise<Registration> {
    switch (action.act) {
      case "enrol":
        return enrol(this.#deps, this.#allowances, action, sender);
      case "update":
        return update(this.#deps, this.#dialBacks, action, sender);
      case "withdraw":
        return withdraw(this.#deps, action, sender.observed);
      case "challenge":
        return challenge(this.#deps, action, sender.observed);
      case "alias":
        return alias(this.#deps, action, sender.observed);
      case "drop-host":
        return dropHost(this.#deps, action, sender.observed);
      case "state":
        return this.#state(action, sender.observed);
    }
  }

  #state(action: StateAction, observed: string | null): Promise<Registration> {
    const { store, clock, names } = this.#deps;
    return store.transaction(async (sql) => {
      const box = await accept(sql, action, clock.now());
      return registrationOf(sql, names, box, observed);
    });
  }

  #ageOnce(): void {
    this.#busy ??= age(this.#deps)
      .then((aged) => {
        if (Object.values(aged).some((count) => count > 0)) this.#deps.log.info({ ...aged }, "registry-aged");
      })
      .catch((error: unknown) => this.#deps.log.warn({ error: messageOf(error) }, "registry-ageing-failed"))
      .finally(() => (this.#busy = null));
  }
}
