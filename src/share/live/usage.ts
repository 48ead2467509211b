import type { Milliseconds, Seconds } from "../../kernel/units.ts";
import { bytes, seconds, type Bytes } from "../../kernel/units.ts";
import type { Principal } from "../../protocol/principal.ts";

/** What one playback has taken. */
export interface PlaybackUsage {
  readonly playback: string;
  readonly principal: Principal;
  readonly channel: string;
  /** Epoch ms. */
  readonly startedAt: Milliseconds;
  /** null while it plays. */
  readonly endedAt: Milliseconds | null;
  /** Bodies of media answers handed to the network. */
  readonly bytes: Bytes;
  /** Programme time delivered, each second once; what was watched again much later, again. */
  readonly seconds: Seconds;
}

/** Sums over all playbacks of one client since the daemon started. */
export interface PrincipalUsage {
  readonly client: string;
  readonly user: string;
  readonly payer: string;
  readonly bytes: Bytes;
  readonly seconds: Seconds;
}

/** Clients remembered at most. */
const MAX_CLIENTS = 1000;

/** Adds up per principal, bounded: who was seen longest ago is forgotten first. */
export class UsageLedger {
  readonly #sums = new Map<string, PrincipalUsage>();

  add(principal: Principal, addedBytes: number, addedSeconds: number): void {
    const { client, user, payer } = principal;
    const key = `${client}\n${user}\n${payer}`;
    const before = this.#sums.get(key);
    this.#sums.delete(key);
    this.#sums.set(key, {
      client,
      user,
      payer,
      bytes: bytes((before?.bytes ?? 0) + addedBytes),
      seconds: seconds((before?.seconds ?? 0) + addedSeconds),
    });
    const oldest = this.#sums.keys().next().value;
    if (this.#sums.size > MAX_CLIENTS && oldest !== undefined) this.#sums.delete(oldest);
  }

  all(): PrincipalUsage[] {
    return [...this.#sums.values()];
  }
}
