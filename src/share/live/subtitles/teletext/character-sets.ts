import * as primary from "./g0-sets.ts";
import * as supplementary from "./g2-sets.ts";
import type { NationalOption } from "./g0-sets.ts";

/** What the codes 0x20..0x7F of a page mean; 96 UTF-16 units each, one per code. */
export interface CharacterSets {
  /** With the national option. */
  readonly g0: string;
  /** Without it: what enhancements (X/26) mean. */
  readonly plain: string;
  readonly g2: string;
}

const latin = (option: NationalOption, g2 = supplementary.LATIN_G2): CharacterSets => ({
  g0: primary.latinWith(option),
  plain: primary.LATIN,
  g2,
});
const other = (g0: string, g2: string): CharacterSets => ({ g0, plain: g0, g2 });

const english = latin("english");
const german = latin("german");
const swedish = latin("swedishFinnishHungarian");
const italian = latin("italian");
const french = latin("french");
const spanish = latin("portugueseSpanish");
const czech = latin("czechSlovak");
const turkish = latin("turkish");
const cyrillic = (g0: string): CharacterSets => other(g0, supplementary.CYRILLIC_G2);
const arabic = other(primary.ARABIC, supplementary.ARABIC_G2);

/** By region and national option; what is not here is reserved. @see EN 300 706 Table 32, Table 33 */
const DESIGNATIONS: Readonly<Record<number, readonly (CharacterSets | null)[]>> = {
  0: [english, german, swedish, italian, french, spanish, czech],
  1: [latin("polish"), german, swedish, italian, french, null, czech],
  2: [english, german, swedish, italian, french, spanish, turkish],
  3: [null, null, null, null, null, latin("serbianCroatianSlovenian"), null, latin("romanian")],
  4: [
    cyrillic(primary.CYRILLIC_1),
    german,
    latin("estonian"),
    latin("lettishLithuanian"),
    cyrillic(primary.CYRILLIC_2),
    cyrillic(primary.CYRILLIC_3),
    czech,
  ],
  6: [null, null, null, null, null, null, turkish, other(primary.GREEK, supplementary.GREEK_G2)],
  8: [
    latin("english", supplementary.ARABIC_G2),
    null,
    null,
    null,
    latin("french", supplementary.ARABIC_G2),
    null,
    null,
    arabic,
  ],
  10: [null, null, null, null, null, other(primary.HEBREW, supplementary.ARABIC_G2), null, arabic],
};

/** Regions in which a language is, if not in the first: many broadcasters send no packet that says so. */
const REGIONS: Readonly<Record<string, readonly number[]>> = {
  pol: [1],
  tur: [2],
  bos: [3],
  hrv: [3],
  ron: [3],
  rum: [3],
  slv: [3],
  srp: [3, 4],
  bul: [4],
  est: [4],
  lav: [4],
  lit: [4],
  mac: [4],
  mkd: [4],
  rus: [4],
  ukr: [4],
  ell: [6],
  gre: [6],
  ara: [8],
  heb: [10],
};

/**
 * The sets of a page.
 * @param designation 7 bits of an X/28 or M/29 packet, region above national option; null when none has come: the language decides
 * @param national C12..C14 of the page header, 0..7
 * @see EN 300 706 §15.2
 */
export function designate(
  designation: number | null,
  national: number,
  language: string | null,
): CharacterSets {
  const regions = designation === null ? (REGIONS[language ?? ""] ?? []) : [designation >> 3];
  for (const region of regions) {
    const sets = DESIGNATIONS[region]?.[national];
    if (sets) return sets;
  }
  // The region has no such option: then what the packet says to the letter, or what every decoder knows.
  return (designation === null ? null : designated(designation)) ?? DESIGNATIONS[0]?.[national] ?? english;
}

/** The sets of a full designation, for the second G0 set. @returns null when it is reserved, as 0x7F "none" is */
export function designated(code: number): CharacterSets | null {
  return DESIGNATIONS[code >> 3]?.[code & 7] ?? null;
}

/** @param code 0x20..0x7F @returns one character, a space for what is no code */
export const characterOf = (set: string, code: number): string => set[code - 0x20] ?? " ";

/** A character of the G0 set with an accent over, under or through it. @param accent 0..15 @see EN 300 706 §12.3.4 Table 29 */
export function accented(sets: CharacterSets, accent: number, code: number): string {
  // The only character that no keyboard of the national options has.
  if (accent === 0) return code === 0x2a ? "@" : characterOf(sets.plain, code);
  return (characterOf(sets.plain, code) + (supplementary.COMBINING[accent] ?? "")).normalize("NFC");
}
