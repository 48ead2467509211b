import { ARIB_SYMBOLS } from "./arib-symbols.ts";
import { decodeEncoding } from "./encodings.ts";

/** What the codes of a G set stand for. Mosaics, macros and DRCS are pictures and programs, not text. */
type GraphicSet =
  "kanji" | "alphanumeric" | "hiragana" | "katakana" | "jis-katakana" | "symbols" | "other-1" | "other-2";

/** Final byte of a designation. @see ARIB STD-B24 part 1-2 table 7-3 */
const SETS: Readonly<Record<number, GraphicSet>> = {
  0x42: "kanji",
  0x39: "kanji",
  0x3a: "other-2",
  0x3b: "symbols",
  0x4a: "alphanumeric",
  0x36: "alphanumeric",
  0x30: "hiragana",
  0x37: "hiragana",
  0x31: "katakana",
  0x38: "katakana",
  0x49: "jis-katakana",
};

/** Parameter bytes of control codes that have any (APS, PAPF, SZX, FLC, POL, WMM, HLC, RPC); COL, CDC, TIME, CSI and MACRO differ. */
const PARAMETERS: Readonly<Record<number, number>> = {
  0x16: 1,
  0x1c: 2,
  0x8b: 1,
  0x91: 1,
  0x93: 1,
  0x94: 1,
  0x97: 1,
  0x98: 1,
};

/** 0x77..0x7E of the one-byte kana sets. */
const KANA_TAIL = { hiragana: "ゝゞー。「」、・", katakana: "ヽヾー。「」、・" } as const;
const UNKNOWN = "\uFFFD";

const two = (set: GraphicSet): boolean => set === "kanji" || set === "symbols" || set === "other-2";

/**
 * Decodes the 8-bit character code of ISDB: kanji, kana, letters and the additional symbols (`[字]`, `①`). Colours, sizes,
 * positions, macros and mosaics are left out; a new line (APR) becomes a line feed; what has no character becomes U+FFFD.
 * @see ARIB STD-B24 part 1-2 §7.1; initial state: STD-B10 part 2 annex A
 */
export function decodeAribText(bytes: Buffer): string {
  const designated: [GraphicSet, GraphicSet, GraphicSet, GraphicSet] = [
    "kanji",
    "alphanumeric",
    "hiragana",
    "katakana",
  ];
  let left = 0;
  let right = 2;
  let single: number | null = null;
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at]!;
    const code = byte & 0x7f;
    if (byte === 0x20 || byte === 0xa0) {
      text += " ";
      at++;
    } else if (code > 0x20 && code < 0x7f) {
      const set: GraphicSet = designated[single ?? (byte < 0x80 ? left : right)] ?? "other-1";
      single = null;
      if (two(set) && at + 1 >= bytes.length) break;
      text += two(set) ? pair(set, code, bytes[at + 1]! & 0x7f) : one(set, code);
      at += two(set) ? 2 : 1;
    } else {
      at++;
      switch (byte) {
        case 0x0d:
          text += "\n";
          break;
        case 0x0e:
          left = 1;
          break;
        case 0x0f:
          left = 0;
          break;
        case 0x19:
          single = 2;
          break;
        case 0x1d:
          single = 3;
          break;
        case 0x1b: {
          const locked = lockingShift(bytes[at] ?? 0);
          if (locked === null) at = designate(bytes, at, designated);
          else {
            if (locked.right) right = locked.set;
            else left = locked.set;
            at++;
          }
          break;
        }
        default:
          at += parameters(bytes, at, byte);
      }
    }
  }
  return text;
}

/** LS2, LS3, LS1R, LS2R, LS3R. */
function lockingShift(byte: number): { set: number; right: boolean } | null {
  if (byte === 0x6e || byte === 0x6f) return { set: byte - 0x6c, right: false };
  if (byte >= 0x7c && byte <= 0x7e) return { set: 0x7f - byte, right: true };
  return null;
}

/** What comes behind ESC: which of G0 to G3 gets which set. @returns where the text goes on */
function designate(bytes: Buffer, start: number, designated: GraphicSet[]): number {
  let at = start;
  const wide = bytes[at] === 0x24;
  if (wide) at++;
  let slot = 0;
  const intermediate = bytes[at] ?? 0;
  if (intermediate >= 0x28 && intermediate <= 0x2b) {
    slot = intermediate - 0x28;
    at++;
  } else if (!wide) return at;
  // 0x20: a set of pictures that the broadcaster defines, or the macros.
  const own = bytes[at] === 0x20;
  if (own) at++;
  designated[slot] = (own ? undefined : SETS[bytes[at] ?? 0]) ?? (wide ? "other-2" : "other-1");
  return at + 1;
}

/** How many bytes belong to a control code. */
function parameters(bytes: Buffer, at: number, control: number): number {
  const first = bytes[at] ?? 0;
  switch (control) {
    // COL, CDC: a palette or an extension takes one more.
    case 0x90:
    case 0x92:
      return first === 0x20 ? 2 : 1;
    // TIME: two bytes, or a time code up to its final byte.
    case 0x9d:
      return first === 0x29 ? through(bytes, at, 0x40, 0x43) : 2;
    case 0x9b:
      return through(bytes, at, 0x40, 0x7e);
    case 0x95: {
      // A macro's definition ends with MACRO 0x4F.
      const end = bytes.indexOf(Buffer.of(0x95, 0x4f), at);
      return end < 0 ? bytes.length - at : end + 2 - at;
    }
    default:
      return PARAMETERS[control] ?? 0;
  }
}

function through(bytes: Buffer, start: number, low: number, high: number): number {
  let at = start;
  while (at < bytes.length && (bytes[at]! < low || bytes[at]! > high)) at++;
  return at + 1 - start;
}

function one(set: GraphicSet, code: number): string {
  switch (set) {
    case "alphanumeric":
      return code === 0x5c ? "¥" : code === 0x7e ? "‾" : String.fromCharCode(code);
    case "hiragana":
    case "katakana":
      if (code >= 0x77) return KANA_TAIL[set].charAt(code - 0x77);
      if (set === "hiragana" && code > 0x73) return UNKNOWN;
      return String.fromCharCode((set === "hiragana" ? 0x3041 : 0x30a1) + code - 0x21);
    case "jis-katakana":
      return code > 0x5f ? UNKNOWN : String.fromCharCode(0xff61 + code - 0x21);
    default:
      return "";
  }
}

const FIRST_ADDITIONAL_ROW = 0x75;

function pair(set: GraphicSet, first: number, second: number): string {
  if (set === "other-2") return "";
  if (second <= 0x20 || second >= 0x7f) return UNKNOWN;
  if (first >= FIRST_ADDITIONAL_ROW) return ARIB_SYMBOLS.get((first << 8) | second) ?? UNKNOWN;
  return decodeEncoding("euc-jp", Buffer.of(first | 0x80, second | 0x80));
}
