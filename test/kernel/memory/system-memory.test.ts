import { readFileSync } from "node:fs";
import t from "tap";
import { openSystemMemory } from "../../../src/kernel/memory/system-memory.ts";

const residentFile = (): number =>
  Number(/^RssFile:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? 0) / 1000;

t.test("system memory: pages of files leave, and the process runs on", async (t) => {
  const memory = await openSystemMemory();
  const before = residentFile();
  memory.trim();
  await memory.releaseFilePages();
  const after = residentFile();
  t.ok(after < before * 0.7, `${before} MB, then ${after} MB`);
  // Through code and constants that were unmapped: a regular expression, a date, a parser.
  t.match(new Date(0).toLocaleDateString("de-DE", { timeZone: "UTC" }), /^1\.1\.1970$/);
  t.same(JSON.parse(JSON.stringify({ a: [1, "ü".normalize("NFD").length] })), { a: [1, 2] });
});
