import t from "tap";
import { Findings } from "../../../helpers/hls-checker/findings.ts";
import { GOOD, judged, read, rulesOf, type Change } from "./literal-playlist.ts";

t.test("hls-checker: a literal low-latency playlist is read as it is written", (t) => {
  const findings = new Findings();
  const playlist = read(GOOD, findings);
  t.same(judged(GOOD).list, []);
  t.equal(playlist.segments.length, 8);
  t.match(playlist.segments[2], {
    sequence: 7,
    url: "http://box/m/v/7.m4s",
    duration: 2,
    discontinuity: true,
    discontinuitySequence: 2,
    map: { url: "http://box/m/v/init-2.mp4" },
    programDateTime: Date.UTC(2026, 10, 20, 12, 0, 4),
  });
  t.match(playlist.next, { sequence: 13, parts: [{ index: 0, independent: true, duration: 1 }] });
  t.same(playlist.serverControl, {
    canSkipUntil: 12,
    canSkipDateRanges: false,
    holdBack: 6,
    partHoldBack: 3,
    canBlockReload: true,
  });
  t.match(playlist.hints, [{ type: "PART", url: "http://box/m/v/13.1.m4s", start: 0, length: null }]);
  t.same(playlist.reports, [{ url: "http://box/m/a/index.m3u8", lastMsn: 13, lastPart: 0 }]);
  t.end();
});

t.test("hls-checker: byte ranges follow one another", (t) => {
  const findings = new Findings();
  const { segments } = read(
    '#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI="a.mp4",BYTERANGE="700@0"\n' +
      "#EXT-X-BYTERANGE:100@700\n#EXTINF:2,\na.mp4\n#EXT-X-BYTERANGE:50\n#EXTINF:2,\na.mp4\n",
    findings,
  );
  t.same(findings.list, []);
  t.same(
    segments.map(({ range }) => range),
    [
      { length: 100, offset: 700 },
      { length: 50, offset: 800 },
    ],
  );
  t.same(segments[0]?.map?.range, { length: 700, offset: 0 });
  t.end();
});

const ALONE: readonly Change[] = [
  ["P-01", "another first line", "#EXTM3U\n", "\n#EXTM3U\n"],
  ["P-01", "a byte order mark", "#EXTM3U\n", "\uFEFF#EXTM3U\n"],
  ["P-01", "no line end at the end", /\n$/, ""],
  ["P-01", "an unknown tag", "#EXT-X-GAP", "#EXT-X-HOLE\n#EXT-X-GAP"],
  ["P-01", "a tag twice", "#EXT-X-VERSION:9\n", "#EXT-X-VERSION:9\n#EXT-X-VERSION:9\n"],
  ["P-01", "a multivariant playlist's tag", "#EXT-X-GAP", "#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-GAP"],
  ["P-01", "a header behind a segment", /(#EXT-X-DISCONTINUITY-SEQUENCE:1\n)([^]*)$/, "$2$1"],
  ["P-01", "an unknown attribute", "INDEPENDENT=YES", "INDEPENDENT=YES,COLOUR=1"],
  ["P-01", "an attribute twice", "HOLD-BACK=6.0", "HOLD-BACK=6.0,HOLD-BACK=6.0"],
  ["P-01", "a space in an attribute list", ",X-TITLE", ", X-TITLE"],
  ["P-01", "a quoted number", "LAST-MSN=13", 'LAST-MSN="13"'],
  ["P-01", "a text without quotes", 'URI="13.1.m4s"', "URI=13.1.m4s"],
  ["P-01", "an enumerated value of its own", "#EXT-X-GAP", "#EXT-X-KEY:METHOD=ROT13\n#EXT-X-GAP"],
  ["P-01", "NO where only YES may stand", '12.0.m4s",INDEPENDENT=YES', '12.0.m4s",INDEPENDENT=NO'],
  ["P-01", "a duration that is no number", "#EXTINF:2.00000,\n9", "#EXTINF:2.0s,\n9"],
  ["P-01", "EXTINF without a comma", "#EXTINF:2.00000,\n9", "#EXTINF:2.00000\n9"],
  ["P-01", "a date without a zone", "12:00:04.000Z", "12:00:04.000"],
  ["P-01", "an address without EXTINF", "#EXTINF:2.00000,\n9", "9"],
  ["P-01", "EXTINF without an address", "\n9.m4s", ""],
  ["P-01", "an absolute report", 'URI="../a/index.m3u8"', 'URI="http://box/m/a/index.m3u8"'],
  ["P-01", "a tag that takes no value", "#EXT-X-GAP", "#EXT-X-GAP:1"],
  ["P-01", "no target duration", "#EXT-X-TARGETDURATION:2\n", ""],
  [
    "P-01",
    "a segment that is too long",
    "#EXTINF:2.00000,\n8.m4s\n#EXT-X-PROGRAM-DATE-TIME:2026-11-20T12:00:08.000Z",
    "#EXTINF:2.60000,\n8.m4s\n#EXT-X-PROGRAM-DATE-TIME:2026-11-20T12:00:08.600Z",
  ],
  ["P-02", "media sequence 0", "SEQUENCE:5", "SEQUENCE:0"],
  ["P-03", "no discontinuity sequence", "#EXT-X-DISCONTINUITY-SEQUENCE:1\n", ""],
  ["P-07", "a version that is too low", "VERSION:9", "VERSION:6"],
  [
    "P-07",
    "a delta update below version 9",
    /VERSION:9([^]*)#EXTINF:2.00000,\n5.m4s/,
    "VERSION:8$1#EXT-X-SKIP:SKIPPED-SEGMENTS=1",
  ],
  ["P-09", "no date", /#EXT-X-PROGRAM-DATE-TIME:.*\n/g, ""],
  ["CK-05", "a date that is off", "12:00:08.000Z", "12:00:08.010Z"],
  ["CK-05", "dates in the future", /T12:00:0/g, "T12:01:0"],
  ["P-11", "parts that are not the segment", "#EXTINF:2.00000,\n12.m4s", "#EXTINF:1.90000,\n12.m4s"],
  ["L-01", "a part longer than the target", 'DURATION=1.00000,URI="13.0', 'DURATION=1.00100,URI="13.0'],
  [
    "L-01",
    "a part that is too short",
    'DURATION=1.00000,URI="11.1.m4s"\n#EXT-X-PART:DURATION=0.50000',
    'DURATION=0.80000,URI="11.1.m4s"\n#EXT-X-PART:DURATION=0.70000',
  ],
  ["L-03", "PART-HOLD-BACK of less than three parts", "PART-HOLD-BACK=3.0", "PART-HOLD-BACK=2.9"],
  ["L-03", "no PART-HOLD-BACK", ",PART-HOLD-BACK=3.0", ""],
  ["L-03", "HOLD-BACK of less than three target durations", ",HOLD-BACK=6.0", ",HOLD-BACK=5.9"],
  ["L-03", "CAN-SKIP-UNTIL of less than six target durations", "UNTIL=12.0", "UNTIL=11.0"],
  [
    "L-05",
    "parts that are long past",
    "#EXTINF:2.00000,\n8.m4s",
    '#EXT-X-PART:DURATION=1.00000,URI="8.0.m4s"\n#EXT-X-PART:DURATION=1.00000,URI="8.1.m4s"\n#EXTINF:2.00000,\n8.m4s',
  ],
  ["L-07", "no hint", /#EXT-X-PRELOAD-HINT.*\n/, ""],
  ["L-07", "a hint of what is there", 'HINT:TYPE=PART,URI="13.1', 'HINT:TYPE=PART,URI="13.0'],
  ["L-07", "a hint behind the end", /$/, "#EXT-X-ENDLIST\n"],
  ["L-08", "no report", /#EXT-X-RENDITION-REPORT.*\n/, ""],
  ["L-08", "a report without a number", ",LAST-MSN=13,LAST-PART=0", ""],
  ["L-08", "a report of itself", /$/, '#EXT-X-RENDITION-REPORT:URI="index.m3u8",LAST-MSN=13,LAST-PART=0\n'],
  ["L-10", "no blocking reload", "CAN-BLOCK-RELOAD=YES,", ""],
  ["S-04", "a date range without a begin", ',START-DATE="2026-11-20T12:00:00Z"', ""],
  ["S-04", "a date range that ends before it begins", ',X-TITLE="News"', ',END-DATE="2026-11-20T11:00:00Z"'],
  ["S-04", "END-ON-NEXT without a class", ',X-TITLE="News"', ",END-ON-NEXT=YES"],
];

t.test("hls-checker: one fault in a playlist is found under its rule, and nothing else is", (t) => {
  for (const [rule, what, from, to] of ALONE) {
    const text = GOOD.replace(from, to);
    t.not(text, GOOD, what);
    t.same(rulesOf(judged(text)), [rule], `${rule}: ${what}`);
  }
  t.end();
});

t.test("hls-checker: parts where none may be, and none where they are promised", (t) => {
  const none = GOOD.replace(/#EXT-X-(?:PART|PRELOAD).*\n/g, "").replace(/,PART-HOLD-BACK=3.0/, "");
  t.same(rulesOf(judged(none)), ["L-05"]);
  t.same(rulesOf(judged(none, { kind: "subtitles" })), []);
  t.same(rulesOf(judged(GOOD, { kind: "subtitles" })), ["S-02"]);
  t.same(rulesOf(judged(GOOD.replace(/#EXT-X-PART-INF.*\n/, ""))), ["L-05", "L-01"]);
  t.end();
});
