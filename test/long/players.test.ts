import t from "tap";
import type { Channels } from "../../src/protocol/api.ts";
import { capture, skipWithout } from "../helpers/captures.ts";
import { eventually, startDaemon } from "../helpers/daemon.ts";
import { pairPhone } from "../helpers/phone.ts";
import { ffprobeFrames, vlcPlays, type Played, type Probed } from "../helpers/players.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";

/** How long each player plays each service; seconds. */
const SECONDS = 60;
/** What VLC takes from its start to its first picture, and more. */
const VLC_START = 20;

interface Expected {
  readonly channel: string;
  /** Pictures a second; 0 for radio. */
  readonly rate: number;
  /** Frames (buffers) of sound a second; 0 where there is none. */
  readonly sound: number;
  /**
   * Share of pictures and sound that is there, default 0.95. A capture of two seconds is cut for one of its streams: the others
   * lose up to one PES packet with each turn, and what was badly received is lost.
   */
  readonly share?: { readonly pictures?: number; readonly sound?: number };
}

/** VLC counts two or three of a hundred pictures neither as shown nor as late: of what ffprobe must decode it must show so much. */
const VLC_SHOWS = 0.97;

/** Frames a second at 48 kHz. */
const AC3 = 48_000 / 1536;
const MP2 = 48_000 / 1152;
const AAC = 48_000 / 1024;

const CAPTURES: Record<string, readonly Expected[]> = {
  "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts": [
    { channel: "CANAL+ DECALE", rate: 25, sound: AC3, share: { sound: 0.8 } },
    { channel: "CNEWS", rate: 25, sound: AC3, share: { pictures: 0.9 } },
  ],
  "dvbs-fr-canalsat-scrambled-and-clear-2s.ts": [
    { channel: "CNEWS", rate: 25, sound: AC3, share: { sound: 0.85 } },
  ],
  "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts": [
    { channel: "franceinfo:", rate: 25, sound: AC3, share: { pictures: 0.9, sound: 0.8 } },
  ],
  "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts": [
    { channel: "Test HEVC main10", rate: 50, sound: 0 },
    { channel: "Rai 1", rate: 25, sound: MP2, share: { sound: 0.9 } },
  ],
  "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts": [{ channel: "BBC NEWS", rate: 25, sound: MP2 }],
};

const MOCK: readonly Expected[] = [
  { channel: "晴空综合", rate: 25, sound: AAC },
  { channel: "晴空新闻", rate: 25, sound: AAC },
  { channel: "晴空戏曲", rate: 25, sound: AAC },
  { channel: "晴空音乐广播", rate: 0, sound: AAC },
  { channel: "Rivage Découverte", rate: 25, sound: AC3 },
  { channel: "Rivage Régions", rate: 25, sound: MP2 },
  { channel: "Rivage Cinéma", rate: 25, sound: AAC },
  { channel: "Rivage Jeunesse", rate: 25, sound: AAC },
  { channel: "Harbour One", rate: 25, sound: AAC },
  { channel: "Harbour Sport", rate: 25, sound: MP2 },
  { channel: "Harbour Radio", rate: 0, sound: MP2 },
];

/** What the judges need of tap. */
interface Judge {
  comment(text: string): void;
  equal(found: unknown, wanted: unknown): unknown;
  ok(value: unknown, what: string): unknown;
}

const percent = (part: number, whole: number): string =>
  whole === 0 ? "none" : `${((100 * part) / whole).toFixed(1)} %`;

function judgeProbe(t: Judge, expected: Expected, probed: Probed): void {
  const { rate, sound, share } = expected;
  const pictures = rate * SECONDS;
  const sounds = sound * SECONDS;
  t.comment(
    `${expected.channel} in ffprobe: ${probed.pictures} pictures (${percent(probed.pictures, pictures)}), ` +
      `${probed.sounds} frames of sound (${percent(probed.sounds, sounds)}), ${probed.complaints.length} complaints, ${probed.took.toFixed(1)} s`,
  );
  t.equal(probed.code, 0);
  t.ok(probed.pictures >= pictures * (share?.pictures ?? 0.95), `${probed.pictures} pictures`);
  t.ok(probed.sounds >= sounds * (share?.sound ?? 0.95), `${probed.sounds} frames of sound`);
}

function judgeVlc(t: Judge, expected: Expected, played: Played): void {
  const { rate, sound, share } = expected;
  const { steady, last, longestStall } = played;
  const pictures = rate * steady.seconds;
  const sounds = sound * steady.seconds;
  t.comment(
    `${expected.channel} in VLC: ${steady.pictures} pictures (${percent(steady.pictures, pictures)}, ${last.picturesLost} of them late), ` +
      `${steady.sounds} buffers of sound (${percent(steady.sounds, sounds)}) in ${steady.seconds.toFixed(1)} s, longest stall ${longestStall.toFixed(1)} s`,
  );
  t.equal(played.code, 0);
  t.ok(steady.seconds >= SECONDS - 4, `${steady.seconds} s`);
  t.ok(steady.pictures >= pictures * VLC_SHOWS * (share?.pictures ?? 0.95), `${steady.pictures} pictures`);
  t.ok(steady.sounds >= sounds * (share?.sound ?? 0.95), `${steady.sounds} buffers of sound`);
  if (rate > 0) t.ok(last.picturesShown >= 0.8 * steady.pictures, `${last.picturesShown} shown`);
}

for (const [file, services] of [...Object.entries(CAPTURES), ["mock", MOCK] as const]) {
  for (const expected of services) {
    const skip = (file === "mock" ? false : skipWithout(file)) || skipWithoutProgram("ffprobe", "cvlc");
    t.test(
      `players: ${expected.channel} of ${file} for ${SECONDS} s in ffprobe and VLC`,
      { skip, timeout: 300_000 },
      async (t) => {
        const box = await startDaemon(t, { tuner: file === "mock" ? "mock" : `file:${capture(file)!}` });
        const phone = await pairPhone(t, box);
        await eventually(`${expected.channel} in the list`, async () => {
          const { body } = await box.local<Channels>("GET", "/api/v1/channels");
          return body.channels.some(({ name }) => name === expected.channel);
        });
        const playback = await phone.play(expected.channel);
        const [probed, played] = await Promise.all([
          ffprobeFrames(playback.hls, SECONDS),
          vlcPlays(t, playback.hls, SECONDS + VLC_START),
        ]);
        judgeProbe(t, expected, probed);
        judgeVlc(t, expected, played);
        t.equal(await playback.stop(), 0);
      },
    );
  }
}
