import { setImmediate } from "node:timers/promises";
import type { RankedEvent } from "./event-ranks.ts";
import { patternOf, wordsOf } from "./folded-pattern.ts";
import type { GuideStore } from "./guide-store.ts";

/** Slots looked at before others have their turn: some milliseconds on a small box. */
const PORTION = 50;
/** Words of a search. */
const MAX_WORDS = 8;
/** Found programmes held while searching, as many times as are wanted. */
const HELD_TIMES = 4;

/**
 * Looks through all programmes for those that have every word. Case and diacritics do not matter; a word is found within others, as
 * Chinese needs it.
 * @param now epoch ms: what is over is left out
 * @param wanted whether one may be among what is found
 */
export async function searchGuide(
  store: Pick<GuideStore, "slots">,
  text: string,
  now: number,
  limit: number,
  wanted: (event: RankedEvent) => boolean = () => true,
): Promise<RankedEvent[]> {
  // The longest word is the rarest, most likely.
  const words = wordsOf(text)
    .sort((a, b) => b.length - a.length)
    .slice(0, MAX_WORDS);
  if (words.length === 0) return [];
  const patterns = words.map(patternOf);
  // What JSON escapes can only be looked for in the texts themselves.
  const anywhere = patterns.filter((_, at) => !/["\\]/.test(words[at] ?? ""));
  let found: { event: RankedEvent; titled: boolean }[] = [];
  for (let row = 0; ;) {
    const slots = store.slots(row, PORTION, now);
    for (const slot of slots) {
      if (!anywhere.every((pattern) => pattern.test(slot.json))) continue;
      for (const event of slot.events()) {
        if (event.endsAt <= now) continue;
        const both = `${event.title}\n${event.description}`;
        if (!patterns.every((pattern) => pattern.test(both)) || !wanted(event)) continue;
        found.push({ event, titled: patterns.every((pattern) => pattern.test(event.title)) });
      }
    }
    if (found.length > limit * HELD_TIMES) found = best(found, limit);
    const last = slots.at(-1);
    if (last === undefined || slots.length < PORTION) break;
    row = last.row;
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
