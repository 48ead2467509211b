import t from "tap";
import * as mp4box from "mp4box";
import { pid } from "../../../../src/kernel/units.ts";
import { multivariantPlaylist } from "../../../../src/share/live/hls/multivariant-playlist.ts";
import { dec3Complexity } from "../../../../src/share/live/packaging/codecs/ac3.ts";
import { initSegment } from "../../../../src/share/live/packaging/fmp4/init-segment.ts";
import type { AudioTrack } from "../../../../src/share/live/media-source.ts";
import { multivariantFaults } from "../../../helpers/hls-playlists.ts";
import { audioTrack, videoTrack } from "../../fakes.ts";
import { eac3, packetsOf, pes, sounds, stream } from "./coded-streams.ts";
import { makeTs, skipWithoutFfmpeg, sound } from "./media-tools.ts";

/** Ticks of 1536 samples at 48 kHz. */
const UNIT = 2880;
const at = (n: number): number => 900_000 + n * UNIT;

function listed(track: AudioTrack): string {
  const text = multivariantPlaylist({
    stream: "s",
    video: { id: "v0", track: videoTrack(), peak: 1, average: 1 },
    audio: [{ id: "a0", track, peak: 1, average: 1 }],
    subtitles: [],
  });
  t.same(multivariantFaults(text), []);
  return /CHANNELS="([^"]*)"/.exec(text)?.[1] ?? "";
}

/** A copy in memory of its own, as the reader wants it. */
function arrayBufferOf(data: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(data.length);
  new Uint8Array(copy).set(data);
  return copy;
}

// ----------------------------------------------------------------

/** AAC_descriptor with this profile_and_level. @see EN 300 468 Annex H */
const aacDescriptor = (profile: number): Buffer => Buffer.from([0x7c, 2, profile, 0]);

t.test("A-01 HE-AAC in ADTS: SBR is said outright in fMP4", { skip: skipWithoutFfmpeg() }, (t) => {
  const packets = packetsOf(makeTs([...sound(1, 24_000), "-ac", "2", "-c:a", "aac"]));
  const codec = "aac-adts";
  const [frame] = sounds(stream(codec, aacDescriptor(0x2c)), packets);
  // Object type 5, core at 24 kHz, stereo, 48 kHz with SBR, then the core's object type 2.
  t.equal(frame?.config?.config.toString("hex"), "2b118800");
  t.match(frame?.config, { codec: "mp4a.40.5", sampleRate: 24_000, frameSamples: 1024 });
  const track = { ...audioTrack(), ...frame?.config };
  const box = mp4box.createFile();
  let codecs: string | undefined;
  box.onReady = (movie) => (codecs = movie.tracks[0]?.codec);
  box.appendBuffer(mp4box.MP4BoxBuffer.fromArrayBuffer(arrayBufferOf(initSegment(track)), 0));
  box.flush();
  t.equal(codecs, "mp4a.40.5", "mp4box reads it alike");

  const [plain] = sounds(stream(codec, aacDescriptor(0x29)), packets);
  t.equal(plain?.config?.codec, "mp4a.40.2", "AAC at 24 kHz that is no HE-AAC stays what it is");
  t.equal(plain?.config?.config.toString("hex"), "1310");
  const full = packetsOf(makeTs([...sound(1), "-ac", "2", "-c:a", "aac"]));
  const [fast] = sounds(stream(codec, aacDescriptor(0x2c)), full);
  t.equal(fast?.config?.codec, "mp4a.40.2", "at 48 kHz there is no room for SBR");
  t.end();
});

// ----------------------------------------------------------------

/** Lrs/Rrs, on top of 5.1. @see TS 102 366 Table E.1.5 */
const REAR = 1 << (15 - 6);
const FRONT = eac3({ type: 0, length: 768 });
const BACK = eac3({ type: 1, length: 256, channelMap: REAR });

t.test("A-03 E-AC-3: what depends on a substream is in its access unit, wherever packets are split", (t) => {
  const bytes = Buffer.concat([FRONT, BACK, FRONT, BACK, FRONT, BACK]);
  for (const cut of [bytes.length, 1024, 768, 500, 1000]) {
    const packets = [];
    for (let from = 0; from < bytes.length; from += cut)
      packets.push(pes(bytes.subarray(from, from + cut), at(0), from === 0 ? {} : { pts: null, dts: null }));
    const frames = sounds(stream("ec-3"), packets);
    t.same(
      frames.map(({ pts, data }) => [pts, data.length]),
      [0, 1, 2].map((n) => [at(n), 1024]),
      `packets of ${cut}`,
    );
    t.ok(
      frames.every(({ data }) => data.equals(bytes.subarray(0, 1024))),
      "both, in order",
    );
    t.match(frames[0]?.config, { codec: "ec-3", channels: 8, sampleRate: 48_000, frameSamples: 1536 });
  }
  t.end();
});

t.test("A-03 E-AC-3: dec3 names the channels that dependent substreams add", (t) => {
  const plain = sounds(stream("ec-3"), [pes(Buffer.concat([FRONT, FRONT]), at(0))]);
  // 192 kb/s, one independent substream; 48 kHz, bsid 16; 3/2 with LFE; none dependent.
  t.equal(plain[0]?.config?.config.toString("hex"), "0600200f00");
  t.equal(plain[0]?.config?.channels, 6);
  const [rear] = sounds(stream("ec-3"), [pes(Buffer.concat([FRONT, BACK, FRONT, BACK]), at(0))]);
  // 256 kb/s; one dependent, with Lrs/Rrs: bit 1 of chan_loc.
  t.equal(rear?.config?.config.toString("hex"), "0800200f0202");
  t.end();
});

t.test("A-03 E-AC-3: other programmes' substreams are left out, with what depends on them", (t) => {
  const other = eac3({ type: 0, substream: 1, length: 200 });
  const itsOwn = eac3({ type: 1, length: 100, channelMap: REAR });
  const bytes = Buffer.concat([FRONT, BACK, other, itsOwn, FRONT, BACK, other, itsOwn]);
  const frames = sounds(stream("ec-3"), [pes(bytes, at(0))]);
  t.same(
    frames.map(({ data }) => data.equals(Buffer.concat([FRONT, BACK]))),
    [true, true],
  );
  t.equal(frames[0]?.config?.channels, 8);
  t.end();
});

t.test("A-03 JOC: its complexity is in dec3 and in CHANNELS", (t) => {
  const joint = eac3({ type: 0, length: 768, joc: 16 });
  const [frame] = sounds(stream("ec-3"), [pes(Buffer.concat([joint, joint]), at(0))]);
  const config = frame?.config;
  // Reserved bits, flag_ec3_extension_type_a, complexity_index_type_a.
  t.equal(config?.config.toString("hex"), "0600200f000110");
  t.equal(dec3Complexity(config?.config ?? Buffer.alloc(0)), 16);
  t.equal(listed({ ...audioTrack(), ...config }), "16/JOC");

  const bed = Buffer.concat([eac3({ type: 0, length: 768, joc: 12 }), BACK]);
  const [more] = sounds(stream("ec-3"), [pes(Buffer.concat([bed, bed]), at(0))]);
  t.equal(more?.config?.config.toString("hex"), "0800200f0202010c", "behind the channels of what depends");
  t.equal(dec3Complexity(more?.config?.config ?? Buffer.alloc(0)), 12);

  for (const hex of ["0600200f00", "0800200f0202", "", "0600", "0600200f000010", "0600200f000100"])
    t.equal(dec3Complexity(Buffer.from(hex, "hex")), null, `${hex} has none`);
  const [plain] = sounds(stream("ec-3"), [pes(Buffer.concat([FRONT, FRONT]), at(0))]);
  t.equal(listed({ ...audioTrack(), ...plain?.config }), "6");
  t.equal(listed(audioTrack({ config: config?.config ?? Buffer.alloc(0) })), "2", "of E-AC-3 alone");
  t.end();
});

t.test("A-03 JOC that begins in mid-stream is another configuration", (t) => {
  const joint = eac3({ type: 0, length: 768, joc: 16 });
  const bytes = Buffer.concat([FRONT, FRONT, joint, joint]);
  const frames = sounds(stream("ec-3"), [{ ...pes(bytes, at(0)), pid: pid(101) }]);
  t.same(
    frames.map(({ config }) => dec3Complexity(config?.config ?? Buffer.alloc(0))),
    [null, null, 16, 16],
  );
  t.equal(frames[0]?.config, frames[1]?.config);
  t.equal(frames[2]?.config, frames[3]?.config);
  t.end();
});
