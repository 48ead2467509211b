import { wrapDelta } from "../../../../kernel/units.ts";
import { readDataUnits, type TeletextPacket } from "./data-units.ts";
import { readPageHeader } from "./page-header.ts";
import { PageMemory, readDesignation } from "./page-memory.ts";
import type { TeletextPage } from "./subtitle-pages.ts";
import type { TextLine } from "./text-row.ts";

export type { TextLine, TextSpan } from "./text-row.ts";

/** The page as it is from a moment on, until the next display. */
export interface TextDisplay {
  /** 90 kHz, on the timeline of the PTS given to `push`: when the page's header was to be shown. */
  readonly at: number;
  /** From top to bottom; empty: nothing is shown. */
  readonly lines: readonly TextLine[];
}

/** A page whose end does not come is shown after this, in 90 kHz ticks: the time that 25 packets take, one in each field. */
const PATIENCE = 45_000;
/** A header alone, which clears the page, waits for its rows: they may come 20 ms later, a PES packet or two. */
const PATIENCE_FOR_ROWS = 18_000;
/** Text that is neither repeated nor taken away for so long was forgotten by the broadcaster. */
const FORGOTTEN = 60 * 90_000;
/** Time stamps that go back by more have begun anew. */
const BACK = 90_000;
/** Rows that come so much later are not of the page before; where nothing but subtitles is sent, pages are far apart. */
const AHEAD = 10 * 90_000;

/**
 * One subtitle page of a teletext stream. A page is complete with the next header of its magazine (or of any, when magazines are sent
 * serially); where none follows, with the first PES packet that has nothing of it, or after half a second of {@link TeletextSubtitles.tick}.
 * If more of it comes after all, it is told again with the same `at`: the later display replaces the earlier.
 * Never throws, whatever comes in; memory is constant.
 * @see EN 300 706 §7.2, EN 300 472
 */
export class TeletextSubtitles {
  readonly #page: TeletextPage;
  readonly #show: (display: TextDisplay) => void;
  #memory: PageMemory;
  /** Packets of the magazine are of this page. */
  #receiving = false;
  /** Something came that was not shown yet. */
  #pending = false;
  /** Not only the header. */
  #rows = false;
  /** PTS of the page's last header. */
  #at = 0;
  #lastPts: number | null = null;
  /** PTS of what came last of the page. */
  #lastSeen = 0;
  /** What is on the screen, null when that is not known. */
  #shown: string | null = null;

  constructor(options: { readonly page: TeletextPage; readonly show: (display: TextDisplay) => void }) {
    this.#page = options.page;
    this.#show = options.show;
    this.#memory = new PageMemory(options.page.language);
  }

  /**
   * @param pesData PES_data_field from data_identifier on
   * @param pts 90 kHz, 33-bit or unwrapped
   */
  push(pesData: Buffer, pts: number): void {
    if (this.#lastPts !== null) {
      const step = wrapDelta(this.#lastPts, pts);
      if (step < -BACK) this.#abandon();
      else if (step > AHEAD) {
        this.#complete();
        this.#receiving = false;
      }
    }
    this.#lastPts = pts;
    let touched = false;
    readDataUnits(pesData, (packet) => {
      if (this.#take(packet, pts)) touched = true;
    });
    if (!touched && this.#rows) this.#complete();
    this.tick(pts);
  }

  /** What time it is in the stream while no teletext comes. @param pts 90 kHz, as in {@link TeletextSubtitles.push} */
  tick(pts: number): void {
    const patience = this.#rows ? PATIENCE : PATIENCE_FOR_ROWS;
    if (this.#pending && wrapDelta(this.#lastSeen, pts) > patience) this.#complete();
    if (this.#shown !== null && this.#shown !== EMPTY && wrapDelta(this.#lastSeen, pts) > FORGOTTEN) {
      this.#memory.erase();
      this.#tell(pts, []);
    }
  }

  /** Tells the rows that wait for their page's end, as a segment is about to be cut. More of them may come. */
  flush(): void {
    if (this.#rows) this.#complete();
  }

  /** After a loss or a splice: nothing that came before has to do with what comes. The next complete page is told in any case. */
  reset(): void {
    this.#abandon();
    this.#memory = new PageMemory(this.#page.language);
    this.#lastPts = null;
  }

  /** @returns whether it was of this page */
  #take(packet: TeletextPacket, pts: number): boolean {
    const ours = packet.magazine === this.#page.magazine;
    const { number, data } = packet;
    if (number === 0) return this.#header(data, ours, pts);
    if (!ours) return false;
    if (number === 29) {
      const designation = readDesignation(data);
      if (designation) this.#memory.setCommonDesignation(designation);
    }
    if (!this.#receiving || number > 28) return false;
    if (number <= 24) this.#memory.setRow(number, data);
    else if (number === 26) this.#memory.setEnhancement(data);
    else if (number === 28) {
      const designation = readDesignation(data);
      if (designation) this.#memory.setDesignation(designation);
    } else return false;
    this.#pending = true;
    this.#rows = true;
    this.#lastSeen = pts;
    return true;
  }

  #header(data: Uint8Array, ours: boolean, pts: number): boolean {
    const header = readPageHeader(data);
    if (!ours && !header.serial) return false;
    this.#complete();
    this.#receiving = ours && header.page === this.#page.page;
    if (!this.#receiving) return false;
    this.#memory.begin(header);
    this.#pending = true;
    this.#rows = false;
    this.#at = pts;
    this.#lastSeen = pts;
    return true;
  }

  #complete(): void {
    if (!this.#pending) return;
    this.#pending = false;
    this.#tell(this.#at, this.#memory.lines());
  }

  #tell(at: number, lines: readonly TextLine[]): void {
    const content = JSON.stringify(lines);
    if (content === this.#shown) return;
    this.#shown = content;
    this.#show({ at, lines });
  }

  #abandon(): void {
    this.#receiving = false;
    this.#pending = false;
    this.#shown = null;
  }
}

const EMPTY = JSON.stringify([]);
