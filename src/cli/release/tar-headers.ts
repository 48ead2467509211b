/** What an entry of an archive is; `other`: a device, a pipe, or what is not known. */
export type TarKind = "file" | "folder" | "symlink" | "hard link" | "other";

/** An entry, as its headers say. */
export interface TarEntry {
  readonly name: string;
  readonly kind: TarKind;
  /** Permission bits, with those that change the user. */
  readonly mode: number;
  /** Bytes of its content. */
  readonly size: number;
  /** Of links. */
  readonly target: string;
}

const BLOCK = 512;
/** Bytes of a name, and of what extends a header. */
const LONGEST_EXTENSION = 64 * 1024;
const KINDS: Readonly<Record<string, TarKind>> = {
  "\0": "file",
  "0": "file",
  "1": "hard link",
  "2": "symlink",
  "5": "folder",
  "7": "file",
};

/** What extends the next header, as far as it has come. */
interface Extension {
  readonly kind: string;
  left: number;
  readonly padding: number;
  readonly pieces: Buffer[];
}

/**
 * Reads the headers of a tar archive that comes in pieces, and none of its content.
 * @see POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; GNU tar's long names (types L and K)
 */
export class TarHeaders {
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of content, and of what fills its last block, that are still to come. */
  #skip = 0;
  #extension: Extension | null = null;
  #over: { name?: string; target?: string; size?: number } = {};
  #ended = false;

  /** Whether the archive's end has come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** @returns the entries whose headers are in this piece. @throws RangeError when it is no archive */
  push(piece: Buffer): TarEntry[] {
    const entries: TarEntry[] = [];
    let data = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    while (!this.#ended && data.length > 0) {
      if (this.#skip > 0) {
        const taken = Math.min(this.#skip, data.length);
        this.#skip -= taken;
        data = data.subarray(taken);
      } else if (this.#extension !== null) {
        data = this.#extend(this.#extension, data);
      } else {
        if (data.length < BLOCK) break;
        const entry = this.#header(data.subarray(0, BLOCK));
        if (entry !== null) entries.push(entry);
        data = data.subarray(BLOCK);
      }
    }
    this.#rest = Buffer.from(data);
    return entries;
  }

  /** @returns null for what only extends the next header */
  #header(block: Buffer): TarEntry | null {
    if (block.every((byte) => byte === 0)) {
      this.#ended = true;
      return null;
    }
    if (numberAt(block, 148, 8) !== checksum(block)) throw new RangeError("it is no tar archive, or damaged");
    const type = block.toString("latin1", 156, 157);
    const size = numberAt(block, 124, 12);
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (type === "x" || type === "g" || type === "L" || type === "K") {
      if (size > LONGEST_EXTENSION) throw new RangeError("a header is too long");
      this.#extension = { kind: type, left: size, padding, pieces: [] };
      return null;
    }
    const over = this.#over;
    this.#over = {};
    const prefix = block.toString("latin1", 257, 262) === "ustar" ? textAt(block, 345, 155) : "";
    const short = textAt(block, 0, 100);
    // GNU tar keeps other things where ustar has the prefix.
    const isGnu = block.toString("latin1", 257, 265) === "ustar  \0";
    const kind = KINDS[type] ?? "other";
    const length = over.size ?? size;
    this.#skip = kind === "file" ? length + ((BLOCK - (length % BLOCK)) % BLOCK) : 0;
    return {
      name: over.name ?? (prefix === "" || isGnu ? short : `${prefix}/${short}`),
      kind,
      mode: numberAt(block, 100, 8) & 0o7777,
      size: kind === "file" ? length : 0,
      target: over.target ?? textAt(block, 157, 100),
    };
  }

  /** Takes what extends the next header. @returns what is left of the data */
  #extend(extension: Extension, data: Buffer): Buffer {
    const taken = Math.min(extension.left, data.length);
    extension.pieces.push(Buffer.from(data.subarray(0, taken)));
    extension.left -= taken;
    if (extension.left > 0) return data.subarray(taken);
    this.#extension = null;
    this.#skip = extension.padding;
    const content = Buffer.concat(extension.pieces);
    if (extension.kind === "L") this.#over.name = untilZero(content);
    else if (extension.kind === "K") this.#over.target = untilZero(content);
    else if (extension.kind === "x") {
      const { path, linkpath, size } = paxRecords(content);
      if (path !== undefined) this.#over.name = path;
      if (linkpath !== undefined) this.#over.target = linkpath;
      if (size !== undefined) this.#over.size = wholeNumber(size);
    } else if (/^\d+ (path|linkpath|size)=/m.test(content.toString("utf8"))) {
      throw new RangeError("a header names all entries the same");
    }
    return data.subarray(taken);
  }
}

/** `27 path=some/where\n`, one after another. */
function paxRecords(content: Buffer): Partial<Record<string, string>> {
  const records: Record<string, string> = {};
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const length = wholeNumber(content.toString("latin1", at, Math.max(at, space)));
    const record = content.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    if (space < 0 || equals < 1 || length === 0 || at + length > content.length)
      throw new RangeError("a header is damaged");
    records[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return records;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new RangeError("a header is damaged");
}

/** Octal digits; GNU tar writes what is too large for them in base 256. */
function numberAt(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0;
  if ((first & 0x80) !== 0) {
    let value = first & 0x7f;
    for (const byte of block.subarray(at + 1, at + length)) value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) throw new RangeError("a number is too large");
    return value;
  }
  const text = textAt(block, at, length).trim();
  if (!/^[0-7]*$/.test(text)) throw new RangeError("it is no tar archive, or damaged");
  return text === "" ? 0 : parseInt(text, 8);
}

function textAt(block: Buffer, at: number, length: number): string {
  return untilZero(block.subarray(at, at + length));
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}

/** The checksum's own field counts as blanks. */
function checksum(block: Buffer): number {
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
  return sum;
}
