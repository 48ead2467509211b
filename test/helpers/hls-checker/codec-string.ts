import { walk, type Box } from "./boxes.ts";

/** Bytes of a sample entry before its boxes. @see ISO/IEC 14496-12 §12.1.3, §12.2.3 */
const VISUAL = 8 + 78;
const AUDIO = 8 + 28;

const hex2 = (value: number): string => value.toString(16).padStart(2, "0");

/**
 * The codec string of a sample entry, made again from its bytes. @see RFC 6381, ISO/IEC 14496-15 annex E
 * @param entry the whole sample entry box
 * @returns null for one that we do not know
 */
export function codecOf(type: string, entry: Buffer): string | null {
  try {
    const visual = /^(avc|hvc|hev|mp4v)/.test(type);
    const boxes = walk(entry.subarray(visual ? VISUAL : AUDIO, entry.readUInt32BE(0)));
    const config = (name: string): Box | undefined => boxes.find((box) => box.type === name);
    switch (type) {
      case "avc1":
      case "avc3": {
        const avcC = config("avcC")?.body;
        return avcC === undefined ? null : `${type}.${avcC.toString("hex", 1, 4)}`;
      }
      case "hvc1":
      case "hev1": {
        const hvcC = config("hvcC")?.body;
        return hvcC === undefined ? null : `${type}.${hevc(hvcC)}`;
      }
      case "ac-3":
      case "ec-3":
      case "wvtt":
        return type;
      case "mp4a":
      case "mp4v": {
        const esds = config("esds")?.body;
        return esds === undefined ? null : `${type}.${objectType(esds.subarray(4))}`;
      }
      default:
        return null;
    }
  } catch {
    return null;
  }
}

function hevc(config: Buffer): string {
  const first = config[1] ?? 0;
  const space = ["", "A", "B", "C"][first >> 6] ?? "";
  let compatible = 0;
  for (let bit = 0; bit < 32; bit++) compatible += ((config.readUInt32BE(2) >>> bit) & 1) * 2 ** (31 - bit);
  const constraints = [...config.subarray(6, 12)];
  while (constraints.length > 0 && constraints.at(-1) === 0) constraints.pop();
  const level = `${first & 0x20 ? "H" : "L"}${config[12]}`;
  return [
    `${space}${first & 31}`,
    compatible.toString(16),
    level,
    ...constraints.map((byte) => byte.toString(16)),
  ].join(".");
}

/** `40.2` of an ES descriptor. @see ISO/IEC 14496-1 §7.2.6.5 */
function objectType(esds: Buffer): string | null {
  let at = 0;
  const open = (tag: number): number => {
    if (esds[at] !== tag) throw new Error("another descriptor");
    at++;
    while ((esds[at] ?? 0) & 0x80) at++;
    return ++at;
  };
  open(3);
  const flags = esds[at + 2] ?? 0;
  at += 3 + (flags & 0x80 ? 2 : 0) + (flags & 0x20 ? 2 : 0);
  open(4);
  const type = esds[at] ?? 0;
  at += 13;
  if (type !== 0x40) return hex2(type);
  open(5);
  const first = (esds[at] ?? 0) >> 3;
  return `40.${first === 31 ? 32 + (((esds[at] ?? 0) & 7) << 3) + ((esds[at + 1] ?? 0) >> 5) : first}`;
}
