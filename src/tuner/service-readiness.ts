import { TellyportError } from "../kernel/errors.ts";
import type { PacketScan } from "./mpegts/packet-scan.ts";
import type { SectionAssembler } from "./mpegts/section-assembler.ts";
import type { MuxSession } from "./mux-session.ts";
import { TABLE_PID } from "./mux-tables.ts";
import type { ServiceStreams } from "./ports.ts";
import type { ServiceFeed } from "./service-feed.ts";
import { SESSION_TIMES } from "./session-contract.ts";

/**
 * What a service consists of; null while it may still come.
 * @param wrong another transport stream came, which is being mended
 * @param now monotonic ms
 * @throws TellyportError `service-not-on-air`
 */
export function streamsOf(
  serviceId: number,
  { tables, clocks, multiplex }: Pick<MuxSession, "tables" | "clocks" | "multiplex">,
  wrong: boolean,
  now: number,
): ServiceStreams | null {
  const streams = tables.streams(serviceId);
  if (streams !== null) return streams;
  const { lock, data, firstPat } = clocks;
  if (lock < 0) return null;
  const gone =
    firstPat < 0
      ? // Without data the watchdog speaks; data without a PAT is no transport stream that could be shown.
        data >= 0 && !wrong && now - lock > SESSION_TIMES.pat
      : !tables.programs.has(serviceId) || now - firstPat > SESSION_TIMES.pmt;
  if (!gone) return null;
  throw new TellyportError(
    "service-not-on-air",
    `Service ${serviceId} is not on air on ${multiplex.id} now: choose another channel.`,
  );
}

/** The PMTs that the PAT names are read, and no others. */
export class PmtPids {
  readonly #scan: PacketScan;
  readonly #assembler: (pid: number) => SectionAssembler;
  readonly #followed = new Set<number>();

  constructor(scan: PacketScan, assembler: (pid: number) => SectionAssembler) {
    this.#scan = scan;
    this.#assembler = assembler;
  }

  all(): Iterable<number> {
    return this.#followed;
  }

  follow(pmts: Iterable<number>): void {
    const pids = new Set(pmts);
    const tablePids: readonly number[] = Object.values(TABLE_PID);
    for (const pid of pids) {
      if (this.#followed.has(pid) || tablePids.includes(pid)) continue;
      this.#followed.add(pid);
      this.#scan.sections(pid, this.#assembler(pid));
    }
    for (const pid of this.#followed) {
      if (pids.has(pid)) continue;
      this.#followed.delete(pid);
      this.#scan.sections(pid, null);
    }
  }
}

/** Consumers whose service the PAT does not have any more: it may be back in a moment. */
export class MissingServices {
  readonly #since = new Map<ServiceFeed, number>();

  /** Compares with a new PAT. @param now monotonic ms */
  look(feeds: Iterable<ServiceFeed>, programs: ReadonlyMap<number, number>, now: number): void {
    for (const feed of feeds) {
      if (programs.has(feed.request.serviceId)) this.#since.delete(feed);
      else if (feed.known && !this.#since.has(feed)) this.#since.set(feed, now);
    }
  }

  forget(feed: ServiceFeed): void {
    this.#since.delete(feed);
  }

  /** Takes out those that have been missing for too long. @param now monotonic ms */
  gone(now: number): ServiceFeed[] {
    const gone = [...this.#since].filter(([, since]) => now - since >= SESSION_TIMES.missing);
    for (const [feed] of gone) this.#since.delete(feed);
    return gone.map(([feed]) => feed);
  }
}
