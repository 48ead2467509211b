import { Readable, pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { isTellyportError, messageOf, TellyportError } from "../../../kernel/errors.ts";
import { FetchFailure, type FetchAnswer } from "../../../kernel/safe-fetch/index.ts";

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
  const gunzip = createGunzip();
  // What goes wrong on either side comes out of the reading end.
  pipeline(Readable.from(body), gunzip, () => {});
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof FetchFailure || isTellyportError(error)) throw error;
    throw new TellyportError(
      "guide-source-invalid",
      `The XMLTV listing cannot be unpacked (${messageOf(error)}). Check that its server sends all of it.`,
      { cause: error },
    );
  } finally {
    gunzip.destroy();
  }
}
