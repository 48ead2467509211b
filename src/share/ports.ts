import type { Milliseconds } from "../kernel/units.ts";
import type { Principal } from "../protocol/principal.ts";

/** What resource sharing needs of others; `main` wires it. */

/** Mints and checks playback grants: the token in a media path. */
export interface GrantPort {
  /** @returns the path token for one playback */
  issue(playback: string, principal: Principal, expiresAt: Milliseconds): string;
  /** @returns the playback that a path token names. @throws TellyportError `grant-invalid` or `grant-ended` */
  check(grant: string): string;
  /** From now on the playback's grant answers `grant-ended`. */
  end(playback: string): void;
}
