import type { Static } from "typebox";
import { TellyportError } from "../../../kernel/errors.ts";
import type { RenewalWindow } from "../ports.ts";
import type { RenewalInfo } from "./objects.ts";

/** Between two questions, ms: where the authority says nothing, and the bounds of what it may say. RFC 9773 §4.3 */
const [USUAL, SHORTEST, LONGEST] = [6 * 3600_000, 60_000, 86_400_000];

/**
 * What the authority says of when to renew.
 * @param now epoch ms
 * @throws TellyportError `acme-failed` when it makes no sense
 * @see RFC 9773 §4.2
 */
export function renewalWindow(
  { suggestedWindow, explanationURL }: Static<typeof RenewalInfo>,
  retryAfterMs: number | undefined,
  now: number,
): RenewalWindow {
  const [start, end] = [Date.parse(suggestedWindow.start), Date.parse(suggestedWindow.end)];
  if (!(start < end))
    throw new TellyportError("acme-failed", "The certificate authority's time of renewal makes no sense.");
  const wait = Math.min(Math.max(retryAfterMs ?? USUAL, SHORTEST), LONGEST);
  const explanation = explanationURL ?? null;
  return {
    start,
    end,
    askAgainAt: now + wait,
    explanation: explanation !== null && /^https?:\/\/[\x21-\x7e]+$/.test(explanation) ? explanation : null,
  };
}
