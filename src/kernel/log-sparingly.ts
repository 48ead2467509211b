import type { Clock } from "./clock.ts";

/** What a module writes lines with: pino's log is one. */
export interface LineLog {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

/** Of what a paired client can cause as often as it likes: more than a household does, and 6 MB a day of flash at the most. */
export const LINES_OF_CLIENTS = 30;

const MINUTE = 60_000;

/** What was written of an event within a minute. */
interface Spell {
  /** Its beginning, monotonic ms. */
  readonly from: number;
  lines: number;
  /** How often it happened without a line ... */
  left: number;
  /** ... and writes the one for all of them, as the last would have said it. */
  sum: (times: number) => void;
}

/**
 * Lines about what somebody can cause as often as he likes: a few of each event in a minute, and one with a count, `times`, for
 * all that happened beyond them. So nobody fills a box's flash with its log.
 */
export class SparingLog implements LineLog {
  readonly #log: LineLog;
  readonly #clock: Clock;
  readonly #lines: number;
  /** By event: as many as there are in our source. */
  readonly #spells = new Map<string, Spell>();

  /** @param lines of an event in a minute, the one with the count among them; 1 or more. Default 1 */
  constructor(log: LineLog, clock: Clock, lines = 1) {
    this.#log = log;
    this.#clock = clock;
    this.#lines = lines;
  }

  /** All of them: who has these written looks on. */
  debug(fields: object, event: string): void {
    this.#log.debug(fields, event);
  }

  info(fields: object, event: string): void {
    this.#take("info", fields, event);
  }

  warn(fields: object, event: string): void {
    this.#take("warn", fields, event);
  }

  error(fields: object, event: string): void {
    this.#take("error", fields, event);
  }

  #take(level: "info" | "warn" | "error", fields: object, event: string): void {
    const spell = this.#spellOf(event);
    if (spell.lines < this.#lines) {
      spell.lines++;
      return this.#log[level](fields, event);
    }
    spell.sum = (times) => this.#log[level]({ ...fields, times }, event);
    if (spell.left++ > 0) return;
    this.#clock.after(MINUTE - (this.#clock.monotonic() - spell.from), () => {
      // This line is the first of the next minute.
      this.#begin(event).lines = 1;
      spell.sum(spell.left);
    });
  }

  /** The one that runs: what left something out ends by its timer. */
  #spellOf(event: string): Spell {
    const spell = this.#spells.get(event);
    const isOver = spell?.left === 0 && this.#clock.monotonic() - spell.from >= MINUTE;
    return spell === undefined || isOver ? this.#begin(event) : spell;
  }

  #begin(event: string): Spell {
    const spell = { from: this.#clock.monotonic(), lines: 0, left: 0, sum: () => undefined };
    this.#spells.set(event, spell);
    return spell;
  }
}
