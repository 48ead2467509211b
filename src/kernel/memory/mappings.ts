/** A stretch of the process's address space. */
export interface AddressRange {
  readonly start: number;
  /** Bytes. */
  readonly length: number;
}

/** Mappings with less of them in memory are not worth a call, bytes. */
const LEAST_RESIDENT = 512 * 1024;

/**
 * Which mappings of files hold nothing that is not in the file: programs and libraries, read-only, without a page of the
 * process's own. What relocation or a debugger has written into is left out: it could not be read again.
 * @param smaps the text of /proc/PID/smaps. @see proc(5)
 */
export function idleFileRanges(smaps: string): AddressRange[] {
  const ranges: AddressRange[] = [];
  for (const entry of smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p [0-9a-f]+ \S+ [1-9]\d* +\//.exec(entry);
    if (head === null) continue;
    const own = bytesOf(entry, "Anonymous");
    const resident = bytesOf(entry, "Rss");
    if (own !== 0 || resident === null || resident < LEAST_RESIDENT) continue;
    const [, from = "", to = ""] = head;
    const start = Number.parseInt(from, 16);
    ranges.push({ start, length: Number.parseInt(to, 16) - start });
  }
  return ranges;
}

/** @returns null when the entry does not state it */
function bytesOf(entry: string, name: string): number | null {
  const kib = new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(entry)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}
