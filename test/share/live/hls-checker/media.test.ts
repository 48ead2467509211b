import t from "tap";
import { checkAcross, checkBitRates } from "../../../helpers/hls-checker/across.ts";
import { Findings } from "../../../helpers/hls-checker/findings.ts";
import { readFragments } from "../../../helpers/hls-checker/fragments.ts";
import { readInit } from "../../../helpers/hls-checker/init-segment.ts";
import { checkMultivariant, readMultivariant } from "../../../helpers/hls-checker/multivariant.ts";
import type { SeenSegment } from "../../../helpers/hls-checker/rendition-media.ts";
import { checkSamples, Timeline, type Piece } from "../../../helpers/hls-checker/timeline.ts";
import { fakeInit, fakePart } from "./fake-fmp4.ts";
import { multivariantText } from "./fake-playlists.ts";
import { videoCut } from "./fake-timing.ts";

const rulesOf = ({ list }: Findings): string[] => [...new Set(list.map(({ rule }) => rule))];

t.test("hls-checker: a multivariant playlist's faults are found under their rules", (t) => {
  const good = multivariantText("fmp4");
  const judged = (text: string): string[] => {
    const findings = new Findings();
    checkMultivariant(
      readMultivariant(text, "http://box/index.m3u8", "top", findings.expect),
      "top",
      findings.expect,
    );
    return rulesOf(findings);
  };
  t.same(judged(good), []);
  const cases: readonly (readonly [rule: string, from: string | RegExp, to: string])[] = [
    ["P-13", "#EXTM3U\n", ""],
    ["P-13", "#EXT-X-VERSION", "#EXT-X-VERSIONS"],
    ["P-13", /BANDWIDTH=400000,/, ""],
    ["P-13", "AVERAGE-BANDWIDTH=300000,", ""],
    ["P-13", "AVERAGE-BANDWIDTH=300000", "AVERAGE-BANDWIDTH=500000"],
    ["P-13", ",FRAME-RATE=25.000", ""],
    ["P-13", 'CODECS="avc1.64001f,mp4a.40.2",', ""],
    ["P-13", "RESOLUTION=640x360", "RESOLUTION=640*360"],
    ["P-13", /v\/index.m3u8\n/, ""],
    ["P-14", 'AUDIO="aac"', 'AUDIO="ac3"'],
    ["P-14", "AUTOSELECT=YES,CHANNELS", "AUTOSELECT=NO,CHANNELS"],
    ["P-14", 'CHANNELS="2",', ""],
    ["P-14", 'TYPE=SUBTITLES,GROUP-ID="text",LANGUAGE="en",', 'TYPE=SUBTITLES,GROUP-ID="text",'],
    [
      "P-14",
      'DEFAULT=NO,AUTOSELECT=YES,URI="t',
      'DEFAULT=NO,AUTOSELECT=NO,CHARACTERISTICS="public.accessibility.describes-video",URI="t',
    ],
    ["P-15", "avc1.64001f", "avc1.64003c"],
    ["P-15", "avc1.64001f", "hvc1.2.4.L156.B0"],
    ["P-15", "FRAME-RATE=25.000", "FRAME-RATE=100.000"],
  ];
  for (const [rule, from, to] of cases) {
    t.not(good.replace(from, to), good);
    t.same(judged(good.replace(from, to)), [rule], `${rule}: ${String(from)} → ${to}`);
  }
  t.end();
});

const PIECE: Piece = {
  where: "v/100.m4s",
  sequence: 100,
  part: null,
  announced: 1,
  discontinuitySequence: 12,
  independent: true,
  programDateTime: 0,
  discontinuity: false,
};

t.test("hls-checker: P-11 what is announced is what the media lasts, alone and in a run", (t) => {
  const findings = new Findings();
  const init = readInit(fakeInit("video", 1), "init", findings.expect);
  if (init === null) throw new Error("no init segment");
  const segment = (msn: number): Buffer =>
    Buffer.concat([0, 1, 2, 3, 4].map((part) => fakePart("video", videoCut(msn, part))));
  const judged = (announced: number): string[] => {
    const found = new Findings();
    const timeline = new Timeline(init);
    for (let msn = 104; msn < 110; msn++) {
      const piece = { ...PIECE, sequence: msn, announced, programDateTime: (msn - 104) * 1000 };
      const fragments = readFragments(segment(msn), init, "v", found.expect) ?? [];
      checkSamples(fragments, init, piece, found.expect);
      timeline.follow(fragments, piece, found.expect);
    }
    return rulesOf(found);
  };
  t.same(findings.list, []);
  t.same(judged(1), []);
  t.same(judged(1.2), ["P-11"], "one that is announced too long");
  t.same(judged(1.02), ["P-11"], "six that are half a frame too long each");
  t.end();
});

t.test("hls-checker: what was cut short or noise is a finding, and nothing is thrown", (t) => {
  const findings = new Findings();
  const init = readInit(fakeInit("video", 1), "init", findings.expect);
  if (init === null) throw new Error("no init segment");
  const whole = fakePart("video", videoCut(100, 0));
  for (const end of [0, 4, 7, 9, 60, 100, whole.length - 1]) {
    const found = new Findings();
    const fragments = readFragments(whole.subarray(0, end), init, "v", found.expect) ?? [];
    checkSamples(fragments, init, PIECE, found.expect);
    t.ok(rulesOf(found).includes("F-02"), `${end} bytes`);
  }
  for (let n = 0; n < 200; n++) {
    const noisy = Buffer.from(whole);
    noisy[(n * 37) % 200] = (n * 101) & 255;
    t.doesNotThrow(() => readFragments(noisy, init, "v", findings.expect));
    const noise = Buffer.from(init.bytes);
    noise[(n * 37) % noise.length] = (n * 101) & 255;
    t.doesNotThrow(() => readInit(noise, "init", findings.expect));
  }
  t.end();
});

t.test("hls-checker: what renditions owe one another", (t) => {
  const seen = (change: (sequence: number) => Partial<SeenSegment> = () => ({})): Map<number, SeenSegment> =>
    new Map(
      [1, 2, 3, 4].map((sequence) => [
        sequence,
        {
          sequence,
          duration: 2,
          discontinuitySequence: 0,
          programDateTime: sequence * 2000,
          bytes: 250_000,
          media: { begin: sequence * 2, end: sequence * 2 + 2 },
          vtt: null,
          ...change(sequence),
        },
      ]),
    );
  const judged = (other: Map<number, SeenSegment>, targetDuration = 2): string[] => {
    const findings = new Findings();
    const ref = (kind: "video" | "audio") => ({ url: kind, kind, name: kind, codecs: [] });
    checkAcross(
      [
        { ref: ref("audio"), targetDuration, seen: other },
        { ref: ref("video"), targetDuration: 2, seen: seen() },
      ],
      findings.expect,
    );
    return rulesOf(findings);
  };
  t.same(judged(seen()), []);
  t.same(judged(seen(), 3), ["P-12"]);
  t.same(judged(seen(() => ({ duration: 2.04 }))), ["P-12"], "a little in each adds up");
  t.same(judged(seen((n) => ({ discontinuitySequence: n > 2 ? 1 : 0 }))), ["P-03"]);
  t.same(judged(seen((n) => ({ programDateTime: n * 2000 + 250 }))), ["CK-03"]);
  t.same(
    judged(
      seen((n) => ({ media: { begin: n * 2 + 0.3, end: n * 2 + 2.3 }, programDateTime: n * 2000 + 300 })),
    ),
    ["A-04"],
  );
  const rates = (bandwidth: number, average: number | null): string[] => {
    const findings = new Findings();
    checkBitRates({ name: "v", bandwidth, average }, [seen(), seen()], findings.expect);
    return rulesOf(findings);
  };
  t.same(rates(1_600_000, null), []);
  t.same(rates(1_500_000, null), ["P-13"], "2 Mb/s measured");
  t.end();
});
