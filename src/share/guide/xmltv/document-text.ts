import { TextDecoder } from "node:util";
import { TellyportError } from "../../../kernel/errors.ts";
import { gunzipped } from "./gunzipped.ts";

/** Longest document, characters: a hundred times a week of 200 channels. */
export const LONGEST_DOCUMENT = 1024 * 1024 * 1024;
/** Bytes decoded at a time, so that nobody waits long for one piece. */
const PIECE = 32 * 1024;
/** Bytes in which a document names its encoding. */
const DECLARATION = 256;

/** Beginnings of what is packed otherwise than with gzip. */
const PACKED: readonly (readonly [string, string])[] = [
  ["fd377a585a00", "xz"],
  ["504b0304", "zip"],
  ["425a68", "bzip2"],
  ["28b52ffd", "zstd"],
];

/**
 * The text of a document in pieces: gzip is unpacked, the encoding is that of its byte order mark or declaration, else UTF-8.
 * @param longest characters
 * @throws TellyportError `guide-source-invalid` when it cannot be unpacked, `guide-source-too-large`
 * @see RFC 1952 §2.3.1, XML 1.0 appendix F
 */
export async function* documentText(
  bytes: AsyncIterable<Uint8Array>,
  longest: number = LONGEST_DOCUMENT,
): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  let length = 0;
  for await (const chunk of unpacked(bytes)) {
    decoder ??= decoderOf(chunk);
    for (let at = 0; at < chunk.length; at += PIECE) {
      const text = decoder.decode(chunk.subarray(at, at + PIECE), { stream: true });
      length += text.length;
      if (length > longest)
        throw new TellyportError(
          "guide-source-too-large",
          `The XMLTV listing is over ${Math.floor(longest / 1024 / 1024)} million characters long. Take one with fewer channels or days.`,
        );
      if (text !== "") yield text;
    }
  }
  const rest = decoder?.decode() ?? "";
  if (rest !== "") yield rest;
}

/** In chunks of which the first says what it is. */
async function* unpacked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const source = gathered(bytes);
  const first = await source.next();
  if (first.done === true) return;
  const whole = (async function* () {
    yield first.value;
    yield* source;
  })();
  const head = first.value.subarray(0, 6).toString("hex");
  const packed = PACKED.find(([magic]) => head.startsWith(magic));
  if (packed !== undefined)
    throw new TellyportError(
      "guide-source-invalid",
      `The XMLTV listing is packed with ${packed[1]}. Give it plain, or packed with gzip.`,
    );
  if (!head.startsWith("1f8b")) return yield* whole;
  yield* gathered(gunzipped(whole, "Check that it was copied to its end."));
}

/** The first chunk has the declaration whole, however small those that come are. */
async function* gathered(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let first: Buffer | null = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (first === null) yield buffer;
    else {
      first = Buffer.concat([first, buffer]);
      if (first.length < DECLARATION) continue;
      yield first;
      first = null;
    }
  }
  if (first !== null && first.length > 0) yield first;
}

function decoderOf(head: Buffer): TextDecoder {
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder("utf-16le");
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder("utf-16be");
  const declared = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(
    head.toString("latin1", head[0] === 0xef ? 3 : 0, DECLARATION),
  )?.[1];
  try {
    // A declaration that can be read as ASCII is not in UTF-16, whatever it says.
    if (declared !== undefined && !/^utf-?16/i.test(declared)) return new TextDecoder(declared);
  } catch {
    // An encoding that nobody knows: most of the text is ASCII all the same.
  }
  return new TextDecoder("utf-8");
}
