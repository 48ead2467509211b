import t from "tap";
import { ticks } from "../../../src/kernel/units.ts";
import type { ChannelCodecs, VideoFamily } from "../../../src/protocol/api.ts";
import { CodecObserver, codecsOf } from "../../../src/share/channels/codec-facts.ts";
import { audioTrack, videoTrack } from "../fakes.ts";

function observer(known: ChannelCodecs | null = null) {
  const learnt: (VideoFamily | undefined)[] = [];
  const of = new CodecObserver({
    next: null,
    known,
    learnt: (codecs) => learnt.push(codecs.video?.family),
  });
  const picture = (idr: boolean, randomAccess = true): void =>
    of.accessUnit({ track: 100, pts: ticks(0), dts: ticks(0), randomAccess, idr, data: Buffer.alloc(0) });
  return { of, learnt, picture };
}

t.test("codec facts: one IDR picture settles it", (t) => {
  const { of, learnt, picture } = observer();
  of.tracks([videoTrack(), audioTrack()]);
  t.equal(of.facts(), null, "not certain yet");
  picture(false, false);
  t.equal(of.facts(), null);
  picture(true);
  t.same(learnt, ["avc"]);
  picture(false);
  picture(false);
  t.same(learnt, ["avc"]);
  t.end();
});

t.test("codec facts: two random access points without IDR settle it too, until one comes after all", (t) => {
  const { of, learnt, picture } = observer();
  of.tracks([videoTrack()]);
  picture(false);
  t.notOk(of.seenEnough);
  picture(false);
  t.ok(of.seenEnough);
  t.same(learnt, ["avc-recovery-point"]);
  picture(true);
  t.same(learnt, ["avc-recovery-point", "avc"]);
  t.end();
});

t.test(
  "codec facts: what earlier runs learnt holds from the first picture, and falls only to much evidence",
  (t) => {
    const { of, learnt, picture } = observer(codecsOf([videoTrack()], false));
    of.tracks([videoTrack()]);
    t.equal(of.facts()?.video?.family, "avc");
    for (let i = 0; i < 31; i++) picture(false);
    t.same(learnt, ["avc"]);
    picture(false);
    t.same(learnt, ["avc", "avc-recovery-point"]);
    t.end();
  },
);

t.test("codec facts: HEVC, MPEG-2 and radio are certain at once", (t) => {
  for (const tracks of [
    [videoTrack({ family: "hevc" as const })],
    [videoTrack({ family: "mpeg2" as const })],
    [audioTrack()],
  ]) {
    const { of, learnt } = observer();
    of.tracks(tracks);
    t.equal(learnt.length, 1);
  }
  t.same(codecsOf([audioTrack({ audioDescription: true })], false), {
    video: null,
    audio: [{ family: "aac", codec: "mp4a.40.2", language: "eng", description: true }],
  });
  t.end();
});
