/** Pictures that browsers show and that run nothing: an SVG may hold a script, and is none of these. */
export type LogoType = "image/png" | "image/jpeg" | "image/webp";

/** Bytes. */
export const MOST_LOGO_BYTES = 64 * 1024;

/**
 * What a picture is by its own bytes, whatever it is said to be; null: none that is taken.
 * @see PNG (3rd edition) §5.2, ITU-T T.81 §B.1.1.3, RFC 9649 §2.4
 */
export function logoType(bytes: Buffer): LogoType | null {
  if (bytes.length < 16 || bytes.length > MOST_LOGO_BYTES) return null;
  if (bytes.subarray(0, 8).equals(PNG) && bytes.toString("latin1", 12, 16) === "IHDR") return "image/png";
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "image/jpeg";
  const isWebp = bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WEBP";
  return isWebp ? "image/webp" : null;
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
