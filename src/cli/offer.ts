import { renderUnicodeCompact } from "uqr";
import { isLoopback } from "./remote/box-address.ts";
import type { Offer } from "../protocol/api.ts";
import { bigLetters } from "./big-letters.ts";
import { clockTime, wrap } from "./text.ts";

/**
 * A pairing offer for a person before a terminal: QR code, web address, code, how long it holds.
 * @param options.now wall clock, ms
 * @param options.columns width of the terminal; default 80. What does not fit is left out: first the QR code
 */
export function renderOffer(offer: Offer, options: { now: number; columns?: number | undefined }): string {
  const columns = options.columns ?? 80;
  const address = offer.url.replace(/#.*$/, "");
  const qr = renderUnicodeCompact(offer.url, { border: 2 });
  const fits = (text: string): boolean => text.split("\n").every((line) => line.length <= columns);
  const big = bigLetters(offer.code);
  const minutes = Math.max(1, Math.round((Date.parse(offer.expiresAt) - options.now) / 60_000));
  const until = `${clockTime(new Date(offer.expiresAt))} (${minutes} ${minutes === 1 ? "minute" : "minutes"})`;
  const head = onThisMachineOnly(offer.url)
    ? [wrap(`No phone can come in: ${NO_PHONE}`, columns), "", "On this machine, open"]
    : fits(qr)
      ? ["Scan this with the phone's camera:", "", qr, "", "or open"]
      : ["On the phone, open"];
  return [
    ...head,
    "",
    `  ${address}`,
    "",
    "and type the code",
    "",
    ...(fits(big) ? [big, ""] : []),
    `  ${offer.code}`,
    "",
    `It holds until ${until}, for one phone, which becomes ${article(offer.role)} ${offer.role}.`,
    "",
  ].join("\n");
}

/** Why {@link onThisMachineOnly} holds. */
export const NO_PHONE =
  "the box listens on this machine alone (http.address), or this machine has no network.";

/** Whether the address of an offer is one that only this machine can open: there is nothing to scan then. */
export function onThisMachineOnly(url: string): boolean {
  const { hostname } = new URL(url);
  return isLoopback(hostname.replace(/^\[|\]$/g, ""));
}

function article(role: string): string {
  return role === "owner" ? "an" : "a";
}
