import { isRecord } from "./is-record.ts";
import { parseStrictJson } from "./strict-json.ts";

/** What a compact JWS says, unproven: its signature is not looked at. */
export interface JwsContent {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * Reads a compact JWS whose payload is a JSON object, strictly: three segments in the only spelling of base64url, well-formed
 * UTF-8, no member twice. Nothing that two readers could read in two ways gets through. @see RFC 7515 §3.1, §4
 * @param text bounded by the caller
 * @returns null for anything else
 */
export function readJws(text: string): JwsContent | null {
  const segments = text.split(".", 4);
  const [head = "", body = "", signature = ""] = segments;
  if (segments.length !== 3 || bytesOf(signature) === null) return null;
  const header = objectOf(head);
  const payload = header === null ? null : objectOf(body);
  return header === null || payload === null ? null : { header, payload };
}

/** As protocol's `fromBase64url`, at a tenth of its cost: this is done for every call. */
function bytesOf(segment: string): Buffer | null {
  const bytes = Buffer.from(segment, "base64url");
  return bytes.toString("base64url") === segment ? bytes : null;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function objectOf(segment: string): Readonly<Record<string, unknown>> | null {
  const bytes = bytesOf(segment);
  if (bytes === null) return null;
  try {
    const value = parseStrictJson(UTF8.decode(bytes));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
