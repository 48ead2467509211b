import { existsSync } from "node:fs";
import t, { type Test } from "tap";
import type { AudioFamily, VideoFamily } from "../../src/protocol/api.ts";
import { pair } from "../bench/viewer.ts";
import { BROWSER_PLAYERS, playersInBrowser, type BrowserPlayed } from "../helpers/browser-players.ts";
import { capture, skipWithout } from "../helpers/captures.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { mpvPlays, type MpvPlayed } from "../helpers/players-mpv.ts";
import { ffprobeFrames, gstreamerPlays, vlcPlays, type Played, type Probed } from "../helpers/players.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { lasting } from "./lasting.ts";
import { lipSync } from "./lip-sync.ts";
import { listed, play } from "./playing.ts";

/** How long each player plays each service; seconds. */
const SECONDS = lasting(60);
/** What VLC and mpv take from their start to their first picture, and more. */
const START = 20;
/** Sound and picture may be so far apart; s. @see ITU-R BT.1359 */
const LIPS = 0.04;
/** A picture that stands so long is seen to stand; s. */
const STALL = 0.5;

interface Expected {
  readonly channel: string;
  /** service_id in the capture, where its own sound and picture are compared with what is played. */
  readonly service?: number;
  /** Pictures a second; 0 for radio. */
  readonly rate: number;
  /** Frames (buffers) of sound a second; 0 where there is none. */
  readonly sound: number;
  /**
   * Share of pictures and sound that is there, default 0.95. A capture of two seconds is cut for one of its streams: the others
   * lose up to one PES packet with each turn, and what was badly received is lost.
   */
  readonly share?: { readonly pictures?: number; readonly sound?: number };
  /** What Chromium does not decode, as a refusal names it; absent: it plays the channel as it is broadcast. */
  readonly missing?: { readonly video: VideoFamily | null; readonly audio: readonly AudioFamily[] };
  /** false: not played in the browser, being of the kind of another one. */
  readonly chromium?: false;
}

/** VLC counts two or three of a hundred pictures neither as shown nor as late: of what ffprobe must decode it must show so much. */
const VLC_SHOWS = 0.97;

/** Frames a second at 48 kHz. */
const AC3 = 48_000 / 1536;
const MP2 = 48_000 / 1152;
const AAC = 48_000 / 1024;

const only = (family: AudioFamily): NonNullable<Expected["missing"]> => ({ video: null, audio: [family] });
const MPEG2_MP2 = { video: "mpeg2", audio: ["mp2"] } as const;

const CAPTURES: Record<string, readonly Expected[]> = {
  "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts": [
    {
      channel: "CANAL+ DECALE",
      service: 8802,
      rate: 25,
      sound: AC3,
      share: { sound: 0.8 },
      missing: only("ac-3"),
    },
    {
      channel: "CNEWS",
      service: 8810,
      rate: 25,
      sound: AC3,
      share: { pictures: 0.9 },
      missing: only("ac-3"),
    },
  ],
  "dvbs-fr-canalsat-scrambled-and-clear-2s.ts": [
    { channel: "CNEWS", service: 8810, rate: 25, sound: AC3, share: { sound: 0.85 }, missing: only("ac-3") },
  ],
  "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts": [
    { channel: "TF1", rate: 0, sound: AC3, chromium: false },
    { channel: "LCI", rate: 0, sound: AC3, chromium: false },
  ],
  "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts": [
    {
      channel: "franceinfo:",
      service: 262,
      rate: 25,
      sound: AC3,
      share: { pictures: 0.9, sound: 0.8 },
      missing: only("ec-3"),
    },
  ],
  "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts": [
    { channel: "Test HEVC main10", rate: 50, sound: 0, missing: { video: "hevc", audio: [] } },
    { channel: "Rai 1", service: 3401, rate: 25, sound: MP2, share: { sound: 0.9 }, missing: MPEG2_MP2 },
    { channel: "Rai News 24", service: 3411, rate: 25, sound: MP2, share: { sound: 0.9 }, chromium: false },
    { channel: "Rai Radio1", rate: 0, sound: MP2, share: { sound: 0.9 }, missing: only("mp2") },
  ],
  "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts": [
    { channel: "BBC NEWS", service: 4352, rate: 25, sound: MP2, missing: MPEG2_MP2 },
  ],
  "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts": [{ channel: "CRo PLUS T2", rate: 0, sound: AAC / 2 }],
};

const MOCK: readonly Expected[] = [
  { channel: "晴空综合", rate: 25, sound: AAC },
  { channel: "晴空新闻", rate: 25, sound: AAC, chromium: false },
  { channel: "晴空戏曲", rate: 25, sound: AAC },
  { channel: "晴空音乐广播", rate: 0, sound: AAC },
  {
    channel: "Rivage Découverte",
    rate: 25,
    sound: AC3,
    missing: { video: "hevc", audio: ["ac-3"] },
  },
  { channel: "Rivage Régions", rate: 25, sound: MP2, missing: MPEG2_MP2 },
  { channel: "Rivage Cinéma", rate: 25, sound: AAC },
  { channel: "Rivage Jeunesse", rate: 25, sound: AAC },
  { channel: "Harbour One", rate: 25, sound: AAC, chromium: false },
  { channel: "Harbour Sport", rate: 25, sound: MP2, missing: only("mp2") },
  { channel: "Harbour Radio", rate: 0, sound: MP2, missing: only("mp2") },
];

type Judge = Pick<Test, "comment" | "equal" | "ok" | "same">;

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

function judgeMpv(t: Judge, { channel, rate, sound }: Expected, played: MpvPlayed): void {
  const { seconds, advanced, width, dropped, sampleRate, apart, waits, readings } = played;
  t.comment(
    `${channel} in mpv: ${advanced.toFixed(1)} of ${seconds.toFixed(1)} s, width ${width}, ${dropped} dropped, ` +
      `${sampleRate} Hz, sound and picture at most ${(apart * 1000).toFixed(0)} ms apart, waited at ${waits} of ${readings} readings`,
  );
  t.ok(seconds >= SECONDS - 10 - START, `mpv: ${seconds} s`);
  t.ok(Math.abs(advanced - seconds) < 1 + 0.05 * seconds, `mpv: ${advanced} s in ${seconds} s`);
  t.equal(waits, 0, "mpv: it never waited");
  if (rate > 0) t.ok(width > 0, `mpv: width ${width}`);
  if (sound > 0) t.ok(sampleRate > 0, "mpv: it has sound");
  if (rate > 0 && sound > 0) t.ok(apart <= LIPS, `mpv: sound and picture ${apart} s apart`);
}

function judgeBrowser(t: Judge, { channel, rate, sound, share }: Expected, played: BrowserPlayed): void {
  const { player, seconds, advanced, startUp, frames, dropped, width, errors, fatal, latency } = played;
  const { videoBytes, audioBytes, longestStall, waits } = played;
  t.comment(
    `${channel} in ${player}: ${advanced.toFixed(1)} of ${seconds.toFixed(1)} s, begun after ${startUp.toFixed(1)} s, ` +
      `${frames} pictures (${dropped} dropped), width ${width}, ${videoBytes} and ${audioBytes} bytes decoded, ` +
      `longest stall ${longestStall.toFixed(2)} s, ${waits} waits, ${latency?.toFixed(1) ?? "?"} s behind, ` +
      `errors: ${errors.join("; ") || "none"}`,
  );
  t.ok(!fatal, `${player}: no fatal error: ${errors.join("; ")}`);
  t.ok(seconds >= SECONDS - 1, `${player}: ${seconds} s`);
  t.ok(advanced >= 0.95 * seconds - 1, `${player}: ${advanced} s in ${seconds} s`);
  t.ok(longestStall < STALL, `${player}: longest stall ${longestStall} s`);
  if (rate > 0) {
    t.ok(width > 0 && videoBytes > 0, `${player}: width ${width}, ${videoBytes} bytes of picture`);
    const enough = rate * seconds * 0.9 * (share?.pictures ?? 1);
    t.ok(frames >= enough, `${player}: ${frames} pictures of ${enough}`);
  }
  if (sound > 0) t.ok(audioBytes > 0, `${player}: ${audioBytes} bytes of sound`);
}

const timeout = (SECONDS + 90) * 3000;

for (const [file, services] of [...Object.entries(CAPTURES), ["mock", MOCK] as const]) {
  const tuner = file === "mock" ? "mock" : `file:${capture(file) ?? ""}`;
  const absent = file === "mock" ? false : skipWithout(file);
  for (const expected of services) {
    const { channel } = expected;
    const skip = absent || skipWithoutProgram("ffprobe", "cvlc", "mpv");
    t.test(
      `players: ${channel} of ${file} for ${SECONDS} s in ffprobe, VLC, mpv and GStreamer`,
      { skip, timeout },
      async (t) => {
        const box = await startDaemon(t, { tuner });
        const [listing] = await listed(box, [channel], false);
        const session = await pair(t, box, "player");
        const playing = await play(box, session, listing!.id);
        const [probed, played, mpv, gstreamer] = await Promise.all([
          ffprobeFrames(playing.url, SECONDS),
          vlcPlays(t, playing.url, SECONDS + START),
          mpvPlays(t, playing.url, SECONDS + START),
          gstreamerPlays(t, playing.url, SECONDS),
        ]);
        judgeProbe(t, expected, probed);
        judgeVlc(t, expected, played);
        judgeMpv(t, expected, mpv);
        if (gstreamer === null) t.pass("GStreamer", { skip: "gst-launch-1.0 is not installed: NOT PLAYED" });
        else {
          t.comment(
            `${channel} in GStreamer: ${gstreamer.seconds.toFixed(1)} s, ended with ${gstreamer.code}`,
          );
          t.same(gstreamer.errors, [], "GStreamer: no error");
          t.ok(gstreamer.buffers > SECONDS, `GStreamer: ${gstreamer.buffers} buffers decoded`);
        }
        if (expected.service !== undefined) {
          const sync = await lipSync(t, playing.url, capture(file)!, expected.service);
          t.comment(
            `${channel}: ${sync.pictures} pictures and ${sync.sounds} frames of sound found in the source, ` +
              `at most ${(sync.apart * 1000).toFixed(1)} ms from its offset`,
          );
          t.ok(sync.apart <= LIPS, `sound and picture as the source has them, to ${sync.apart} s`);
        }
        await playing.stop();
      },
    );
    if (expected.chromium === false) continue;
    t.test(
      `players: ${channel} of ${file} for ${SECONDS} s in hls.js and shaka-player`,
      { skip: absent || skipWithoutChromium(), timeout },
      async (t) => {
        const box = await startDaemon(t, { tuner });
        const [listing] = await listed(box, [channel]);
        const session = await pair(t, box, "browser");
        const browser = await playersInBrowser(t);
        const playing = await play(box, session, listing!.id, browser.capabilities);
        const all = BROWSER_PLAYERS.map((player) => browser.play(player, playing.url, SECONDS));
        for (const played of await Promise.all(all)) judgeBrowser(t, expected, played);
        await playing.stop();
      },
    );
  }
}

/** A machine without ffmpeg. */
const WITHOUT = { TELLYPORT_FFMPEG: "/nonexistent", PATH: "/nonexistent" };

for (const [file, services] of [...Object.entries(CAPTURES), ["mock", MOCK] as const]) {
  for (const expected of services.filter((one) => one.chromium !== false)) {
    const { channel, missing } = expected;
    const absent = file === "mock" ? false : skipWithout(file);
    t.test(
      `players: ${channel} of ${file} in Chromium where the box has no ffmpeg`,
      { skip: absent || skipWithoutChromium(), timeout },
      async (t) => {
        const tuner = file === "mock" ? "mock" : `file:${capture(file)!}`;
        const environment = Object.entries(WITHOUT).map(([name, value]) => `${name}=${value}`);
        const box = await startDaemon(t, { tuner, wrapper: ["/usr/bin/env", ...environment] });
        const [listing] = await listed(box, [channel]);
        const session = await pair(t, box, "browser");
        const browser = await playersInBrowser(t);
        const { capabilities } = browser;
        if (missing !== undefined) {
          const refusal: unknown = await play(box, session, listing!.id, capabilities).catch(
            (error: unknown) => error,
          );
          t.match(refusal, { code: "transcoder-missing", message: /ffmpeg/, detail: { missing: "ffmpeg" } });
          t.match(refusal, { detail: missing }, "it names what would have to be converted");
        }
        if (missing?.video != null) return;
        // The picture is played as it is broadcast, whatever the sound.
        const playing = await play(box, session, listing!.id);
        const url = missing === undefined ? playing.url : await pictureOf(playing.url);
        const heard = { ...expected, sound: missing === undefined ? expected.sound : 0 };
        const all = BROWSER_PLAYERS.map((player) => browser.play(player, url, SECONDS));
        for (const played of await Promise.all(all)) judgeBrowser(t, heard, played);
        await playing.stop();
      },
    );
  }
}

/** The media playlist of a stream's picture: a player that is given it plays that alone. */
async function pictureOf(url: string): Promise<string> {
  const text = await (await fetch(url)).text();
  return new URL(/^[^#].*\/v0\/index\.m3u8$/m.exec(text)?.[0] ?? "", url).href;
}

function skipWithoutChromium(): false | string {
  return existsSync("/usr/bin/chromium") ? false : "there is no /usr/bin/chromium";
}
