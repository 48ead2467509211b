import t from "tap";
import type { Capabilities, ChannelCodecs } from "../../../../src/protocol/api.ts";
import { choosePlayable } from "../../../../src/share/live/choose-playable.ts";
import { neededProfile, type Needed } from "../../../../src/share/live/transcoding/index.ts";
import { chromium, codecs, safari } from "../sample-codecs.ts";

t.test("profile: the least that makes a channel playable", (t) => {
  const table: [ChannelCodecs, Capabilities | undefined, Needed][] = [
    [codecs("mpeg2", "mp2"), undefined, "nothing"],
    [codecs("avc", "aac"), chromium, "nothing"],
    [codecs("avc", "mp2", "aac"), chromium, "nothing"],
    [codecs("avc"), chromium, "nothing"],
    [codecs(null, "aac"), chromium, "nothing"],
    [codecs("avc", "mp2"), chromium, { kind: "aac-audio" }],
    [codecs("avc", "ac-3", "ec-3"), chromium, { kind: "aac-audio" }],
    [codecs("hevc", "mp2"), safari, { kind: "aac-audio" }],
    [codecs(null, "mp2"), chromium, { kind: "aac-audio" }],
    [codecs("mpeg2", "mp2"), chromium, { kind: "h264" }],
    [codecs("mpeg2", "ac-3"), safari, { kind: "h264" }],
    [codecs("hevc", "aac"), chromium, { kind: "h264" }],
    [codecs("avc-recovery-point", "aac"), chromium, { kind: "h264" }],
    [codecs("avc-recovery-point", "mp2"), safari, { kind: "aac-audio" }],
    [codecs("mpeg2"), { video: ["avc"], audio: [] }, { kind: "h264" }],
    [codecs("mpeg2", "aac"), { video: ["hevc"], audio: ["aac"] }, "hopeless"],
    [codecs("avc", "mp2"), { video: ["avc"], audio: ["ac-3"] }, "hopeless"],
    [codecs("mpeg2", "mp2"), { video: ["avc"], audio: ["mp2"] }, "hopeless"],
    [codecs("avc", "aac"), { video: [], audio: [] }, "hopeless"],
  ];
  for (const [of, capabilities, needed] of table) {
    const name = `${of.video?.family} ${of.audio.map(({ family }) => family).join("+")} for ${capabilities?.video.join()}/${capabilities?.audio.join()}`;
    t.same(neededProfile(of, capabilities), needed, name);
    t.equal(needed === "nothing", choosePlayable(of, capabilities).ok, `${name}: as choosePlayable says`);
  }
  t.end();
});
