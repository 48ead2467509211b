import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { ACCESS_FILES } from "../../src/access-control/index.ts";
import { openDatabase } from "../../src/kernel/store/database.ts";
import { CLOCK_FILE } from "../../src/kernel/trusted-clock.ts";
import type { AuditEntry } from "../../src/protocol/access-api.ts";
import type { Box, Client } from "../../src/protocol/api.ts";
import { DATABASE_FILE, GUIDE_FILE, KEPT_TABLES, MARKER_FILE, SOCKET_FILE } from "../../src/reset.ts";
import { PROJECT } from "../helpers/captures.ts";
import { CLI, eventually, runProgram, startDaemon, tellyport, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone, onTheWire } from "../helpers/key-phone.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

const boxOf = async (box: Daemon): Promise<Box> => (await onTheWire(box.url, "/api/v1/box")).body as Box;
const channelsOf = async (box: Daemon): Promise<string[]> =>
  (await box.local<{ channels: { id: string }[] }>("GET", "/api/v1/channels")).body.channels.map(
    ({ id }) => id,
  );

/** The next process at the same address, so that phones of before find it. */
const sameAddress = (box: Daemon): string =>
  `http: {address: "127.0.0.1", port: ${box.http}, https: {port: ${box.https}}}\nannounce: {mdns: false, ssdp: off}\n`;

/** What lies in a state directory that a daemon has used, and every table, whose it is. */
async function unnamed(t: Teardown, used: string): Promise<{ files: string[]; tables: string[] }> {
  // A copy: whoever looks into a database leaves its log beside it.
  const state = await temporaryFolder(t);
  await cp(used, state, { recursive: true });
  const named = [...ACCESS_FILES, CLOCK_FILE, DATABASE_FILE, GUIDE_FILE, SOCKET_FILE];
  const files = readdirSync(state).filter(
    (file) =>
      !named.some((name) => file === name || file.startsWith(`${name}.`) || file.startsWith(`${name}-`)),
  );
  const database = openDatabase(join(state, DATABASE_FILE));
  const kept: readonly string[] = KEPT_TABLES.flatMap(({ tables }) => tables);
  const modules: readonly string[] = KEPT_TABLES.map(({ module }) => module);
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'")
    .all()
    .map(({ name }) => String(name))
    // A table of a module whose tables stay is one that stays: they bear its name.
    .filter((name) => modules.some((module) => name.startsWith(`${module}_`)) !== kept.includes(name));
  database.close();
  return { files, tables };
}

t.test("reset: a new box, with the channels of the old one; no phone of before gets in", async (t) => {
  const old = await startDaemon(t);
  const phone = await KeyPhone.paired(old);
  const viewer = await KeyPhone.paired(old, "viewer");
  const { codes } = (await phone.call("POST", "/api/v1/recovery-codes")).body as { codes: string[] };
  const channels = await eventually("channels are there", async () => {
    const all = await channelsOf(old);
    return all.length === 12 ? all : null;
  });
  const before = await boxOf(old);
  const running = await tellyport(["reset", "--yes", "--json", "--state", old.state]);
  t.equal(running.code, 69);
  t.match(JSON.parse(running.stderr), { code: "daemon-running" });
  t.equal(await old.stop(), 0);
  t.same(
    await unnamed(t, old.state),
    { files: [], tables: [] },
    "everything in the state is somebody's: name new things in src/reset.ts, or where they are made",
  );

  const unsure = await runProgram(process.execPath, [CLI, "reset", "--state", old.state], { input: "no\n" });
  t.equal(unsure.code, 69, unsure.stderr);
  t.ok(existsSync(join(old.state, "identity.key")));
  const sure = await runProgram(process.execPath, [CLI, "reset", "--state", old.state], { input: "yes\n" });
  t.equal(sure.code, 0, sure.stderr);
  t.same(
    readdirSync(old.state).filter((file) => !file.startsWith("guide.db") && !file.startsWith(CLOCK_FILE)),
    [DATABASE_FILE],
    "no log of another user's is left",
  );

  const box = await startDaemon(t, { state: old.state, config: sameAddress(old) });
  const after = await boxOf(box);
  t.not(after.id, before.id, "another identity");
  t.not(after.https?.fingerprint, before.https?.fingerprint, "another certificate");
  t.equal(after.claimed, false);
  t.same(await channelsOf(box), channels, "the channels are there at once");
  for (const one of [phone, viewer]) {
    t.equal((await one.call("GET", "/api/v1/channels")).status, 401);
    t.equal((await one.refresh()).status, 401);
  }
  const again = await tellyport(["remote", "pair", box.url, "--recovery-code", codes[0] ?? ""], {
    env: { ...process.env, TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "c.json") },
  });
  t.equal(again.code, 77, "nor by an old recovery code");
  t.same((await box.local<{ clients: Client[] }>("GET", "/api/v1/clients")).body.clients, []);
  const { entries } = (await box.local<{ entries: AuditEntry[] }>("GET", "/api/v1/audit")).body;
  t.same(
    entries
      .map(({ event }) => event)
      .filter((event) => event !== "request-refused" && event !== "pairing-refused"),
    ["box-reset"],
    "the audit begins with it",
  );
  t.equal((await KeyPhone.paired(box)).tokens?.role, "owner", "its first phone is its owner");
});

t.test("reset: everything takes the channels too", async (t) => {
  const old = await startDaemon(t);
  const before = await boxOf(old);
  await eventually("channels are there", async () => (await channelsOf(old)).length === 12);
  await old.stop();
  t.equal((await tellyport(["reset", "--yes", "--everything", "--state", old.state])).code, 0);
  t.same(
    readdirSync(old.state).filter((file) => !file.startsWith(CLOCK_FILE)),
    [],
  );
  const box = await startDaemon(t, { state: old.state, tuner: "hdhomerun:127.0.0.1" });
  t.not((await boxOf(box)).id, before.id);
  t.same(await channelsOf(box), []);
});

t.test(
  "reset: killed at any moment, the box is the old one or a new one, and the next start ends it",
  async (t) => {
    let box = await startDaemon(t);
    const counts = { before: 0, between: 0, after: 0 };
    for (let round = 0; round < 4; round++) {
      const phone = await KeyPhone.paired(box, "owner");
      const { id } = await boxOf(box);
      await box.kill();
      const reset = spawn(process.execPath, [CLI, "reset", "--yes", "--state", box.state], {
        stdio: "ignore",
      });
      const over = once(reset, "exit");
      // Most of its time goes before the marker is there: waits for that, in most rounds.
      const marker = join(box.state, MARKER_FILE);
      const pause = round % 4 === 0 ? 100 * round : round * 2;
      for (let i = 0; round % 4 !== 0 && i < 2000 && !existsSync(marker) && reset.exitCode === null; i++)
        await sleep(1);
      await sleep(pause);
      reset.kill("SIGKILL");
      await over;
      const isPending = existsSync(marker);
      const isNew = !existsSync(join(box.state, "identity.key"));
      counts[isPending ? "between" : isNew ? "after" : "before"]++;
      box = await startDaemon(t, { state: box.state, config: sameAddress(box) });
      t.equal(existsSync(marker), false, "nothing is pending once it runs");
      const now = await boxOf(box);
      const getsIn = (await phone.call("GET", "/api/v1/clients/self")).status === 200;
      const clients = (await box.local<{ clients: Client[] }>("GET", "/api/v1/clients")).body.clients.length;
      if (isPending || isNew)
        t.same([now.id === id, getsIn, clients], [false, false, 0], `round ${round}: new`);
      else t.same([now.id === id, getsIn], [true, true], `round ${round}: as it was`);
    }
    t.comment(JSON.stringify(counts));
    t.ok(counts.between > 0, "some were broken off in between");
  },
);

t.test("keys are made by each box at its first start, and ship with none", async (t) => {
  const [one, other] = [await startDaemon(t), await startDaemon(t)];
  const [first, second] = [await boxOf(one), await boxOf(other)];
  t.not(first.id, second.id);
  t.not(first.https?.fingerprint, second.https?.fingerprint);
  for (const file of ACCESS_FILES) {
    const [a, b] = [one, other].map(({ state }) => readFileSync(join(state, file), "utf8"));
    t.not(a, b, file);
    t.equal(statSync(join(one.state, file)).mode & 0o077, 0, `${file} is its user's alone`);
  }
  const shipped = readdirSync(join(PROJECT, "dist"), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  );
  t.ok(shipped.length > 5);
  for (const entry of shipped) {
    const text = readFileSync(join(entry.parentPath, entry.name), "latin1");
    t.notMatch(
      text,
      /-----BEGIN [A-Z ]*PRIVATE KEY-----(\\n|\s)+[A-Za-z0-9+/=]{40}|"d":\s*"[A-Za-z0-9_-]{43}"/,
      `${entry.name} holds no private key`,
    );
    t.notOk((ACCESS_FILES as readonly string[]).includes(entry.name));
  }
});
