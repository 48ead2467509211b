import { Readable, pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { isTellyportError, messageOf, TellyportError } from "../../../kernel/errors.ts";
import { FetchFailure } from "../../../kernel/safe-fetch/index.ts";

/**
 * What a gzip file holds. What whoever sends it says is wrong is passed on.
 * @param cure a sentence, for people
 * @throws TellyportError `guide-source-invalid` when it cannot be unpacked; FetchFailure
 * @see RFC 1952
 */
export async function* gunzipped(
  packed: AsyncIterable<Uint8Array>,
  cure: string,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // What goes wrong on either side comes out of the reading end.
  pipeline(Readable.from(packed), gunzip, () => {});
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof FetchFailure || isTellyportError(error)) throw error;
    throw new TellyportError(
      "guide-source-invalid",
      `The XMLTV listing cannot be unpacked (${messageOf(error)}). ${cure}`,
      { cause: error },
    );
  } finally {
    gunzip.destroy();
  }
}
