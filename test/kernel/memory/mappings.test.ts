import { readFileSync } from "node:fs";
import t from "tap";
import { idleFileRanges } from "../../../src/kernel/memory/mappings.ts";

interface Mapping {
  readonly range: string;
  readonly flags?: string;
  readonly inode?: number;
  readonly path?: string;
  readonly rss?: number;
  readonly anonymous?: number;
}

/** One entry as Linux writes it. @see proc(5), /proc/PID/smaps */
const smaps = (...mappings: readonly Mapping[]): string =>
  mappings
    .map(
      ({ range, flags = "r-xp", inode = 77, path = "/usr/bin/node", rss = 24_000, anonymous = 0 }) =>
        `${range} ${flags} 00772000 fe:00 ${inode}                      ${path}\nSize:              27184 kB\nRss:               ${rss} kB\nAnonymous:             ${anonymous} kB\nVmFlags: rd ex mr mw me sd\n`,
    )
    .join("");

t.test("mappings: program text and constants are what can be read from the file again", (t) => {
  const text = smaps(
    { range: "00b72000-025fe000" },
    { range: "02601000-0563a000", flags: "r--p" },
    { range: "7f81a0000000-7f81a0200000", path: "/opt/a folder/lib name.so" },
  );
  t.same(idleFileRanges(text), [
    { start: 0xb72000, length: 0x25fe000 - 0xb72000 },
    { start: 0x2601000, length: 0x563a000 - 0x2601000 },
    { start: 0x7f81a0000000, length: 0x200000 },
  ]);
  t.end();
});

t.test("mappings: whatever could be lost is left alone", (t) => {
  const kept = {
    "a page was written into (relocation, breakpoint)": { anonymous: 4 },
    writable: { flags: "rw-p" },
    "shared with other processes": { flags: "r--s" },
    "of no file": { inode: 0, path: "" },
    "the kernel's": { inode: 0, path: "[vdso]" },
    "hardly in memory": { rss: 100 },
  };
  for (const [why, mapping] of Object.entries(kept))
    t.same(idleFileRanges(smaps({ range: "00b72000-025fe000", ...mapping })), [], why);
  t.same(
    idleFileRanges(smaps({ range: "00b72000-025fe000" }).replace(/^Anonymous.*\n/m, "")),
    [],
    "not said",
  );
  t.same(idleFileRanges(""), []);
  t.end();
});

t.test("mappings: of this very process the program is one", { skip: process.platform !== "linux" }, (t) => {
  const ranges = idleFileRanges(readFileSync("/proc/self/smaps", "utf8"));
  t.ok(ranges.reduce((sum, { length }) => sum + length, 0) > 20e6, "tens of megabytes of Node");
  t.end();
});
