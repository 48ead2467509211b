import { readFileSync, readdirSync } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import t from "tap";
import { createAccessControl } from "../../src/access-control/index.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { createLog } from "../../src/kernel/log.ts";
import { openDatabase, type Row } from "../../src/kernel/store/database.ts";
import { DATABASE_FILE, MARKER_FILE, SOCKET_FILE, finishReset } from "../../src/reset.ts";
import { createLineUpStore } from "../../src/tuner/index.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { run } from "./run-command.ts";

const log = createLog({ level: "silent" });
const deps = { clock: systemClock, log };
const NAME = "Anna's very own phone";

/** A box's state with a client and a line-up. @returns the box's id */
async function fillState(stateDir: string): Promise<string> {
  const database = openDatabase(join(stateDir, DATABASE_FILE));
  try {
    createLineUpStore(database);
    database.exec(
      "INSERT INTO tuner_multiplex (id, delivery, missed) VALUES ('m1', '{}', 0); CREATE TABLE later (name TEXT) STRICT;",
    );
    const publicOrigin = (): string => "http://127.0.0.1";
    const access = await createAccessControl({ database, stateDir, ...deps, publicOrigin });
    await access.certificate({ names: ["box"], addresses: [] });
    access.audit.note({ event: "client-paired", client: "anna", name: NAME });
    access.audit.stop();
    return access.identity.boxId;
  } finally {
    database.close();
  }
}

/** Without the logs of connections that this process has closed and its garbage collector not yet finished. */
function filesIn(stateDir: string): string[] {
  return readdirSync(stateDir)
    .filter((name) => !/\.db-(wal|shm)$/.test(name))
    .sort();
}

function rowsOf(stateDir: string, sql: string): Row[] {
  const database = openDatabase(join(stateDir, DATABASE_FILE));
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

async function idOf(stateDir: string): Promise<string> {
  const database = openDatabase(":memory:");
  const access = await createAccessControl({ database, stateDir, ...deps, publicOrigin: () => "" });
  database.close();
  return access.identity.boxId;
}

t.test("reset: identity, keys, certificate and clients go; the line-up stays", async (t) => {
  const state = await temporaryFolder(t);
  const before = await fillState(state);
  // What a power cut left of a write, and the version before the newest.
  for (const rest of [".previous", ".0a1b2c.tmp"])
    await copyFile(join(state, "identity.key"), join(state, `identity.key${rest}`));
  await writeFile(join(state, "notes.txt"), "somebody else's");
  const { code, stdout } = await run(["reset", "--yes", "--state", state]);
  t.match([code, stdout], [0, /^This box is a new one/]);
  t.same(filesIn(state), ["notes.txt", DATABASE_FILE], "nothing else of the box is left");
  t.notOk(readFileSync(join(state, DATABASE_FILE)).includes(NAME), "overwritten, not only unlinked");
  const tables = rowsOf(state, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
  t.same(
    tables.map(({ name }) => name).filter((name) => !String(name).startsWith("sqlite_")),
    ["audit", "audit_open", "schema_version", "tuner_multiplex", "tuner_scan", "tuner_service"],
    "a table that nobody keeps goes too",
  );
  t.equal(rowsOf(state, "SELECT * FROM tuner_multiplex").length, 1);
  t.same(rowsOf(state, "SELECT * FROM audit_open"), []);
  t.match(rowsOf(state, "SELECT event FROM audit"), [{ event: "box-reset" }]);
  t.not(await idOf(state), before, "a new box");
});

t.test(
  "reset: of a line-up that a newer release has added to nothing is left, rather than a part",
  async (t) => {
    const state = await temporaryFolder(t);
    await fillState(state);
    rowsOf(
      state,
      "UPDATE schema_version SET version = 90, readable_from = 1 WHERE module = 'tuner' RETURNING 1",
    );
    t.equal((await run(["reset", "--yes", "--state", state])).code, 0);
    t.same(rowsOf(state, "SELECT name FROM sqlite_master WHERE name GLOB 'tuner_*'"), []);
    t.same(rowsOf(state, "SELECT module FROM schema_version"), [{ module: "audit" }]);
  },
);

t.test("reset: everything", async (t) => {
  const state = await temporaryFolder(t);
  await fillState(state);
  await writeFile(join(state, "guide.db"), "");
  await writeFile(join(state, "guide.db.damaged"), "");
  const { code, stdout } = await run(["reset", "--yes", "--everything", "--json", "--state", state]);
  t.equal(code, 0);
  t.same(JSON.parse(stdout), { reset: true, everything: true });
  t.same(filesIn(state), []);
});

t.test("reset: asks first, and takes nothing but yes for yes", async (t) => {
  const state = await temporaryFolder(t);
  const before = await fillState(state);
  const questions: string[] = [];
  const reset = (answer: string | null) =>
    run(["reset", "--state", state], {
      ask: async (question) => {
        questions.push(question);
        return answer;
      },
    });
  t.equal((await reset("no")).code, 69);
  t.equal((await reset("")).code, 69);
  t.equal((await reset(null)).code, 64, "nobody there");
  const alone = await run(["reset", "--state", state]);
  t.equal(alone.code, 64);
  t.match(alone.stderr, /nobody to ask whether to go on: `tellyport reset --yes` does it without asking\.\n/);
  t.match(questions[0], /removes the box's identity, clients and audit .* for good/);
  t.equal(await idOf(state), before, "nothing was changed");
  t.equal((await reset(" Yes ")).code, 0);
  t.not(await idOf(state), before);
});

t.test("reset: not while a daemon runs, and not where no state is", async (t) => {
  const folder = await temporaryFolder(t);
  const state = join(folder, "state");
  t.equal((await run(["reset", "--yes", "--state", state])).code, 69, "no such directory");
  await mkdir(state);
  const before = await fillState(state);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(state, SOCKET_FILE), resolve));
  t.teardown(() => server.close());
  const { code, stderr } = await run(["reset", "--yes", "--json", "--state", state]);
  t.equal(code, 69);
  t.match(JSON.parse(stderr), { code: "daemon-running", status: 409 });
  t.equal(await idOf(state), before);
});

t.test("reset: one that was broken off anywhere is finished", async (t) => {
  const files = ["identity.key", "access-keys.json", "https.pem"];
  for (let gone = 0; gone <= files.length; gone++) {
    for (const everything of [false, true]) {
      const state = await brokenOff(t, files.slice(0, gone), JSON.stringify({ everything }));
      await finishReset(state, deps);
      t.same(filesIn(state), everything ? [] : [DATABASE_FILE], `${gone} files gone, ${everything}`);
    }
  }
  const torn = await brokenOff(t, [], "{");
  await finishReset(torn, deps);
  t.same(filesIn(torn), [DATABASE_FILE], "a marker that cannot be read is one");
  const untouched = await temporaryFolder(t);
  const before = await fillState(untouched);
  await finishReset(untouched, deps);
  t.equal(await idOf(untouched), before, "without a marker nothing happens");
});

async function brokenOff(t: Teardown, gone: readonly string[], marker: string): Promise<string> {
  const state = await temporaryFolder(t);
  await fillState(state);
  for (const file of gone) await rm(join(state, file));
  await writeFile(join(state, MARKER_FILE), marker);
  return state;
}
