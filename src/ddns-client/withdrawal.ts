import type { Clock } from "../kernel/clock.ts";
import type { Config } from "../kernel/config/index.ts";
import { TellyportError, isTellyportError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Database } from "../kernel/store/database.ts";
import { createFacts } from "./facts.ts";
import { cloudClientOf, registrationFact } from "./open-session.ts";
import type { Signer } from "./ports.ts";
import { readSecrets } from "./secrets.ts";

/** A cloud that does not answer keeps nobody from going offline. */
const WITHDRAW_MS = 5000;

/**
 * Has a box's addresses taken out of the DNS, if the cloud answers in time.
 * @param withdraw asks for it
 * @param signal ends the wait early
 */
export async function withdrawInTime(
  withdraw: (signal: AbortSignal) => Promise<unknown>,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Log; readonly signal?: AbortSignal },
): Promise<void> {
  const life = new AbortController();
  const timer = clock.after(WITHDRAW_MS, () =>
    life.abort(new TellyportError("request-cancelled", "The cloud does not answer.")),
  );
  try {
    await withdraw(signal === undefined ? life.signal : AbortSignal.any([life.signal, signal]));
  } catch (error) {
    if (!isTellyportError(error)) throw error;
    // Without news of the box, the cloud takes the address out by itself.
    log.warn({ code: error.code }, "online-not-withdrawn");
  } finally {
    timer.cancel();
  }
}

export interface LeavingBox {
  readonly config: Config["online"];
  readonly database: Database;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The last word to the cloud of a box that is to be another one: afterwards nobody has the key to say it with. Only for a box
 * that does not run, and that the cloud knows.
 * @throws TellyportError `config-unreadable`, `config-invalid`, `store-too-new`
 */
export async function leaveCloud({ config, database, signer, clock, log }: LeavingBox): Promise<void> {
  if (!config.enabled || config.cloud === "") return;
  const { origin } = new URL(config.cloud);
  const facts = createFacts(database);
  if (facts.get(registrationFact(origin)) === null) return;
  const { authorities } = await readSecrets(config);
  const client = cloudClientOf({ facts, signer, clock }, origin, authorities);
  await withdrawInTime((signal) => client.act("withdraw", {}, signal), { clock, log });
}
