import { chown, readdir, stat, writeFile } from "node:fs/promises";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";
import { systemFailure } from "../../src/cli/system-failure.ts";
import { CLI, tellyport } from "../helpers/daemon.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

/** A user that nobody has. */
const OTHER = 54_321;

function skip(): false | string {
  if (process.getuid?.() !== 0) return "only root becomes another";
  for (let path = dirname(CLI); path !== "/"; path = dirname(path))
    if ((statSync(path).mode & 0o001) === 0) return `others may not enter ${path}`;
  return false;
}

t.test("state owner: what root does by hand belongs to the daemon's user", { skip: skip() }, async (t) => {
  const state = await temporaryFolder(t);
  await chown(state, OTHER, OTHER);
  const config = join(await temporaryFolder(t), "tellyport.yaml");
  await writeFile(config, "tuners:\n  mock:\n");
  const scanned = await tellyport(["scan", "--config", config, "--state", state], { timeoutMs: 120_000 });
  t.equal(scanned.code, 0, scanned.stderr);
  const names = await readdir(state);
  t.ok(names.includes("tellyport.db"), names.join());
  for (const name of names) t.equal((await stat(join(state, name))).uid, OTHER, name);
});

t.test("a failure of the system is a sentence with a cure; a fault of ours stays one", async (t) => {
  const failed = await stat("/none/of/it").catch((error: unknown) => error);
  t.match(systemFailure(failed), { code: "state-unusable", message: "/none/of/it: it is not there" });
  const full = Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
  t.match(systemFailure(full), { code: "state-unusable", message: /make room/ });
  t.match(systemFailure(Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR_WRITE" })), {
    message: /disk I\/O error/,
  });
  for (const ours of [new TypeError("x is no function"), new Error("ENOENT"), "text"])
    t.equal(systemFailure(ours), null);
});
