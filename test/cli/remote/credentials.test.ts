import { readFile, readdir, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import t from "tap";
import { CredentialsFile, credentialsPath } from "../../../src/cli/remote/credentials.ts";
import { STALE_AFTER_MS, withFileLock } from "../../../src/cli/remote/file-lock.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { fakeCredentials } from "../fake-box.ts";
import { stayAlive } from "../run-command.ts";

const signal = new AbortController().signal;
const options = { clock: systemClock, signal };

t.test("credentials: the path comes from the environment, else the user's folder", (t) => {
  t.equal(credentialsPath({ TELLYPORT_CREDENTIALS: "/x" }), "/x");
  t.equal(credentialsPath({ HOME: "/h" }), "/h/.config/tellyport/credentials.json");
  t.equal(credentialsPath({ HOME: "/h", XDG_CONFIG_HOME: "/c" }), "/c/tellyport/credentials.json");
  t.end();
});

t.test("credentials: whatever a crash leaves, one whole version is read", async (t) => {
  const path = join(await temporaryFolder(t), "c.json");
  const file = new CredentialsFile(path, systemClock);
  const first = await fakeCredentials(1);
  await t.rejects(file.read(), { code: "credentials-missing" });
  await file.create(first, signal);
  await file.write({ ...first, refreshToken: "refresh-2" });
  for (const name of await readdir(join(path, "..")))
    t.equal((await stat(join(path, "..", name))).mode & 0o777, 0o600, name);

  await writeFile(`${path}.abc.tmp`, "{");
  t.equal((await file.read()).refreshToken, "refresh-2", "an unfinished write beside it is nothing");
  const whole = await readFile(path, "utf8");
  for (const length of [0, 1, whole.length >> 1, whole.length - 3]) {
    await writeFile(path, whole.slice(0, length));
    t.equal((await file.read()).refreshToken, "refresh-1", `cut at ${length}: the version before`);
  }
  await writeFile(`${path}.previous`, '{"version": 1}');
  await t.rejects(file.read(), { code: "state-unusable" });
});

t.test("credentials: a lock is held by one at a time", async (t) => {
  t.teardown(stayAlive());
  const path = join(await temporaryFolder(t), "lock");
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 8 }, () =>
      withFileLock(path, options, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 5));
        inside--;
      }),
    ),
  );
  t.equal(most, 1);
  await t.rejects(stat(path), { code: "ENOENT" }, "and is gone afterwards");
  await t.rejects(
    withFileLock(path, options, () => Promise.reject(new Error("work failed"))),
    { message: "work failed" },
  );
  await t.rejects(stat(path), { code: "ENOENT" }, "after a failure too");
});

t.test("credentials: a lock left by a crash is taken over, a living one is not", async (t) => {
  t.teardown(stayAlive());
  const path = join(await temporaryFolder(t), "lock");
  // No process has this id: it is above the largest that Linux gives.
  await writeFile(path, JSON.stringify({ pid: 4_194_305, host: hostname(), id: "x" }));
  t.equal(await withFileLock(path, options, async () => "had"), "had", "its process is gone");

  await writeFile(path, "");
  const old = (Date.now() - STALE_AFTER_MS - 1000) / 1000;
  await utimes(path, old, old);
  const runs = [1, 2, 3].map((n) => withFileLock(path, options, async () => n));
  t.same(await Promise.all(runs), [1, 2, 3], "it is too old");

  await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname(), id: "x" }));
  const impatient = AbortSignal.timeout(200);
  await t.rejects(
    withFileLock(path, { clock: systemClock, signal: impatient }, async () => 1),
    {
      name: "TimeoutError",
    },
  );
  t.match(await readFile(path, "utf8"), /"id":"x"/, "its holder keeps it");
});
