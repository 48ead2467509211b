import type { FetchAnswer } from "../../../kernel/safe-fetch/index.ts";
import { gunzipped } from "./gunzipped.ts";

/**
 * A body without the packing that was for its way here. A listing that is a gzip file is still one.
 * @throws TellyportError `guide-source-invalid`; FetchFailure
 * @see RFC 9110 §8.4
 */
export async function* decodedBody({ headers, body }: FetchAnswer): AsyncGenerator<Uint8Array> {
  const coding = (headers["content-encoding"] ?? "").trim().toLowerCase();
  if (coding !== "gzip" && coding !== "x-gzip") {
    yield* body;
    return;
  }
  yield* gunzipped(body, "Check that its server sends all of it.");
}
