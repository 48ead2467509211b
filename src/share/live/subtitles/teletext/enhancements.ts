import { accented, characterOf, type CharacterSets } from "./character-sets.ts";
import { BROKEN, unhamming2418 } from "./error-protection.ts";

/** Packets X/26 have designation codes 0..15. */
export const ENHANCEMENT_PACKETS = 16;
const TRIPLETS = 13;
const FIRST_ROW_ADDRESS = 40;

const SET_ROW_COLOUR = 0x01;
const SET_ACTIVE_POSITION = 0x04;
const FIRST_OBJECT_DEFINITION = 0x15;
const LAST_OBJECT_DEFINITION = 0x17;
const TERMINATION = 0x1f;

const G0_CHARACTER = 0x09;
const G2_CHARACTER = 0x0f;
const FIRST_ACCENTED = 0x10;

/** Characters that stand in place of those of the rows: `row * 40 + column` to character. */
export type Enhancements = ReadonlyMap<number, string>;

/**
 * The characters that a page's X/26 packets bring: those of the G2 set and letters with accents, which is Level 1.5, and of Level 2.5 the
 * G0 characters. Colours, objects, mosaics and redefined characters are passed over: the row's own character stays.
 * @param packets by designation code; null: not received
 * @see EN 300 706 §12.2, §12.3
 */
export function readEnhancements(packets: readonly (Uint8Array | null)[], sets: CharacterSets): Enhancements {
  const characters = new Map<number, string>();
  /** Null: not known which, as something is missing. */
  let row: number | null = null;
  for (const packet of packets) {
    if (packet === null) row = null;
    for (let i = 0; packet !== null && i < TRIPLETS; i++) {
      const triplet = unhamming2418(packet, 1 + 3 * i);
      if (triplet === BROKEN) {
        row = null;
        continue;
      }
      const address = triplet & 0x3f;
      const mode = (triplet >> 6) & 0x1f;
      if (address >= FIRST_ROW_ADDRESS) {
        // What is behind an object's definition belongs to the object.
        if (mode === TERMINATION || (mode >= FIRST_OBJECT_DEFINITION && mode <= LAST_OBJECT_DEFINITION))
          return characters;
        if (mode === SET_ACTIVE_POSITION || mode === SET_ROW_COLOUR)
          row = address === FIRST_ROW_ADDRESS ? 24 : address - FIRST_ROW_ADDRESS;
      } else if (row !== null) {
        const character = characterOfTriplet(mode, triplet >> 11, sets);
        if (character !== null) characters.set(row * 40 + address, character);
      }
    }
  }
  return characters;
}

/** @see EN 300 706 §12.3.4 Table 29 */
function characterOfTriplet(mode: number, code: number, sets: CharacterSets): string | null {
  if (code < 0x20) return null;
  if (mode >= FIRST_ACCENTED) return accented(sets, mode - FIRST_ACCENTED, code);
  if (mode === G2_CHARACTER) return characterOf(sets.g2, code);
  if (mode === G0_CHARACTER) return characterOf(sets.plain, code);
  return null;
}
