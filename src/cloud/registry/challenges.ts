import type { ChallengeAction, Registration } from "../../protocol/registration.ts";
import { accept } from "./accept.ts";
import type { RegistryDeps } from "./deps.ts";
import { noteChanged } from "./outbox.ts";
import { registrationOf } from "./registration.ts";

/** A box that takes its values away itself leaves them no longer. */
export const CHALLENGE_LASTS = 3600_000;
/** An answer waits for the DNS no longer, ms. */
const PUBLISHED_WITHIN = 15_000;

/**
 * Puts values at the box's `_acme-challenge` name, and answers when they are to be had from the name server.
 * @throws TellyportError `dns-unavailable` when that takes too long: they are written down, and come when it works again
 */
export async function challenge(
  deps: RegistryDeps,
  action: ChallengeAction,
  observed: string | null,
): Promise<Registration> {
  const { store, clock, names, publishing } = deps;
  const { iss } = action;
  const now = clock.now();
  const deadline = clock.monotonic() + PUBLISHED_WITHIN;
  const values = [...new Set(action.values)];
  const name = names.challenge(iss);
  const { registration, version } = await store.transaction(async (sql) => {
    const box = await accept(sql, action, now);
    await sql.query("UPDATE boxes SET challenge = $2, challenge_until = $3 WHERE id = $1", [
      iss,
      JSON.stringify(values),
      values.length === 0 ? null : now + CHALLENGE_LASTS,
    ]);
    const version = await noteChanged(sql, store, names.zone, [name], now);
    return { version, registration: await registrationOf(sql, names, box, observed) };
  });
  store.wake();
  await publishing.whenPublished(name, version, deadline);
  return registration;
}
