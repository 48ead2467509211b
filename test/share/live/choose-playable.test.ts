import t from "tap";
import type { Capabilities, ChannelCodecs } from "../../../src/protocol/api.ts";
import { choosePlayable } from "../../../src/share/live/choose-playable.ts";
import { chromium, codecs, safari } from "./sample-codecs.ts";

t.test("choose playable: what each client can and cannot", (t) => {
  const table: [ChannelCodecs, Capabilities | undefined, boolean][] = [
    [codecs("avc", "aac"), chromium, true],
    [codecs("avc-recovery-point", "aac"), chromium, false],
    [codecs("avc-recovery-point", "aac"), safari, true],
    [codecs("hevc", "aac"), chromium, false],
    [codecs("hevc", "ac-3"), safari, true],
    [codecs("mpeg2", "mp2"), safari, false],
    [codecs("avc", "mp2"), chromium, false],
    [codecs("avc", "mp2", "aac"), chromium, true],
    [codecs("avc"), chromium, true],
    [codecs(null, "aac"), chromium, true],
    [codecs(null, "aac"), { video: [], audio: ["aac"] }, true],
    [codecs(null, "mp2"), chromium, false],
    [codecs("mpeg2", "mp2"), undefined, true],
    [codecs("avc", "aac"), { video: [], audio: [] }, false],
  ];
  for (const [of, capabilities, ok] of table)
    t.equal(choosePlayable(of, capabilities).ok, ok, JSON.stringify([of.video?.family, of.audio.length, ok]));
  t.end();
});

t.test("choose playable: the refusal says in words what is missing", (t) => {
  t.match(choosePlayable(codecs("hevc", "aac"), chromium), {
    message: "This channel's picture is HEVC, which this browser cannot play.",
    video: "hevc",
    audio: [],
  });
  t.match(choosePlayable(codecs("avc", "mp2", "ac-3"), chromium), {
    message:
      "This channel's sound is MP2 (MPEG audio) and AC-3 (Dolby Digital), which this browser cannot play.",
    video: null,
    audio: ["mp2", "ac-3"],
  });
  t.match(choosePlayable(codecs("mpeg2", "mp2"), chromium), {
    message:
      "This channel's picture is MPEG-2 and its sound is MP2 (MPEG audio), which this browser cannot play.",
  });
  t.end();
});
