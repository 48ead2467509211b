import { constants, crc32, deflateRawSync, gzipSync } from "node:zlib";
import {
  listsPartsFrom,
  playlistHead,
  playlistTail,
  segmentText,
  type MediaPlaylist,
} from "../hls/media-playlist.ts";

/** A playlist as it goes on the wire; the same object until it changes. */
export interface PlaylistText {
  readonly plain: Buffer;
  /** Compressed at the first call. */
  gzip(): Buffer;
}

/** Segments per block: about 5 KB of text. */
const BLOCK = 64;
/** RFC 1952 §2.3: deflate, no flags, no time, no extras, Unix. */
const GZIP_HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);

/** A piece of text that may stand anywhere in a compressed stream. */
interface Piece {
  readonly plain: Buffer;
  /** Ends at a byte and refers to nothing before it. @see RFC 1951 §3.2.4 */
  deflated(): Buffer;
}

export function shortText(text: string): PlaylistText {
  const plain = Buffer.from(text);
  let compressed: Buffer | null = null;
  return { plain, gzip: () => (compressed ??= gzipSync(plain)) };
}

/**
 * Writes one rendition's playlist again and again, thousands of segments long: what lies between its ends is written and
 * compressed once, in blocks. The text is that of {@link mediaPlaylist}, to the byte.
 */
export class LongPlaylist {
  /** By media sequence number divided by the segments of a block. */
  readonly #blocks = new Map<number, Piece>();
  #begin: { readonly text: string; readonly piece: Piece } | null = null;

  text(playlist: MediaPlaylist): PlaylistText {
    const { segments, mediaSequence } = playlist;
    const write = (from: number, to: number): string => {
      let text = "";
      for (let index = from; index < to; index++) text += segmentText(playlist, index, index === 0);
      return text;
    };
    // The first segment names its init segment, whatever was before it: it is in no block.
    const firstBlock = Math.ceil((mediaSequence + 1) / BLOCK);
    const endBlock = Math.max(firstBlock, Math.floor((mediaSequence + listsPartsFrom(playlist)) / BLOCK));
    for (const block of this.#blocks.keys()) if (block < firstBlock) this.#blocks.delete(block);
    const blocks: Piece[] = [];
    for (let block = firstBlock; block < endBlock; block++) {
      const from = block * BLOCK - mediaSequence;
      const piece = this.#blocks.get(block) ?? pieceOf(write(from, from + BLOCK));
      this.#blocks.set(block, piece);
      blocks.push(piece);
    }
    const whole = blocks.length === 0;
    const end = write(whole ? 0 : endBlock * BLOCK - mediaSequence, segments.length) + playlistTail(playlist);
    if (whole) return shortText(playlistHead(playlist, 0) + end);
    const begin = playlistHead(playlist, 0) + write(0, firstBlock * BLOCK - mediaSequence);
    if (this.#begin?.text !== begin) this.#begin = { text: begin, piece: pieceOf(begin) };
    return new LongText([this.#begin.piece, ...blocks], Buffer.from(end));
  }
}

class LongText implements PlaylistText {
  readonly #pieces: readonly Piece[];
  readonly #end: Buffer;
  #plain: Buffer | null = null;
  #compressed: Buffer | null = null;

  constructor(pieces: readonly Piece[], end: Buffer) {
    this.#pieces = pieces;
    this.#end = end;
  }

  get plain(): Buffer {
    return (this.#plain ??= Buffer.concat([...this.#pieces.map(({ plain }) => plain), this.#end]));
  }

  gzip(): Buffer {
    if (this.#compressed !== null) return this.#compressed;
    let checksum = 0;
    let length = 0;
    for (const plain of [...this.#pieces.map((piece) => piece.plain), this.#end]) {
      checksum = crc32(plain, checksum);
      length += plain.length;
    }
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(checksum, 0);
    trailer.writeUInt32LE(length, 4);
    this.#compressed = Buffer.concat([
      GZIP_HEAD,
      ...this.#pieces.map((piece) => piece.deflated()),
      deflateRawSync(this.#end),
      trailer,
    ]);
    return this.#compressed;
  }
}

function pieceOf(text: string): Piece {
  const plain = Buffer.from(text);
  let compressed: Buffer | null = null;
  return {
    plain,
    deflated: () => (compressed ??= deflateRawSync(plain, { finishFlush: constants.Z_FULL_FLUSH })),
  };
}
