import { fromBase64url, toBase64url } from "../api/base64url.ts";

/** Letters of a client's name. */
const LONGEST = 64;

/** A hand-off's fragment with the name of the client that hands on, so that it need not be typed again. */
export function withName(fragment: string, name: string): string {
  const bytes = new TextEncoder().encode([...name].slice(0, LONGEST).join(""));
  return bytes.length === 0 ? fragment : `${fragment}.${toBase64url(bytes)}`;
}

/** The name in a hand-off's fragment; empty when there is none, or what stands there is no text. */
export function nameIn(fragment: string): string {
  const text = /^#h=1\.[^.]*\.[^.]*\.(.+)$/.exec(fragment)?.[1];
  if (text === undefined) return "";
  try {
    const name = new TextDecoder("utf-8", { fatal: true }).decode(fromBase64url(text));
    return [...name.replace(/\p{C}/gu, "")].slice(0, LONGEST).join("");
  } catch {
    return ""; // it is a wish, and no more
  }
}
