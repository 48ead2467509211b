import type { Clock } from "../kernel/clock.ts";
import type { PacketScan } from "./mpegts/packet-scan.ts";
import { SectionAssembler } from "./mpegts/section-assembler.ts";
import { MuxTables, TABLE_PID, type TableChange } from "./mux-tables.ts";
import type { GuideEvent, GuideStretch, Multiplex } from "./ports.ts";
import { PmtPids } from "./service-readiness.ts";
import { SESSION_TIMES } from "./session-contract.ts";
import type { TransportGuard } from "./transport-guard.ts";

export interface TableReadingDeps {
  readonly multiplex: Multiplex;
  readonly scan: PacketScan;
  readonly guard: TransportGuard;
  readonly clock: Clock;
  /** Nothing counts any more. */
  readonly over: () => boolean;
  /** A PAT came that is another multiplex's. */
  readonly wrong: (transportStreamId: number) => void;
  /** What a section has changed, once the tables have it. */
  readonly changed: (change: TableChange) => void;
  /** Something about the services changed, and they are {@link TableReading.named}. */
  readonly lineup: () => void;
  readonly guide: (events: readonly GuideEvent[], stretches: readonly GuideStretch[]) => void;
}

/** Reads the tables of one multiplex off its packets: which sections count, when what came, and what is new. */
export class TableReading {
  readonly tables: MuxTables;
  /** When what came; monotonic ms, -1 before. As in `SessionClocks`, and the latest TDT or TOT. */
  readonly times = { firstPat: -1, pat: -1, pmt: -1, tdt: -1 };
  readonly #deps: TableReadingDeps;
  readonly #pmts: PmtPids;
  #lineupChanged = false;

  constructor(deps: TableReadingDeps) {
    const { multiplex, scan } = deps;
    this.#deps = deps;
    this.tables = new MuxTables(multiplex);
    this.#pmts = new PmtPids(scan, (pid) => this.#assembler(pid));
    for (const pid of Object.values(TABLE_PID)) scan.sections(pid, this.#assembler(pid));
  }

  /** What the last TDT or TOT said, and when it came (monotonic ms); null before the first. */
  get broadcastTime(): { readonly utc: number; readonly at: number } | null {
    const { broadcastTime } = this.tables;
    return broadcastTime === null ? null : { utc: broadcastTime, at: this.times.tdt };
  }

  /** Whether names and numbers are known, or each has been waited for long enough: a list must not change under the thumb. */
  get named(): boolean {
    if (!this.tables.hasPat || this.times.firstPat < 0) return false;
    const waited = this.#deps.clock.monotonic() - this.times.firstPat;
    return (
      (this.tables.hasSdt || waited > SESSION_TIMES.sdt) && (this.tables.hasNit || waited > SESSION_TIMES.nit)
    );
  }

  /** Those of the PMTs. */
  pids(): Iterable<number> {
    return this.#pmts.all();
  }

  /** Tells what is new since it was told last. @param limit of the guide's events */
  tell(limit: number): void {
    const { lineup, guide } = this.#deps;
    if (this.#lineupChanged && this.named) {
      this.#lineupChanged = false;
      lineup();
    }
    const events = this.tables.takeEvents(limit);
    const stretches = this.tables.takeStretches();
    if (events.length > 0 || stretches.length > 0) guide(events, stretches);
  }

  #assembler(pid: number): SectionAssembler {
    return new SectionAssembler((section) => this.#onSection(pid, section));
  }

  #onSection(pid: number, section: Buffer): void {
    const { clock, guard, over, changed } = this.#deps;
    if (over()) return;
    if (pid === TABLE_PID.pat) {
      if (!this.#isOurs(section)) return;
      this.times.pat = clock.monotonic();
    } else if (!guard.open) return;
    if (pid === TABLE_PID.tdt) this.times.tdt = clock.monotonic();
    for (const change of this.tables.push(pid, section)) {
      switch (change.kind) {
        case "pat":
          if (this.times.firstPat < 0) this.times.firstPat = clock.monotonic();
          this.#pmts.follow(this.tables.programs.values());
          break;
        case "streams":
          if (this.times.pmt < 0) this.times.pmt = clock.monotonic();
          break;
        case "lineup":
          this.#lineupChanged = true;
          break;
      }
      changed(change);
    }
  }

  #isOurs(pat: Buffer): boolean {
    const transportStreamId = pat.readUInt16BE(3);
    const verdict = this.#deps.guard.pat(transportStreamId, this.#deps.clock.monotonic());
    if (verdict === "wrong") this.#deps.wrong(transportStreamId);
    return verdict === "accept";
  }
}
