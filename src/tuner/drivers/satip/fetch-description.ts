import { isTellyportError } from "../../../kernel/errors.ts";
import { FetchFailure, type Reach, type SafeFetch } from "../../../kernel/safe-fetch/index.ts";

const LONGEST = 64 * 1024;
const PATIENCE_MS = 3000;

/**
 * Gets a device's description over http, without following it elsewhere.
 * @returns null when there is none: another status than 200, too long, too slow, refused
 */
export async function fetchDescription(
  location: URL,
  { fetch, reach, signal }: { fetch: SafeFetch; reach: Reach; signal: AbortSignal },
): Promise<string | null> {
  const limits = { answerMs: PATIENCE_MS, wholeMs: PATIENCE_MS, bodyBytes: LONGEST };
  if (location.protocol !== "http:") return null;
  try {
    const answer = await fetch(location, { reach, signal, limits, redirects: 0 });
    if (answer.status !== 200) {
      answer.cancel();
      return null;
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.body) pieces.push(piece);
    return Buffer.concat(pieces).toString("utf8");
  } catch (error) {
    // A server that does not describe itself is asked otherwise, or left alone.
    if (error instanceof FetchFailure || isTellyportError(error)) return null;
    throw error;
  }
}
