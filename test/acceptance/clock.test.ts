import t from "tap";
import { eventually, startDaemon, tellyport, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone, onTheWire } from "../helpers/key-phone.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { wallClock } from "../helpers/wall-clock.ts";

const DAY = 86_400_000;
const CHANNELS = "/api/v1/channels";

interface Said {
  readonly clock: string;
  readonly clockDoubt?: string;
  readonly time: string;
}

const boxOf = async (box: Daemon): Promise<Said> => (await onTheWire(box.url, "/api/v1/box")).body as Said;

/** Waits until the box has noticed that its clock was set. */
const until = (box: Daemon, clock: string): Promise<Said> =>
  eventually(`the clock is ${clock}`, async () => {
    const said = await boxOf(box);
    return said.clock === clock && said;
  });

t.test(
  "clock-less boot: a box that wakes up in 1970 pairs and plays, and loses nobody when it learns the time",
  async (t) => {
    const state = await temporaryFolder(t);
    const wall = await wallClock(t, 7_000);
    const { wrapper } = wall;
    let box = await startDaemon(t, { state, wrapper });
    const first = await boxOf(box);
    t.match(first, { clock: "unsynchronised", clockDoubt: "behind" });
    t.ok(Date.parse(first.time) >= Date.UTC(2026, 10, 20), `it runs at ${first.time}`);
    const doctor = await tellyport(["doctor", "--state", state, "--json"]);
    const { findings } = JSON.parse(doctor.stdout) as {
      findings: { subject: string; level: string; message: string }[];
    };
    t.match(
      findings.find(({ subject }) => subject === "clock"),
      { level: "warning", message: /before a time that has been/ },
    );

    const owner = await KeyPhone.paired(box, "owner");
    const guest = await KeyPhone.paired(box, "guest");
    t.equal((await owner.call("GET", CHANNELS)).status, 200);

    await box.kill();
    await wall.set(9_000);
    box = await startDaemon(t, { state, wrapper, config: configOf(box) });
    const second = await boxOf(box);
    t.equal(second.clock, "unsynchronised");
    t.ok(Date.parse(second.time) > Date.parse(first.time), "after a power cut time goes on, and not back");
    t.equal((await owner.refresh()).status, 200);

    const channel = await eventually("channels are listed", async () => {
      const { channels } = (await owner.call("GET", CHANNELS)).body as {
        channels: { id: string; scrambled: boolean }[];
      };
      return channels.length === 12 && channels.find(({ scrambled }) => !scrambled)?.id;
    });
    const { hls } = (await owner.call("POST", "/api/v1/playback", { channel })).body as { hls: string };
    const { body: all } = await onTheWire(box.url, hls);
    const playlist = new URL(/^[^#].*$/m.exec(String(all))?.[0] ?? "", box.url + hls).pathname;
    /** Media sequence number of the newest segment of the picture. */
    const plays = async (): Promise<number> => {
      const { status, body } = await onTheWire(box.url, playlist);
      if (status !== 200) throw new Error(`the playlist was answered ${status}: ${JSON.stringify(body)}`);
      const first = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)$/m.exec(String(body))?.[1]);
      return first + (String(body).match(/^#EXTINF:/gm)?.length ?? 0);
    };
    const goesOn = (before: number): Promise<unknown> =>
      eventually("there is new media", async () => (await plays()) > before);
    const before = await plays();

    const truth = Date.now() + 300 * DAY;
    await wall.set(truth);
    const third = await until(box, "synchronised");
    t.notOk("clockDoubt" in third);
    t.ok(Math.abs(Date.parse(third.time) - truth) < 60_000, third.time);
    await goesOn(Math.max(before, await plays()));
    for (const phone of [owner, guest]) {
      t.equal(
        (await phone.refresh()).status,
        200,
        "who paired in 1970 is paired 300 days later by the same clock",
      );
      t.equal((await phone.call("GET", CHANNELS)).status, 200);
    }

    await wall.set(Date.UTC(2099, 0, 1));
    const fourth = await until(box, "unsynchronised");
    t.equal(fourth.clockDoubt, "implausible");
    t.ok(Math.abs(Date.parse(fourth.time) - truth) < 120_000, "nobody pushes it to 2099");
    t.equal((await owner.call("GET", CHANNELS)).status, 200);
    await wall.set(truth + 60_000);
    await until(box, "synchronised");
    await goesOn(await plays());
    t.equal((await owner.call("GET", CHANNELS)).status, 200);
    t.equal(await box.stop(), 0);

    await wall.set(7_000);
    const again = await startDaemon(t, { state, wrapper, config: configOf(box) });
    t.ok(
      Date.parse((await boxOf(again)).time) >= truth,
      "the next time without power it begins where it was",
    );
    t.equal((await owner.refresh()).status, 200);
  },
);

/** The same doors again: a phone's nonce and address stay as they are. */
function configOf({ http, https }: Daemon): string {
  return `http: {address: "127.0.0.1", port: ${http}, https: {port: ${https}}}\nannounce: {mdns: false, ssdp: off}\n`;
}
