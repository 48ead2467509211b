import type { StreamCodec } from "../../ports.ts";

const START_CODE = Buffer.from([0, 0, 1]);

/**
 * Whether an access unit that begins like this is one that a decoder can start at: parameter sets, a sequence header or an
 * IDR/CRA picture near its beginning. Takes what is in one transport packet; broadcast puts them right behind the AUD.
 * @see ISO/IEC 14496-10 table 7-1, ISO/IEC 23008-2 table 7-1, ISO/IEC 13818-2 table 6-1
 */
export function startsRandomAccess(codec: StreamCodec, data: Buffer): boolean {
  for (
    let at = data.indexOf(START_CODE);
    at >= 0 && at + 3 < data.length;
    at = data.indexOf(START_CODE, at + 3)
  ) {
    const code = data.readUInt8(at + 3);
    switch (codec) {
      case "h264": {
        const type = code & 0x1f;
        if (type === 5 || type === 7) return true;
        break;
      }
      case "hevc": {
        const type = (code >> 1) & 0x3f;
        if ((type >= 16 && type <= 21) || type === 32 || type === 33) return true;
        break;
      }
      case "mpeg2-video":
        if (code === 0xb3) return true;
        break;
      default:
        return false;
    }
  }
  return false;
}
