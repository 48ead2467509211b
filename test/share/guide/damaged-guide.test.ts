import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t from "tap";
import { pino } from "pino";
import { systemClock } from "../../../src/kernel/clock.ts";
import { loadConfig } from "../../../src/kernel/config/index.ts";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import { startBox } from "../../../src/main.ts";
import { createGuideStore } from "../../../src/share/guide/guide-store.ts";
import { openGuideDatabase } from "../../../src/share/guide/guide-database.ts";
import { Guide } from "../../../src/share/guide/guide.ts";
import { openGuide } from "../../../src/share/guide/open-guide.ts";
import { ranked } from "../../../src/share/guide/event-ranks.ts";
import { PROJECT } from "../../helpers/captures.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";
import { FakeTuners, service, silent } from "../fakes.ts";

t.test("box: a guide file that is no database is begun anew, and the log says so", async (t) => {
  const state = await temporaryFolder(t);
  writeFileSync(join(state, "guide.db"), "Not a database, however long it is. ".repeat(500));
  const { events, stop } = await box(t, state);
  t.ok(events().includes("guide-begun-anew"), events().join());
  await stop();
  t.match(readFileSync(join(state, "guide.db")).toString("latin1", 0, 15), "SQLite format 3");
});

t.test("box: a guide file with damaged pages does not keep the box from starting", async (t) => {
  const whole = await guideFile(t);
  const state = await temporaryFolder(t);
  writeFileSync(join(state, "guide.db"), damaged(whole, 3));
  const { events, stop } = await box(t, state);
  t.ok(events().includes("guide-begun-anew"), events().join());
  await stop();
});

t.test("open guide: whichever pages are damaged, it is begun anew and the old file kept aside", async (t) => {
  const whole = await guideFile(t);
  const pages = whole.length / PAGE;
  t.ok(pages > 8, `${pages} pages`);
  for (let kept = 1; kept < pages; kept += 2) {
    const path = join(await temporaryFolder(t), "guide.db");
    writeFileSync(path, damaged(whole, kept));
    const database = openGuide(path, silent);
    t.same(createGuideStore(database).between(of, 0, Number.MAX_SAFE_INTEGER, 9), [], `${kept} pages kept`);
    database.close();
  }
  const path = join(await temporaryFolder(t), "guide.db");
  writeFileSync(path, damaged(whole, pages - 1));
  openGuide(path, silent).close();
  t.ok(readFileSync(`${path}.damaged`).equals(damaged(whole, pages - 1)));
});

t.test("open guide: one that is whole is left as it is", async (t) => {
  const path = join(await temporaryFolder(t), "guide.db");
  writeFileSync(path, await guideFile(t));
  const database = openGuide(path, silent);
  t.equal(createGuideStore(database).between(of, 0, Number.MAX_SAFE_INTEGER, 9999).length, 900);
  database.close();
  t.notOk(existsSync(`${path}.damaged`));
});

t.test("guide: pages that are damaged while it runs take programmes away, and nothing else", async (t) => {
  const path = join(await temporaryFolder(t), "guide.db");
  writeFileSync(path, await guideFile(t));
  const database = openDatabase(path);
  t.teardown(() => database.close());
  const tuners = new FakeTuners([service(1)]);
  const lines: string[] = [];
  const log = pino({ level: "error" }, { write: (line: string) => void lines.push(line) });
  const guide = new Guide({ tuners, store: createGuideStore(database), clock: systemClock, log });
  t.not(guide.nowAndNext(of).now, null);
  // What is in memory stays; another service has to be looked up.
  database.exec("DROP TABLE guide_slot");
  t.not(guide.nowAndNext(of).now, null);
  const other = service(2).key;
  t.same(guide.nowAndNext(other), { now: null, next: null });
  t.same(guide.schedule(of, 0, Number.MAX_SAFE_INTEGER, 9), []);
  t.equal(lines.length, 1, "said once");
  t.match(lines[0], /guide-not-read/);
  guide.stop();
});

t.test("box: a guide that cannot be kept at all is kept in memory", async (t) => {
  const state = await temporaryFolder(t);
  mkdirSync(join(state, "guide.db", "folder"), { recursive: true });
  const { events, stop } = await box(t, state);
  t.ok(events().includes("guide-in-memory"), events().join());
  await stop();
});

t.test("box: a guide of a newer release is left as it is", async (t) => {
  const state = await temporaryFolder(t);
  const newer = openDatabase(join(state, "guide.db"));
  newer.migrate(
    "guide",
    Array.from({ length: 50 }, (_, n) => ({ sql: `CREATE TABLE t${n} (a)`, breaks: true as const })),
  );
  newer.close();
  const { events, stop } = await box(t, state);
  t.ok(events().includes("guide-in-memory"), events().join());
  await stop();
  const again = openDatabase(join(state, "guide.db"));
  t.match(again.prepare("SELECT version FROM schema_version").get(), { version: 50 });
  again.close();
});

t.test("box: a start that fails leaves nothing open", async (t) => {
  const state = await temporaryFolder(t);
  await t.rejects(box(t, state, { file: { paths: [join(state, "none.ts")] } }), { code: "source-missing" });
  t.same(await openFiles(state), []);
});

const PAGE = 4096;
const of = service(1).key;

/** A guide of some days. */
async function guideFile(t: Teardown): Promise<Buffer> {
  const path = join(await temporaryFolder(t), "guide.db");
  const database = openGuideDatabase(path);
  const now = Date.now();
  const events = Array.from({ length: 900 }, (_, n) =>
    ranked({
      service: of,
      eventId: n,
      startsAt: now + (n - 1) * 600_000,
      endsAt: now + n * 600_000,
      title: `Programme ${n * 7919}`,
      description: Array.from({ length: 20 }, (_, i) => (n * i * 7919).toString(36)).join(" "),
      language: null,
    }),
  );
  createGuideStore(database).save(events, [], now);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return readFileSync(path);
}

/** The first page, which tells what the tables are, stays whole, and as many as are `kept`. */
function damaged(file: Buffer, kept: number): Buffer {
  return Buffer.from(file).fill(0xa5, kept * PAGE);
}

/** The daemon, in this process. */
async function box(t: Teardown, state: string, tuners: Record<string, unknown> = {}) {
  const { config } = await loadConfig({
    overrides: {
      state: { directory: state },
      http: { address: "127.0.0.1", port: 0, https: { enabled: false } },
      announce: { mdns: false, ssdp: "off" },
      tuners,
    },
  });
  const lines: { msg: string }[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const running = await startBox({
    config,
    clock: systemClock,
    log,
    webFolder: await temporaryFolder(t),
    loopsFolder: join(PROJECT, "src/tuner/drivers/mock/loops"),
  });
  return { events: () => lines.map(({ msg }) => msg), stop: () => running.stop() };
}

/** What this process has open below a folder, once the database's statements are collected: those hold its files. */
async function openFiles(folder: string): Promise<string[]> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let left: string[] = [];
  for (let attempt = 0; attempt < 20; attempt++) {
    collect();
    await setImmediate();
    left = openNow(folder);
    if (left.length === 0) break;
  }
  return left;
}

function openNow(folder: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });
}
