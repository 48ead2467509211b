import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";
import type { DialBack } from "../ports.ts";
import type { Store } from "../store/ports.ts";
import type { AddressPolicy } from "./address-policy.ts";
import type { RegistryLimits } from "./limits.ts";
import type { ZoneNames } from "./names.ts";

/** What the registry stands on. */
export interface RegistryDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly names: ZoneNames;
  readonly policy: AddressPolicy;
  readonly dialBack: DialBack;
  /** `0 issue letsencrypt.org`, at each box's name. */
  readonly caa: readonly string[];
  readonly limits: RegistryLimits;
  readonly publishing: Published;
}

/** Waits for what was written to be in the DNS. */
export interface Published {
  /** @throws TellyportError `dns-unavailable` when the deadline, monotonic ms, is over */
  whenPublished(name: string, version: number, deadline: number): Promise<void>;
}
