import { posix } from "node:path";
import type { TarEntry } from "./tar-headers.ts";

/** Entries, and bytes unpacked, that a release may have: many times what one has. */
const MOST_ENTRIES = 20_000;
const MOST_BYTES = 1024 ** 3;
/** What a file takes beside its content, bytes. */
const BLOCK = 4096;

/** Of an archive, once all of it has been looked at. */
export interface Contents {
  /** The one folder that holds everything. */
  readonly folder: string;
  /** Bytes that it takes on disk, about. */
  readonly bytes: number;
  readonly entries: number;
}

/**
 * Looks at the entries of a release's archive, one after another: all of them in one folder, none that leads out of it, and
 * nothing but files, folders and links.
 */
export class ContentsCheck {
  #folder: string | null = null;
  #bytes = 0;
  #entries = 0;
  /** A name below a link leads wherever that leads. */
  readonly #links = new Set<string>();
  readonly #names = new Set<string>();

  /** @throws RangeError when it may not be unpacked: why, as half a sentence */
  take({ name: raw, kind, mode, size, target }: TarEntry): void {
    const name = raw.replace(/^\.\//, "").replace(/\/+$/, "");
    if (name === "." || name === "") return;
    const parts = name.split("/");
    if (raw.startsWith("/") || parts.some((part) => part === ".." || part === "." || part === ""))
      throw new RangeError(`${show(raw)} leaves its folder`);
    if (/[\0-\x1f\x7f\\]/.test(name)) throw new RangeError(`${show(raw)} is no name of a file of a release`);
    this.#folder ??= parts[0] ?? "";
    if (parts[0] !== this.#folder) throw new RangeError(`${show(raw)} lies beside its folder`);
    for (let end = 1; end < parts.length; end++)
      if (this.#links.has(parts.slice(0, end).join("/")))
        throw new RangeError(`${show(raw)} lies behind a link`);
    // A second one of the same name could turn what was looked at into something else.
    if (this.#names.has(name) && kind !== "folder") throw new RangeError(`${show(raw)} is there twice`);
    this.#names.add(name);
    if (kind === "symlink") this.#takeLink(name, target);
    else if (kind !== "file" && kind !== "folder") throw new RangeError(`${show(raw)} is a ${kind}`);
    else if (parts.length === 1 && kind !== "folder") throw new RangeError(`${show(raw)} is no folder`);
    if (kind !== "symlink" && (mode & 0o6002) !== 0)
      throw new RangeError(`${show(raw)} has rights that no file of a release needs`);
    this.#bytes += Math.ceil(size / BLOCK) * BLOCK + BLOCK;
    this.#entries++;
    if (this.#entries > MOST_ENTRIES || this.#bytes > MOST_BYTES) throw new RangeError("it is too large");
  }

  /** @throws RangeError when nothing was in it */
  end(): Contents {
    if (this.#folder === null) throw new RangeError("nothing is in it");
    return { folder: this.#folder, bytes: this.#bytes, entries: this.#entries };
  }

  #takeLink(name: string, target: string): void {
    const led = posix.normalize(posix.join(posix.dirname(name), target));
    const stays = target !== "" && !target.startsWith("/") && led.startsWith(`${this.#folder}/`);
    if (!stays) throw new RangeError(`the link ${show(name)} leaves its folder`);
    this.#links.add(name);
  }
}

function show(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}
