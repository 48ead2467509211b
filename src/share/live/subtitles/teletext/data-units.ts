import { BROKEN, FIRST_BIT_LOW, unhamming84 } from "./error-protection.ts";

/** One teletext packet: a line of a page, its header, or what belongs to it. @see EN 300 706 §7.1 */
export interface TeletextPacket {
  /** 1..8 */
  readonly magazine: number;
  /** Packet number Y, 0..31; 0 is the page header, 1..24 rows. */
  readonly number: number;
  /** 40 bytes, first transmitted bit lowest. Valid during the call. */
  readonly data: Uint8Array;
}

const UNIT_LENGTH = 44;
const FRAMING_CODE = 0xe4;
const NOT_SUBTITLE = 0x02;
const SUBTITLE = 0x03;

/** EBU data, or EBU data beside other VBI data. @see EN 300 472 §4.3, EN 301 775 §4.4.2 */
const carriesTeletext = (identifier: number): boolean =>
  (identifier >= 0x10 && identifier <= 0x1f) || (identifier >= 0x99 && identifier <= 0x9b);

/**
 * The teletext packets of a PES_data_field. Broadcasters mark subtitle pages as either kind of data unit, so both are read; a unit that
 * is none of them, or is damaged beyond repair in its address, is passed over.
 * @param data the PES packet's payload from data_identifier on
 * @see EN 300 472 §4.3
 */
export function readDataUnits(data: Buffer, take: (packet: TeletextPacket) => void): void {
  if (!carriesTeletext(data[0] ?? 0)) return;
  const line = new Uint8Array(40);
  let at = 1;
  while (at + 2 <= data.length) {
    const id = data.readUInt8(at);
    const length = data.readUInt8(at + 1);
    const start = at + 2;
    at = start + length;
    if (at > data.length) return;
    if ((id !== NOT_SUBTITLE && id !== SUBTITLE) || length !== UNIT_LENGTH) continue;
    if (data[start + 1] !== FRAMING_CODE) continue;
    const low = unhamming84(FIRST_BIT_LOW[data.readUInt8(start + 2)] ?? 0);
    const high = unhamming84(FIRST_BIT_LOW[data.readUInt8(start + 3)] ?? 0);
    if (low === BROKEN || high === BROKEN) continue;
    for (let i = 0; i < 40; i++) line[i] = FIRST_BIT_LOW[data.readUInt8(start + 4 + i)] ?? 0;
    take({ magazine: low & 7 || 8, number: (low >> 3) | (high << 1), data: line });
  }
}
