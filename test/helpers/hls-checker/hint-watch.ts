import { trim } from "./bounded.ts";
import { checkAnswer } from "./delivery.ts";
import { shortName } from "./edge.ts";
import type { MediaPlaylist } from "./playlist-model.ts";
import { SLACK_MS, type Session } from "./session.ts";

/** L-07: asks for parts before they exist. */
export class HintWatch {
  readonly #session: Session;
  readonly #answers = new Map<string, Buffer>();
  readonly #listedAt = new Map<string, number>();
  #round = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** A playlist has the part now. */
  listed(url: string): void {
    this.#listedAt.set(url, performance.now());
    trim(this.#listedAt, 200);
  }

  /** The part, fetched when it was listed, against what the hint gave. */
  compare(url: string, body: Buffer, where: string): void {
    const hinted = this.#answers.get(url);
    if (hinted === undefined) return;
    const what = `the hint gave ${hinted.length} bytes, the part has ${body.length}, or other ones`;
    this.#session.expect("L-07", hinted.equals(body), where, what);
  }

  /** Every third hint is followed. */
  ask({ hints, partTarget }: MediaPlaylist): void {
    const hint = hints.find(({ type }) => type === "PART");
    const { busy } = this.#session;
    if (hint === undefined || partTarget === null || busy.hint || this.#round++ % 3 !== 0) return;
    busy.hint = true;
    const range = hint.length === null ? null : { offset: hint.start, length: hint.length };
    const asking = this.#follow(hint.url, range).finally(() => (busy.hint = false));
    this.#session.beside(shortName(hint.url), asking);
  }

  async #follow(url: string, range: { offset: number; length: number } | null): Promise<void> {
    const { http, expect, totals, lag } = this.#session;
    const where = shortName(url);
    const answer = await http.get(url, range === null ? {} : { range });
    totals.hints++;
    checkAnswer(answer, "unknown", where, expect);
    const there = answer.status === 200 || answer.status === 206;
    expect("L-07", there, where, `the hinted part is answered with ${answer.status}`);
    if (!there) return;
    const listed = this.#listedAt.get(url);
    const late = listed === undefined ? 0 : answer.endedAt - listed - lag.since(listed);
    const what = `the hint is answered ${late.toFixed(0)} ms after the part is there`;
    expect("L-07", late <= SLACK_MS, where, what);
    this.#answers.set(url, answer.body);
    trim(this.#answers, 4);
  }
}
