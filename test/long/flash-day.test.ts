import { fdatasyncSync, closeSync, openSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { pino } from "pino";
import { loadConfig } from "../../src/kernel/config/index.ts";
import { startBox } from "../../src/main.ts";
import type { Channels, Playback } from "../../src/protocol/api.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { PROJECT } from "../helpers/captures.ts";
import { loopDisk, skipWithoutLoopDisk } from "../helpers/loop-disk.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

/** Bytes that a day may write. */
const BUDGET = 30e6;
const DAY = 24 * 3600_000;
/** Of the two hours that are watched, so much is; the rest is reckoned from it, ms. */
const WATCHED = 10 * 60_000;
const TWO_HOURS = 2 * 3600_000;
/** As often as the kernel writes what waits (`vm.dirty_expire_centisecs`), ms. */
const WRITE_BACK = 30_000;

/** Time in steps: the timers of each, and then whatever they have begun. */
async function pass(clock: FakeClock, span: number, step: number, meanwhile: () => void): Promise<void> {
  for (let left = span; left > 0; left -= step) {
    clock.advance(Math.min(step, left));
    meanwhile();
    await setImmediate();
  }
}

/** What lies there, with its time of change, and how often each was found changed: names what writes. */
function watchFiles(folder: string) {
  const changes = new Map<string, number>();
  const before = new Map<string, number>();
  return {
    changes,
    /** Sends what has changed to the disk, as the kernel does by itself in real time. */
    look(): void {
      for (const name of readdirSync(folder)) {
        const stat = statSync(join(folder, name), { throwIfNoEntry: false });
        if (stat?.isFile() !== true || before.get(name) === stat.mtimeMs) continue;
        if (before.has(name)) changes.set(name, (changes.get(name) ?? 0) + 1);
        before.set(name, stat.mtimeMs);
        const file = openSync(join(folder, name), "r");
        fdatasyncSync(file);
        closeSync(file);
      }
    },
  };
}

async function box(t: Teardown, state: string, clock: FakeClock) {
  const path = join(await temporaryFolder(t), "tellyport.yaml");
  writeFileSync(
    path,
    `http: {address: "127.0.0.1", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\ntuners: {mock: {}}\nstate: {directory: ${state}}\n`,
  );
  const { config } = await loadConfig({ path });
  const running = await startBox({
    config,
    clock,
    clockEvidence: () => ({ word: "synchronised", ownClock: true, uptime: clock.monotonic() }),
    log: pino({ level: "silent" }),
    webFolder: join(PROJECT, "dist/web"),
    loopsFolder: join(PROJECT, "dist/loops"),
  });
  t.teardown(() => running.stop());
  const ask = <T>(method: string, path: string, body?: object): Promise<T> =>
    new Promise((resolve, reject) => {
      const call = request(
        {
          socketPath: join(state, "control.sock"),
          method,
          path,
          headers: { host: "localhost", ...(body && { "content-type": "application/json" }) },
        },
        (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => (text += chunk.toString()));
          response.on("end", () => {
            if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(text || "null") as T);
            else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
          });
        },
      );
      call.once("error", reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return { running, ask };
}

t.test(
  "flash: a day of guide and two hours of viewing write less than 30 MB",
  { skip: skipWithoutLoopDisk() },
  async (t) => {
    t.setTimeout(3_600_000);
    const disk = await loopDisk(t, 256);
    const clock = new FakeClock(Date.UTC(2026, 10, 21, 12));
    const files = watchFiles(disk.path);
    const { running, ask } = await box(t, disk.path, clock);
    const busy = async (): Promise<boolean> =>
      (await ask<{ tuners: { state: string }[] }>("GET", "/api/v1/tuners")).tuners.some(
        ({ state }) => state !== "idle",
      );

    let nextLook = 0;
    const writeBack = (): void => {
      if (clock.monotonic() < nextLook) return;
      nextLook = clock.monotonic() + WRITE_BACK;
      files.look();
    };
    /** Fast while no tuner runs. @param until monotonic ms */
    const live = async (until: number): Promise<number> => {
      let received = 0;
      while (clock.monotonic() < until) {
        if (await busy()) {
          received += 1000;
          await pass(clock, 1000, 50, writeBack);
        } else await pass(clock, 5000, 250, writeBack);
        await sleep(1);
      }
      return received;
    };

    // The first hour: keys, certificate, line-up and the whole guide are written once in a box's life.
    await live(3600_000);
    const first = disk.written();
    t.comment(`the first hour: ${megabytes(first)}`);
    files.changes.clear();

    const began = clock.monotonic();
    const received = await live(began + DAY - TWO_HOURS);
    const rest = disk.written() - first;
    t.comment(
      `22 hours without viewers: ${megabytes(rest)}; tuners were busy for ${Math.round(received / 60_000)} minutes of them`,
    );
    for (const [name, count] of [...files.changes].sort(([, a], [, b]) => b - a))
      t.comment(`  ${name}: written in ${count} half minutes`);
    t.ok(received > 0, "the guide was collected");
    files.changes.clear();

    const { channels } = await ask<Channels>("GET", "/api/v1/channels");
    const channel = channels[0]?.id ?? "";
    const starting = ask<Playback>("POST", "/api/v1/playback", { channel });
    let playback: Playback | null = null;
    void starting.then((started) => (playback = started));
    while (playback === null) {
      await pass(clock, 200, 20, writeBack);
      await sleep(2);
    }
    const { hls, id } = await starting;
    const before = disk.written();
    const watched = clock.monotonic() + WATCHED;
    while (clock.monotonic() < watched) {
      await pass(clock, 2000, 40, writeBack);
      const master = await (await fetch(`http://127.0.0.1:${running.ports.http}${hls}`)).text();
      const media = /^[^#\s].*$/m.exec(master)?.[0] ?? "";
      const playlist = await fetch(new URL(media, `http://127.0.0.1:${running.ports.http}${hls}`));
      t.equal(playlist.status, 200);
      await playlist.text();
    }
    const viewing = (disk.written() - before) * (TWO_HOURS / WATCHED);
    await ask("DELETE", `/api/v1/playback/${id}`).catch(() => undefined);
    t.comment(`two hours of viewing: ${megabytes(viewing)}, reckoned from ${WATCHED / 60_000} minutes`);
    for (const [name, count] of files.changes) t.comment(`  ${name}: written in ${count} half minutes`);

    const day = rest + viewing;
    t.comment(`a day: ${megabytes(day)}`);
    t.ok(day < BUDGET, `${megabytes(day)} of ${megabytes(BUDGET)}`);
  },
);

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
