import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { eventually } from "./daemon.ts";
import type { Teardown } from "./temporary.ts";

const ROOT = "/usr/lib/postgresql";
/** It does not run as root; these users are asked for in turn. */
const USERS = ["postgres", "nobody"];

/** A PostgreSQL server of the test's own, on a unix socket. */
export interface Postgres {
  /** Of a fresh database. */
  database(): Promise<string>;
  /** Its data is lost in a power cut: it does not wait for the disk. */
  readonly pid: number;
}

/** For tap's `skip` option: false where there is a server to run, else why not. */
export function skipWithoutPostgres(): false | string {
  if (binaries() === null) return `not installed: PostgreSQL (${ROOT})`;
  return runAs() === null ? "no user that PostgreSQL may run as" : false;
}

/** @param options.durable it waits for the disk at each commit, as in earnest; default false */
export async function startPostgres(t: Teardown, options: { durable?: boolean } = {}): Promise<Postgres> {
  const bin = binaries();
  const user = runAs();
  if (bin === null || user === null) throw new Error("there is no PostgreSQL");
  const folder = await mkdtemp(join(tmpdir(), "tellyport-pg-"));
  // What gets to the socket and the data is the server's user and root.
  await chmod(folder, 0o755);
  await mkdir(join(folder, "data"), { mode: 0o700 });
  if (user.uid !== userInfo().uid)
    for (const path of [folder, join(folder, "data")]) await chown(path, user.uid, user.gid);
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const made = spawnSync(
    ...user.command(join(bin, "initdb"), [
      "-D",
      join(folder, "data"),
      "-A",
      "trust",
      "-U",
      "tellyport",
      "-E",
      "UTF8",
      "--no-sync",
    ]),
    { encoding: "utf8", cwd: folder },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const settings = {
    listen_addresses: "",
    unix_socket_directories: folder,
    max_connections: "100",
    ...(options.durable !== true && { fsync: "off", synchronous_commit: "off" }),
  };
  const server = spawn(
    ...user.command(join(bin, "postgres"), [
      "-D",
      join(folder, "data"),
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ]),
    { stdio: "ignore", cwd: folder },
  );
  t.teardown(async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    // "Fast shutdown": it does not wait for its clients.
    server.kill("SIGINT");
    const timer = setTimeout(() => server.kill("SIGKILL"), 5000);
    await once(server, "exit");
    clearTimeout(timer);
  });
  const url = (database: string): string =>
    `postgresql://tellyport@localhost/${database}?host=${encodeURIComponent(folder)}`;
  await eventually("PostgreSQL answers", async () => {
    const client = new pg.Client({ connectionString: url("postgres") });
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  });
  let count = 0;
  return {
    pid: server.pid ?? 0,
    async database() {
      const name = `cloud${++count}`;
      const client = new pg.Client({ connectionString: url("postgres") });
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return url(name);
    },
  };
}

function binaries(): string | null {
  if (!existsSync(ROOT)) return null;
  const versions = readdirSync(ROOT).sort((a, b) => Number(b) - Number(a));
  const folder = versions
    .map((version) => join(ROOT, version, "bin"))
    .find((path) => existsSync(join(path, "initdb")));
  return folder ?? null;
}

interface User {
  readonly uid: number;
  readonly gid: number;
  command(program: string, args: readonly string[]): [string, string[]];
}

function runAs(): User | null {
  const { uid, gid } = userInfo();
  if (uid !== 0) return { uid, gid, command: (program, args) => [program, [...args]] };
  for (const name of USERS) {
    const [own, group] = ["-u", "-g"].map((flag) => spawnSync("id", [flag, name], { encoding: "utf8" }));
    if (own?.status !== 0 || group === undefined) continue;
    return {
      uid: Number(own.stdout),
      gid: Number(group.stdout),
      // As another user without a shell between: the pid that is signalled is the server's.
      command: (program, args) => [
        "setpriv",
        [
          `--reuid=${own.stdout.trim()}`,
          `--regid=${group.stdout.trim()}`,
          "--clear-groups",
          program,
          ...args,
        ],
      ],
    };
  }
  return null;
}
