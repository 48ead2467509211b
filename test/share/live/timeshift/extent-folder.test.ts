import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import t from "tap";
import { extentFolder } from "../../../../src/share/live/timeshift/extent-folder.ts";
import { temporaryFolder } from "./disks.ts";

const OURS = "tellyport-timeshift-0123456789abcdef.extent";

t.test("extent folder: leftovers go, whatever else is in the folder stays", async (t) => {
  const directory = temporaryFolder(t);
  const at = (name: string): string => join(directory, name);
  const foreign = ["film.mkv", `${OURS}.bak`, `x${OURS}`, "tellyport-timeshift-0123.extent"];
  for (const name of [OURS, ...foreign]) writeFileSync(at(name), name);
  const linked = OURS.replace("0", "1");
  const folder = OURS.replace("0", "2");
  symlinkSync(at("film.mkv"), at(linked));
  mkdirSync(at(folder));
  t.equal(await extentFolder(directory).clear(), 1);
  t.same(readdirSync(directory).sort(), [...foreign, linked, folder].sort());
  t.equal(readFileSync(at("film.mkv"), "utf8"), "film.mkv", "a link of that name was not followed");
});

t.test("extent folder: a folder that is not there is not made", async (t) => {
  const missing = join(temporaryFolder(t), "disk");
  await t.rejects(extentFolder(missing).clear(), { code: "ENOENT" });
  await t.rejects(extentFolder(missing).create(), { code: "ENOENT" });
  t.throws(() => lstatSync(missing), { code: "ENOENT" });
});

t.test("extent folder: a file is the owner's alone, gives what was written, and goes", async (t) => {
  const directory = temporaryFolder(t);
  const file = await extentFolder(directory).create();
  const [name = ""] = readdirSync(directory);
  t.equal(lstatSync(join(directory, name)).mode & 0o777, 0o600);
  await file.write([Buffer.from("ab"), Buffer.alloc(0), Buffer.from("cde")], 0);
  await file.write(
    Array.from({ length: 3000 }, (_, i) => Buffer.from([i % 251])),
    5,
  );
  const into = Buffer.alloc(3003);
  await file.read(into, 2);
  t.equal(into.subarray(0, 3).toString(), "cde");
  t.ok(
    into.subarray(3).every((byte, i) => byte === i % 251),
    "more buffers than one system call takes",
  );
  await t.rejects(file.read(Buffer.alloc(2), 3004), { code: "EIO" }, "beyond its end");
  await file.remove();
  t.same(readdirSync(directory), []);
});

t.test("extent folder: what took the file's name meanwhile is not removed", async (t) => {
  const directory = temporaryFolder(t);
  const file = await extentFolder(directory).create();
  const [name = ""] = readdirSync(directory);
  renameSync(join(directory, name), join(directory, "moved"));
  writeFileSync(join(directory, name), "another's");
  await file.write([Buffer.alloc(100)], 0);
  await file.remove();
  t.equal(readFileSync(join(directory, name), "utf8"), "another's");
  t.equal(lstatSync(join(directory, "moved")).size, 0, "but its bytes are given back");
});

t.test(
  "extent folder: when the disk is unplugged, the folder that it was mounted on is not filled",
  async (t) => {
    const other = "/dev/shm";
    const below = temporaryFolder(t);
    const system = statSync("/").dev;
    if (!existsSync(other) || statSync(other).dev === system || statSync(below).dev !== system) {
      t.pass("SKIP", { skip: "needs the temporary folder on the system's disk, and /dev/shm on another" });
      return;
    }
    const disk = mkdtempSync(join(other, "timeshift-"));
    t.teardown(() => rmSync(disk, { recursive: true }));
    const directory = join(temporaryFolder(t), "mounted");
    symlinkSync(disk, directory);
    const folder = extentFolder(directory);
    await folder.clear();
    const file = await folder.create();
    t.equal(readdirSync(disk).length, 1);
    unlinkSync(directory);
    symlinkSync(below, directory);
    await t.rejects(folder.create(), { code: "ENODEV" });
    await t.rejects(folder.clear(), { code: "ENODEV" });
    t.same(readdirSync(below), []);
    await file.remove();
    unlinkSync(directory);
    symlinkSync(disk, directory);
    t.equal(await folder.clear(), 1, "it is back, with the name of what was on it");
  },
);
