import t from "tap";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import type { Tuner } from "../../src/protocol/api.ts";
import { pairPhone } from "../helpers/phone.ts";

type Answer = {
  id: string;
  hls: string;
  code?: string;
  detail?: { reason?: string; free?: string[]; since?: number };
};

const tunersOf = async (box: Daemon) =>
  (await box.local<{ tuners: Tuner[] }>("GET", "/api/v1/tuners")).body.tuners;

const play = (box: Daemon, channel: string) => box.local<Answer>("POST", "/api/v1/playback", { channel });

t.test("arbiter: three viewers of an unplugged tuner go on; a busy box says so in 100 ms", async (t) => {
  // Nobody but viewers holds a tuner.
  const box = await startDaemon(t, {
    config:
      'http: {address: "127.0.0.1", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\nguide: {collect: false}\n',
  });
  await eventually("the line-up is whole, and the tuners are let go", async () => {
    const { body } = await box.local<{ channels: unknown[] }>("GET", "/api/v1/channels");
    return body.channels.length >= 12 && (await tunersOf(box)).every((tuner) => tuner.consumers.length === 0);
  });
  const phone = await pairPhone(t, box, "owner");
  const { body } = await box.local<{ channels: { id: string; number: number }[] }>("GET", "/api/v1/channels");
  const id = (number: number): string => body.channels.find((channel) => channel.number === number)!.id;
  const own = await play(box, id(1));
  t.equal(own.status, 200);
  const viewers = [
    box.url + own.body.hls,
    ...(await Promise.all([phone.play("1"), phone.play("2")])).map(({ hls }) => hls),
  ];
  const used = (await tunersOf(box)).find(({ multiplex }) => multiplex === "mock-1")!;

  const segments = async (hls: string): Promise<number> => {
    const multivariant = await fetch(hls);
    if (multivariant.status !== 200) throw new Error(`${multivariant.status} ${await multivariant.text()}`);
    const path = /^[^#].*\/v0\/index\.m3u8$/m.exec(await multivariant.text())?.[0] ?? "";
    const playlist = await (await fetch(new URL(path, hls))).text();
    const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist)?.[1] ?? 0);
    return first + (playlist.match(/#EXTINF/g)?.length ?? 0);
  };
  const counts = await Promise.all(viewers.map((viewer) => segments(viewer)));
  const pulled = performance.now();
  await box.local("POST", "/api/v1/mock/faults", { kind: "unplugged", tuner: used.id });
  const moved = await eventually(
    "another tuner streams the multiplex",
    async () =>
      (await tunersOf(box)).find(
        (tuner) => tuner.multiplex === "mock-1" && tuner.id !== used.id && tuner.state === "streaming",
      ),
    10_000,
    25,
  );
  const took = performance.now() - pulled;
  t.ok(took < 3000, `${took.toFixed(0)} ms`);
  const live = moved.consumers.filter((consumer) => consumer.startsWith("live"));
  t.equal(live.length, 2, "two services for three viewers");
  await eventually(
    "every viewer gets segments again",
    async () => {
      const now = await Promise.all(viewers.map((viewer) => segments(viewer)));
      return now.every((count, i) => count > counts[i]!);
    },
    15_000,
    200,
  );

  // With one tuner unplugged and the other held by owners there is none for another multiplex.
  const other = body.channels.find((channel) => channel.number === 11)!.id;
  const before = performance.now();
  const refused = await play(box, other);
  const answered = performance.now() - before;
  t.equal(refused.status, 503);
  t.match(refused.body, { code: "no-tuner-free", detail: { reason: "busy" } });
  t.ok(refused.body.detail!.free!.includes(id(1)), "what runs can be watched");
  t.ok(Math.abs(Date.now() - refused.body.detail!.since!) < 60_000);
  t.ok(answered < 100, `${answered.toFixed(0)} ms`);

  await box.local("DELETE", "/api/v1/mock/faults");
  const plugged = performance.now();
  const asked: Promise<unknown>[] = [];
  const back = await eventually(
    "the tuner serves again",
    async () => {
      if (asked.length < 20) asked.push(play(box, other));
      return (await tunersOf(box)).find((tuner) => tuner.id === used.id && tuner.state === "streaming");
    },
    10_000,
    250,
  );
  t.equal(back.multiplex, "mock-2");
  t.ok(performance.now() - plugged < 3000, `${(performance.now() - plugged).toFixed(0)} ms`);
  await Promise.all(asked);
});
