import t from "tap";
import { checkChange } from "../../../helpers/hls-checker/change-rules.ts";
import { checkDelta, mergeDelta } from "../../../helpers/hls-checker/delta.ts";
import { Findings } from "../../../helpers/hls-checker/findings.ts";
import { GOOD, read, rulesOf, type Change } from "./literal-playlist.ts";

/** The next version: a part more, the oldest segment gone. */
const NEXT = GOOD.replace("SEQUENCE:5", "SEQUENCE:6")
  .replace("#EXTINF:2.00000,\n5.m4s\n", "")
  .replace("12:00:00.000Z", "12:00:02.000Z")
  .replace(
    'HINT:TYPE=PART,URI="13.1',
    'PART:DURATION=1.00000,URI="13.1.m4s"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="13.2',
  )
  .replace('HINT:TYPE=PART,URI="13.1', "")
  .replace("#EXT-X-PRELOAD-PART", "#EXT-X-PART");
/** In the first version the second segment has the date that it has in the next one. */
const FIRST = GOOD.replace("6.m4s", "6.m4s").replace(
  "#EXTINF:2.00000,\n6.m4s",
  "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T12:00:02.000Z\n#EXTINF:2.00000,\n6.m4s",
);

const LATER: readonly Change[] = [
  ["P-01", "another target duration", "TARGETDURATION:2", "TARGETDURATION:3"],
  ["P-02", "numbers that go back", "SEQUENCE:6", "SEQUENCE:4"],
  ["P-02", "segments that get other numbers", "SEQUENCE:6", "SEQUENCE:7"],
  [
    "P-02",
    "an end that goes back",
    /#EXT-X-PART:DURATION=1.00000,URI="13[^]*?#EXT-X-RENDITION/,
    "#EXT-X-RENDITION",
  ],
  ["P-03", "a count of what was not removed", "DISCONTINUITY-SEQUENCE:1", "DISCONTINUITY-SEQUENCE:2"],
  ["P-04", "another address", "\n9.m4s", "\n9b.m4s"],
  ["P-04", "another duration", "#EXTINF:2.00000,\n9", "#EXTINF:2.00100,\n9"],
  ["P-04", "another date", "12:00:08.000Z", "12:00:08.001Z"],
  ["P-04", "another part", 'DURATION=1.00000,URI="13.0.m4s"', 'DURATION=0.90000,URI="13.0.m4s"'],
  ["P-04", "another init segment", 'init-2.mp4"', 'init-3.mp4"'],
  ["L-02", "another part target", "PART-TARGET=1.00000", "PART-TARGET=1.10000"],
  ["L-02", "blocking reload comes and goes", "CAN-BLOCK-RELOAD=YES,", ""],
  ["L-07", "another part than was hinted", 'URI="13.1.m4s"', 'URI="13.1b.m4s"'],
];

t.test("hls-checker: one fault in a change is found under its rule, and nothing else is", (t) => {
  const changed = (from: string, to: string): string[] => {
    const findings = new Findings();
    const before = read(from, new Findings());
    checkChange(before, read(to, new Findings()), "v", findings.expect);
    return rulesOf(findings);
  };
  t.same(changed(FIRST, NEXT), []);
  t.same(changed(FIRST, FIRST), []);
  for (const [rule, what, from, to] of LATER) {
    const text = NEXT.replace(from, to);
    t.not(text, NEXT, what);
    t.same(changed(FIRST, text), [rule], `${rule}: ${what}`);
  }
  const few = (first: number): string =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:${first}\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n` +
    [0, 1, 2, 3].map((i) => `#EXTINF:2,\n${first + i}.ts\n`).join("");
  t.same(changed(few(1), few(2)), ["P-10"]);
  t.same(
    changed(few(1).replace("4.ts", "4.ts\n#EXTINF:2,\n5.ts"), few(4).replace(/#EXTINF:2,\n[67].ts\n/g, "")),
    ["P-05", "P-10"],
  );
  t.end();
});

t.test("hls-checker: a hinted part that became the first of the next segment is no fault", (t) => {
  const findings = new Findings();
  const after =
    FIRST.replace(/#EXT-X-PRELOAD[^]*$/, "") +
    '#EXTINF:1.00000,\n13.m4s\n#EXT-X-PART:DURATION=1.00000,URI="13.1.m4s"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="14.1.m4s"\n';
  checkChange(read(FIRST, findings), read(after, findings), "v", findings.expect);
  t.same(findings.list, []);
  t.end();
});

/** What a delta update leaves out, it is made again. */
t.test("hls-checker: delta updates are merged, and judged by the newest end", (t) => {
  const skipping = (count: number): string => {
    const lines = GOOD.split("\n");
    const from = lines.indexOf('#EXT-X-MAP:URI="init-1.mp4"');
    const to = lines.indexOf(`${4 + count}.m4s`);
    return [...lines.slice(0, from), `#EXT-X-SKIP:SKIPPED-SEGMENTS=${count}`, ...lines.slice(to + 1)].join(
      "\n",
    );
  };
  const found = (delta: string, before = GOOD, after = GOOD): string[] => {
    const findings = new Findings();
    const quiet = new Findings();
    checkDelta(read(before, quiet), read(delta, quiet), read(after, quiet), "v", findings.expect);
    return rulesOf(findings);
  };
  const full = read(GOOD, new Findings());
  const merged = mergeDelta(full, read(skipping(2), new Findings()));
  t.same(merged?.segments, full.segments);
  t.same(found(skipping(2)), []);
  t.same(found(skipping(1)), []);
  t.same(found(GOOD), ["L-09"], "nothing is skipped");
  t.same(found(skipping(3)), ["L-09"], "more than the boundary allows");
  t.same(found(skipping(2).replace("SEGMENTS=2", "SEGMENTS=3")), ["L-09"], "one more than it says");
  t.same(found(skipping(2).replace("SEGMENTS=2", "SEGMENTS=99")), ["L-09"], "more than there were");
  t.same(found(skipping(2).replace("SEQUENCE:5", "SEQUENCE:7")), ["L-09"], "another media sequence");
  t.same(found(skipping(2).replace("\n9.m4s", "\n9b.m4s")), ["L-09"], "another address");
  t.same(
    found(skipping(2).replaceAll("CAN-SKIP-UNTIL=12.0,", ""), GOOD.replace("CAN-SKIP-UNTIL=12.0,", "")),
    ["L-09"],
  );
  t.end();
});
