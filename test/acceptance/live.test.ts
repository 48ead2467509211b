import t from "tap";
import type { Tuner } from "../../src/protocol/api.ts";
import { eventually, runProgram, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { pairPhone } from "../helpers/phone.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";

const tunersOf = async (box: Daemon): Promise<Tuner[]> =>
  (await box.local<{ tuners: Tuner[] }>("GET", "/api/v1/tuners")).body.tuners;

/** Waits until the box has seen every multiplex that can be received, and what is on. */
async function wholeLineup(box: Daemon): Promise<void> {
  await eventually("all twelve channels are listed, with what is on", async () => {
    const { body } = await box.local<{ channels: { now: unknown }[] }>("GET", "/api/v1/channels");
    return body.channels.length === 12 && body.channels.every(({ now }) => now !== null);
  });
}

/** Tuners that nobody watches are idle at once, and not first where the guide is. */
const NO_GUIDE =
  'http: {address: "127.0.0.1", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\nguide: {collect: false}\n';

t.test(
  "A5, A6, A7: a paired client lists the channels and watches one, picture and sound",
  { skip: skipWithoutProgram("ffprobe") },
  async (t) => {
    const box = await startDaemon(t);
    await wholeLineup(box);
    const phone = await pairPhone(t, box);
    const channels = await phone.channels();
    t.same(
      channels.map(({ number }) => number).sort((a, b) => a - b),
      [1, 2, 3, 11, 12, 13, 14, 21, 22, 23, 101, 102],
    );
    t.ok(
      channels.every(({ now }) => now !== null),
      "every channel says what is on",
    );
    t.equal(channels.find(({ number }) => number === 23)?.availability, "scrambled");

    const { hls } = await phone.play("1");
    const probe = await runProgram(
      "ffprobe",
      [
        "-v",
        "error",
        "-read_intervals",
        "%+5",
        "-count_frames",
        "-show_entries",
        "stream=codec_name,width,nb_read_frames",
        "-of",
        "json",
        hls,
      ],
      { timeoutMs: 60_000 },
    );
    t.equal(probe.stderr, "", "ffprobe has nothing to complain about");
    const { streams } = JSON.parse(probe.stdout) as {
      streams: { codec_name: string; width?: number; nb_read_frames: string }[];
    };
    const video = streams.find(({ codec_name }) => codec_name === "h264");
    const audio = streams.find(({ codec_name }) => codec_name === "aac");
    t.equal(video?.width, 1920);
    t.ok(Number(video?.nb_read_frames) >= 100, `${video?.nb_read_frames} pictures`);
    t.ok(Number(audio?.nb_read_frames) >= 200, `${audio?.nb_read_frames} audio frames`);

    t.match(await phone.run("play", "23"), { code: 69, stderr: /scrambled|encrypted/i });
    t.match(await phone.run("play", "no such channel"), { code: 69, stderr: /no channel/i });
  },
);

t.test("A6: two viewers of two services of one multiplex use one tuner, scanned once", async (t) => {
  const box = await startDaemon(t, { config: `${NO_GUIDE}live: {predictiveTuners: 0}\n` });
  await wholeLineup(box);
  const phones = [await pairPhone(t, box), await pairPhone(t, box)] as const;
  const first = await phones[0].play("1");
  const second = await phones[1].play("2");
  t.equal((await fetch(first.hls)).status, 200);
  t.equal((await fetch(second.hls)).status, 200);
  await eventually("nobody but the two viewers holds a tuner", async () => {
    // On a busy machine the others take longer than a stream lives that nobody asks for.
    for (const { hls } of [first, second]) await fetch(hls);
    const busy = (await tunersOf(box)).filter(({ consumers }) => consumers.length > 0);
    return busy.length === 1 && busy[0]?.multiplex === "mock-1" && busy[0].consumers.length === 2;
  });
  const watched = async () => (await tunersOf(box)).find(({ multiplex }) => multiplex === "mock-1");
  await eventually("packets came for both", async () => ((await watched())?.counters.packets ?? 0) > 1000);
  const tuner = await watched();
  // beside them pictures for the list are taken, of what is received anyway
  const viewers = tuner?.consumers.filter((one) => one !== "taking a picture");
  t.equal(viewers?.length, 2);
  t.equal(tuner?.counters.packetsScanned, tuner?.counters.packets, "each packet is looked at once");
  t.equal(tuner?.counters.continuityErrors, 0);
});

t.test("A4: a revoked client's stream ends within two seconds", async (t) => {
  const box = await startDaemon(t);
  await wholeLineup(box);
  await pairPhone(t, box);
  const guest = await pairPhone(t, box, "viewer");
  const playback = await guest.play("1");
  const { hls, child } = playback;
  t.equal((await fetch(hls)).status, 200);
  const from = performance.now();
  t.match(await box.local("DELETE", `/api/v1/clients/${guest.client}`), { status: 200 });
  const answer = await eventually(
    "the stream is refused",
    async () => {
      const response = await fetch(hls);
      return response.status === 200 ? null : response;
    },
    5000,
    20,
  );
  const took = performance.now() - from;
  t.ok(took < 2000, `${took.toFixed(0)} ms`);
  t.equal(answer.status, 410);
  t.match(await answer.json(), { code: /client-revoked|playback-ended|grant-ended/ });
  t.match(await guest.run("channels"), { code: 77 });
  await eventually("the client that played is told", () => child.exitCode !== null);
  t.equal(child.exitCode, 77);
  t.match(playback.errors(), /access|revoked/i);
});

t.test("A6: a stream that nobody asks for ends, and gives its tuner back", async (t) => {
  const box = await startDaemon(t, {
    config: `${NO_GUIDE}live: {predictiveTuners: 0, idleSeconds: 1, lingerSeconds: 1}\n`,
  });
  await wholeLineup(box);
  const phone = await pairPhone(t, box);
  const playback = await phone.play("1");
  t.equal(await playback.stop(), 0);
  t.equal((await fetch(playback.hls)).status, 410);
  await eventually(
    "the tuner is idle again",
    async () => (await tunersOf(box)).every(({ multiplex }) => multiplex === null),
    40_000,
  );
});
