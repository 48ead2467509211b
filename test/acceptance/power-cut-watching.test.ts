import { copyFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { openDatabase } from "../../src/kernel/store/database.ts";
import { DATABASE_FILE } from "../../src/reset.ts";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone } from "../helpers/key-phone.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

interface Entry {
  readonly channelName: string;
  readonly from: string;
  readonly to: string;
  readonly seconds: number;
}

const watched = async (box: Daemon): Promise<readonly Entry[]> =>
  (await box.local<{ entries: Entry[] }>("GET", "/api/v1/watched")).body.entries;

/** Fetches what a player fetches. @returns whether something came */
async function look(box: Daemon, address: string): Promise<boolean> {
  const text = async (path: string): Promise<string> => (await fetch(new URL(path, box.url))).text();
  const [variant = ""] = (await text(address)).split("\n").filter((line) => /^[^#].*m3u8/.test(line));
  const playlist = new URL(variant, new URL(address, box.url)).href;
  const [segment = ""] = (await text(playlist))
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .slice(-1);
  if (segment === "") return false;
  return (await fetch(new URL(segment, playlist))).arrayBuffer().then(({ byteLength }) => byteLength > 0);
}

/** Lines of what is watched now, as a power cut would leave them: read from a copy, since a state file has one connection. */
async function writtenOnDisk(t: Test, box: Daemon): Promise<number> {
  const copy = await temporaryFolder(t);
  for (const file of [DATABASE_FILE, `${DATABASE_FILE}-wal`])
    copyFileSync(join(box.state, file), join(copy, file));
  const database = openDatabase(join(copy, DATABASE_FILE));
  try {
    return database.prepare("SELECT playback FROM audit_open").all().length;
  } finally {
    database.close();
  }
}

t.test("power cut: what was watched when the power failed is in the owner's list", async (t) => {
  t.setTimeout(240_000);
  const box = await startDaemon(t);
  const phone = await KeyPhone.paired(box, "owner", box.url);
  const channel = await eventually("a channel can be watched", async () => {
    const { channels } = (await phone.call("GET", "/api/v1/channels")).body as {
      channels: { id: string; name: string; kind: string; scrambled: boolean }[];
    };
    return channels.find(({ kind, scrambled }) => kind === "tv" && !scrambled);
  });
  const before = Date.now();
  const { hls } = (await phone.call("POST", "/api/v1/playback", { channel: channel.id })).body as {
    hls: string;
  };
  // it lasts until it is written down
  await eventually(
    "it is written down",
    async () => (await look(box, hls)) && (await writtenOnDisk(t, box)) > 0,
    90_000,
    2000,
  );
  t.same(await watched(box), [], "it runs");
  await box.kill();
  const dark = Date.now();

  const again = await startDaemon(t, { state: box.state });
  const [entry, ...more] = await watched(again);
  t.same(more, []);
  t.equal(entry?.channelName, channel.name);
  t.ok(Math.abs(Date.parse(entry?.from ?? "") - before) < 20_000, "from its beginning");
  t.ok(Date.parse(entry?.to ?? "") <= dark, "until it was seen last");
  t.ok((entry?.seconds ?? 0) > 0);
});
