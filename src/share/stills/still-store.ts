import { createHash } from "node:crypto";
import type { Clock } from "../../kernel/clock.ts";
import { bytes, type Bytes, type Milliseconds } from "../../kernel/units.ts";
import type { Still } from "./still.ts";

export interface StillStoreOptions {
  readonly clock: Clock;
  /** Bytes of all stills; default 4 MiB. */
  readonly mostBytes?: number;
  /** Stills at most; default 500. */
  readonly most?: number;
  /** A still older than this misleads, ms; default 30 min. */
  readonly longestMs?: number;
}

/** A still that can be had. */
export interface KeptStill extends Still {
  /** Wall clock. */
  readonly takenAt: Milliseconds;
  /** Strong entity tag, quoted. @see RFC 9110 §8.8.3 */
  readonly etag: string;
}

interface Entry {
  readonly kept: KeptStill;
  /** Monotonic: the wall clock may jump. */
  readonly at: Milliseconds;
}

/** The newest still of each channel, in memory only. Beyond its bounds, the oldest go. */
export class StillStore {
  readonly #options: Required<StillStoreOptions>;
  /** By channel id, oldest first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(options: StillStoreOptions) {
    this.#options = { mostBytes: 4 * 1024 * 1024, most: 500, longestMs: 30 * 60_000, ...options };
  }

  /** Takes the place of the channel's last one. @returns false: it is larger than all may be together */
  put(channel: string, { type, body }: Still): boolean {
    const { clock, mostBytes, most } = this.#options;
    this.forget(channel);
    if (body.length > mostBytes) return false;
    const etag = `"${createHash("sha256").update(type).update(body).digest("base64url").slice(0, 22)}"`;
    this.#entries.set(channel, {
      kept: { type, body, takenAt: clock.now(), etag },
      at: clock.monotonic(),
    });
    this.#bytes += body.length;
    for (const id of this.#entries.keys()) {
      if (this.#bytes <= mostBytes && this.#entries.size <= most) break;
      this.forget(id);
    }
    return true;
  }

  /** Undefined when there is none, or none that is new enough. */
  get(channel: string): KeptStill | undefined {
    this.#forgetOld();
    return this.#entries.get(channel)?.kept;
  }

  /** For the channel list: when the still that {@link get} gives was taken, or null. */
  takenAt(channel: string): Milliseconds | null {
    return this.get(channel)?.takenAt ?? null;
  }

  forget(channel: string): void {
    const entry = this.#entries.get(channel);
    if (entry === undefined) return;
    this.#entries.delete(channel);
    this.#bytes -= entry.kept.body.length;
  }

  /** Forgets the stills of all other channels. */
  keepOnly(channels: ReadonlySet<string>): void {
    for (const id of [...this.#entries.keys()]) if (!channels.has(id)) this.forget(id);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  get count(): number {
    return this.#entries.size;
  }

  get bytes(): Bytes {
    return bytes(this.#bytes);
  }

  #forgetOld(): void {
    const { clock, longestMs } = this.#options;
    const now = clock.monotonic();
    for (const [id, { at }] of this.#entries) {
      if (now - at <= longestMs) break;
      this.forget(id);
    }
  }
}
