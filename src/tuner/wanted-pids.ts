import { pid as asPid, type Pid } from "../kernel/units.ts";
import { PID_COUNT } from "./mpegts/packet.ts";
import { TABLE_PID } from "./mux-tables.ts";
import type { Delivery, TunerDriver } from "./ports.ts";

/** Of every multiplex. @see ISO/IEC 13818-1 table 2-3, EN 300 468 table 1, ATSC A/65 §4.1 */
const TABLES: readonly number[] = [
  ...new Set([0x00, 0x01, 0x10, 0x11, 0x12, 0x14, ...Object.values(TABLE_PID)]),
];
const PSIP_BASE = 0x1ffb;

/** Tells a driver which PIDs to deliver, whenever that changes. */
export class WantedPids {
  readonly #driver: TunerDriver;
  readonly #begins: (pid: number) => void;
  #whole: boolean;
  readonly #tables: readonly number[];
  #told: ReadonlySet<Pid> | null = null;

  /**
   * @param begins told of each PID that the driver did not deliver before
   * @param options.whole ask for the whole multiplex instead
   */
  constructor(
    driver: TunerDriver,
    begins: (pid: number) => void,
    { delivery: { system }, whole }: { readonly delivery: Delivery; readonly whole: boolean },
  ) {
    this.#driver = driver;
    this.#begins = begins;
    this.#whole = whole;
    this.#tables = system === "atsc" || system === "hdhomerun" ? [...TABLES, PSIP_BASE] : TABLES;
  }

  /** From now on the whole multiplex is wanted. */
  wantAll(): void {
    if (this.#whole) return;
    this.#whole = true;
    if (this.#told === null) return;
    for (let pid = 0; pid < PID_COUNT; pid++) if (!this.#told.has(asPid(pid))) this.#begins(pid);
    this.#driver.filter("all");
  }

  /** The driver was tuned anew and knows nothing. */
  forget(): void {
    this.#told = null;
  }

  /** @param pids those beside the tables */
  want(pids: Iterable<number>): void {
    const before = this.#told;
    if (this.#whole) {
      if (before === null) this.#driver.filter("all");
      this.#told = new Set();
      return;
    }
    const wanted = new Set([...this.#tables, ...pids] as Pid[]);
    const begun = before === null ? [] : [...wanted].filter((pid) => !before.has(pid));
    const added = before === null || begun.length > 0;
    const removed = before !== null && [...before].some((pid) => !wanted.has(pid));
    if (!added && !removed) return;
    for (const pid of begun) this.#begins(pid);
    // What is new is there before what is old goes: a filter that is set anew may cost packets.
    if (before !== null && added && removed) this.#driver.filter(new Set([...before, ...wanted]));
    this.#driver.filter(wanted);
    this.#told = wanted;
  }
}
