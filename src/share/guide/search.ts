import { setImmediate } from "node:timers/promises";
import type { ServiceKey } from "../../tuner/index.ts";
import type { RankedEvent } from "./event-ranks.ts";
import { patternOf, wordsOf } from "./folded-pattern.ts";
import { FIELD, RECORD, type GuideStore } from "./guide-store.ts";

/** Programmes looked at before others have their turn: some milliseconds on a small box. */
const SLICE = 500;
/** Words of a search. */
const MAX_WORDS = 8;
/** Found programmes held while searching, as many times as are wanted. */
const HELD_TIMES = 4;

/**
 * Looks through all programmes for those that have every word. Case and diacritics do not matter; a word is found within others, as
 * Chinese needs it.
 * @param now epoch ms: what is over is left out
 * @param wanted services that are looked at
 */
export async function searchGuide(
  store: Pick<GuideStore, "texts" | "read">,
  text: string,
  now: number,
  limit: number,
  wanted: (service: ServiceKey) => boolean = () => true,
): Promise<RankedEvent[]> {
  // The longest word is the rarest, most likely.
  const words = wordsOf(text)
    .sort((a, b) => b.length - a.length)
    .slice(0, MAX_WORDS);
  if (words.length === 0) return [];
  const patterns = words.map(patternOf);
  let found: { event: RankedEvent; titled: boolean }[] = [];
  for (let row = 0; ;) {
    const { texts, rows } = store.texts(row, SLICE);
    const records = patterns.every((pattern) => pattern.test(texts)) ? texts.split(RECORD) : [];
    for (const [at, record] of records.entries()) {
      const end = record.indexOf(FIELD);
      if (!patterns.every((pattern) => pattern.test(record))) continue;
      const event = store.read(rows[at] ?? 0);
      if (event === null || event.endsAt <= now || !wanted(event.service)) continue;
      const title = record.slice(0, end);
      found.push({ event, titled: patterns.every((pattern) => pattern.test(title)) });
    }
    if (found.length > limit * HELD_TIMES) found = best(found, limit);
    const last = rows.at(-1);
    if (last === undefined || rows.length < SLICE) break;
    row = last;
    await setImmediate();
  }
  return best(found, limit).map(({ event }) => event);
}

const best = <T extends { readonly event: RankedEvent; readonly titled: boolean }>(
  found: readonly T[],
  limit: number,
): T[] =>
  [...found]
    .sort((a, b) => Number(b.titled) - Number(a.titled) || a.event.startsAt - b.event.startsAt)
    .slice(0, limit);
