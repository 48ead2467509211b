import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { openDatabase, type Row } from "../../src/kernel/store/database.ts";
import type { Client } from "../../src/protocol/api.ts";
import { PROJECT } from "../helpers/captures.ts";
import { CLI, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone } from "../helpers/key-phone.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

/** Commits back to the release that is gone back to. */
const BACK = Number(process.env["TELLYPORT_LONG_BACK"] ?? 100);
/** What an older release is given of this one: the rule by which it takes what a newer one has added to. */
const RULE = ["src/kernel/store/database.ts", "src/kernel/store/steps.ts", "src/kernel/folder.ts"];

/** Of the log's lines. @see pino, "Levels" */
const ERROR = 50;

const git = (...args: string[]): string =>
  execFileSync("git", ["-C", PROJECT, ...args], { encoding: "utf8" }).trim();

function skipWithoutHistory(): false | string {
  const missing = skipWithoutProgram("git");
  if (missing !== false) return missing;
  const found = spawnSync("git", ["-C", PROJECT, "rev-parse", `HEAD~${BACK}`], { encoding: "utf8" });
  return found.status === 0 ? false : `the project's history does not go back ${BACK} commits`;
}

/** Builds an older release. @returns its command line */
async function buildOlder(t: Teardown & { comment(text: string): void }): Promise<string> {
  const folder = join(await temporaryFolder(t), "older");
  git("worktree", "add", "--quiet", "--detach", folder, `HEAD~${BACK}`);
  t.teardown(() => git("worktree", "remove", "--force", folder));
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  // The rule is younger than releases of before it; how they read and write is theirs.
  const hasRule = existsSync(join(folder, "src/kernel/store/steps.ts"));
  if (!hasRule) for (const file of RULE) cpSync(join(PROJECT, file), join(folder, file));
  t.comment(`${git("log", "-1", "--format=%h %s", `HEAD~${BACK}`)}${hasRule ? "" : ", with today's rule"}`);
  const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: folder, encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stderr);
  return join(folder, "dist/cli.js");
}

t.test(
  "state: a release of a hundred commits ago reads and writes what this one has written, and this one goes on",
  { skip: skipWithoutHistory() },
  async (t) => {
    const older = await buildOlder(t);
    const state = await temporaryFolder(t);
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const config = `http: {address: "127.0.0.1", port: ${port}, https: {enabled: false}}\nannounce: {mdns: false, ssdp: off}\n`;
    /** The daemon of a release, until it is stopped. */
    const box = async (program: string, use: (box: Daemon) => Promise<void>): Promise<void> => {
      const running = await startDaemon(t, { state, config, program });
      await use(running);
      t.equal(await running.stop(), 0, program);
      t.ok(running.log.length > 0);
      t.same(
        running.log.filter(({ level }) => Number(level) >= ERROR),
        [],
        `${program}: nothing went wrong`,
      );
    };
    const listed = async (running: Daemon): Promise<string[]> =>
      (await running.local<{ clients: Client[] }>("GET", "/api/v1/clients")).body.clients
        .map(({ name }) => name)
        .sort();
    const id = async (running: Daemon): Promise<string> =>
      (await running.local<{ id: string }>("GET", "/api/v1/box")).body.id;
    /** How many steps of each module the file has seen. */
    const steps = (): Row[] => {
      const database = openDatabase(join(state, "tellyport.db"));
      try {
        return database
          .prepare("SELECT module, version, readable_from FROM schema_version ORDER BY module")
          .all();
      } finally {
        database.close();
      }
    };
    const phones: KeyPhone[] = [];
    let own = "";
    let names: string[] = [];
    await box(CLI, async (running) => {
      phones.push(await KeyPhone.paired(running, "owner", running.url));
      phones.push(await KeyPhone.paired(running, "viewer", running.url));
      own = await id(running);
      names = await listed(running);
    });
    t.equal(names.length, 2);
    const written = steps();
    t.comment(JSON.stringify(written));
    await box(older, async (running) => {
      t.equal(await id(running), own, "the same box");
      t.same(await listed(running), names, "with the same clients");
      for (const phone of phones) {
        t.equal((await phone.refresh()).status, 200, "who renew their sessions");
        t.equal((await phone.call("GET", "/api/v1/channels")).status, 200, "and see channels");
      }
      phones.push(await KeyPhone.paired(running, "viewer", running.url));
    });
    t.same(steps(), written, "what it does not know is left as it is");
    await box(CLI, async (running) => {
      t.equal(await id(running), own);
      t.equal((await listed(running)).length, 3, "and who was paired meanwhile is there");
      for (const phone of phones) t.equal((await phone.refresh()).status, 200);
    });
  },
);
