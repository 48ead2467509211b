import { BROKEN, unhamming84 } from "./error-protection.ts";

/** What packet X/0 says. @see EN 300 706 §9.3.1 */
export interface PageHeader {
  /** 0x00..0xFF; 0xFF is no page, it only ends the one before. Null: too damaged to read. */
  readonly page: number | null;
  /** C4: what was sent before is void. */
  readonly erase: boolean;
  /** C10: the rows are not for display. */
  readonly inhibitDisplay: boolean;
  /** C11: magazines are sent one after another, so that a header ends the page of any magazine. */
  readonly serial: boolean;
  /** C12..C14, 0..7 */
  readonly national: number;
}

/** @param data of a packet with number 0 */
export function readPageHeader(data: Uint8Array): PageHeader {
  const [units, tens, , c4, , , c7to10, c11to14] = Array.from(data.subarray(0, 8), unhamming84);
  const known = (nibble: number | undefined, otherwise: number): number =>
    nibble === undefined || nibble === BROKEN ? otherwise : nibble;
  const control = known(c11to14, 0);
  return {
    page:
      known(units, BROKEN) === BROKEN || known(tens, BROKEN) === BROKEN
        ? null
        : known(tens, 0) * 16 + known(units, 0),
    // Subtitles are always sent with it, and old text below the new would be worse than a row lost.
    erase: (known(c4, 8) & 8) !== 0,
    inhibitDisplay: (known(c7to10, 0) & 8) !== 0,
    serial: (control & 1) !== 0,
    national: ((control & 2) << 1) | ((control & 4) >> 1) | ((control & 8) >> 3),
  };
}
