import { chown, chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import {
  checkClock,
  checkMemory,
  checkNode,
  checkState,
  readMemory,
} from "../../../src/cli/doctor/machine.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const MIB = 1024 * 1024;
/** A user that nobody has. */
const OTHER = 54_321;

t.test("doctor: Node's version, the clock, the memory", async (t) => {
  for (const [version, level] of [
    ["v20.19.0", "ok"],
    ["v20.20.2", "ok"],
    ["v22.0.0", "ok"],
    ["v20.18.3", "problem"],
    ["v18.20.0", "problem"],
  ] as const)
    t.equal(checkNode(version).level, level, version);
  t.match(checkNode("v18.20.0").message, /install 20\.19 or later/);

  t.match(checkClock(null, Date.UTC(2026, 10, 21)), { level: "ok", message: /^2026-11-21T00:00/ });
  for (const doubt of ["behind", "implausible", "unconfirmed", "broadcast-differs"] as const)
    t.match(checkClock(doubt, 60_000), { level: "warning", message: /1970-01-01.*set it/ }, doubt);

  t.equal(checkMemory(2048 * MIB, 1024 * MIB, 64 * MIB).level, "ok");
  t.equal(checkMemory(2048 * MIB, null, 64 * MIB).level, "note");
  t.match(checkMemory(2048 * MIB, 100 * MIB, 64 * MIB), { level: "warning", message: /192 MiB are wanted/ });
  t.match(checkMemory(128 * MIB, 100 * MIB, 64 * MIB), { level: "problem", message: /mediaBudgetMiB/ });
  const memory = await readMemory();
  t.ok(memory.available !== null && memory.available <= memory.total);
});

t.test("doctor: the state directory is tried, and nothing stays behind", async (t) => {
  const folder = await temporaryFolder(t);
  const [written, space] = await checkState(folder);
  t.match(written, { level: "ok", message: /can be written$/ });
  t.match(space, { subject: "free space" });
  t.same(await readdir(folder), []);

  await chmod(folder, 0o755);
  t.match(await checkState(folder), [
    { level: "warning", message: `others may look into it: chmod 700 ${folder}` },
    {},
  ]);
  await chmod(folder, 0o700);

  const [below] = await checkState(join(folder, "not/yet"));
  t.match(below, { level: "ok", message: /can be made/ });
  t.same(await readdir(folder), [], "and is not made");

  await writeFile(join(folder, "file"), "");
  t.match(await checkState(join(folder, "file")), [{ level: "problem", message: /is no directory/ }]);
  t.match(await checkState("/proc"), [{ level: "problem", message: /cannot be written|read-only/ }]);
});

t.test(
  "doctor: a file of the state that another user has made is a problem",
  { skip: process.getuid?.() === 0 ? false : "only root makes files of others" },
  async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, "tellyport.db"), "");
    await chown(join(folder, "tellyport.db"), OTHER, OTHER);
    t.match(await checkState(folder), [
      { level: "problem", message: /tellyport\.db belongs to another user.*chown -R 0:0/ },
    ]);
  },
);

t.test(
  "doctor: a state directory of another user is a problem, with the user's name",
  { skip: process.getuid?.() === 0 ? "root may write everywhere" : false },
  async (t) => {
    const closed = join(await temporaryFolder(t), "closed");
    await mkdir(closed);
    await chmod(closed, 0o500);
    t.match(await checkState(closed), [{ level: "problem", message: /cannot be written by user \S+/ }]);
  },
);
