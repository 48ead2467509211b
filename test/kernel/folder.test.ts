import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { makeFolder } from "../../src/kernel/folder.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

t.test("folder: it is made with those above it; one that is there stays as it is", async (t) => {
  const base = await temporaryFolder(t);
  const path = join(base, "a/b/c");
  makeFolder(path, 0o700);
  t.equal(statSync(path).mode & 0o777, 0o700);
  t.equal(statSync(join(base, "a")).mode & 0o777, 0o700);
  mkdirSync(join(base, "open"));
  chmodSync(join(base, "open"), 0o755);
  makeFolder(join(base, "open"), 0o700);
  t.equal(statSync(join(base, "open")).mode & 0o777, 0o755);
  makeFolder(`${base}/d/e/`, 0o700);
  t.ok(existsSync(join(base, "d/e")));
});

t.test("folder: what cannot be made is said at once", { timeout: 5000 }, async (t) => {
  const base = await temporaryFolder(t);
  writeFileSync(join(base, "file"), "");
  t.throws(() => makeFolder(join(base, "file"), 0o700), { code: "EEXIST" });
  t.throws(() => makeFolder(join(base, "file/x/y"), 0o700), { code: "ENOTDIR" });
  t.throws(() => makeFolder("/proc/tellyport/x", 0o700), { code: "ENOENT" }, "it takes no folders");
});
