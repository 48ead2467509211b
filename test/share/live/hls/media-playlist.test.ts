import t from "tap";
import { ms, seconds } from "../../../../src/kernel/units.ts";
import {
  chooseTargetDuration,
  deltaPlaylist,
  mediaPlaylist,
  type MediaPlaylist,
} from "../../../../src/share/live/hls/media-playlist.ts";
import { mediaPlaylistFaults } from "../../../helpers/hls-playlists.ts";

const at = Date.UTC(2026, 10, 20, 12);
/** Whole segments only. */
const WHOLE = { format: "fmp4", open: null, parts: null, reports: [] } as const;

t.test("media playlist: literal text of a window with a discontinuity, a new init and a gap", (t) => {
  const text = mediaPlaylist({
    ...WHOLE,
    targetDuration: 2,
    mediaSequence: 7,
    discontinuitySequence: 1,
    independentSegments: false,
    segments: [
      segment(7, 1.92, 0),
      { ...segment(8, 1.92, 1920), discontinuity: true, initVersion: 2 },
      { ...segment(9, 1.92, 3840), initVersion: 2, gap: true },
    ],
  });
  t.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000,HOLD-BACK=6.000
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-MAP:URI="init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-20T12:00:00.000Z
#EXTINF:1.92000,
7.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-20T12:00:01.920Z
#EXTINF:1.92000,
8.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-20T12:00:03.840Z
#EXT-X-GAP
#EXTINF:1.92000,
9.m4s
`,
  );
  t.same(mediaPlaylistFaults(text), []);
  t.end();
});

t.test("media playlist: sound says that its segments are independent", (t) => {
  const text = mediaPlaylist({
    ...WHOLE,
    targetDuration: 2,
    mediaSequence: 1,
    discontinuitySequence: 0,
    independentSegments: true,
    segments: [segment(1, 2, 0)],
  });
  t.match(text, /^#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:2\n/);
  t.same(mediaPlaylistFaults(text), []);
  t.end();
});

const parts = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    serial: from + index,
    duration: seconds(0.32),
    independent: index === 0,
  }));

/** Eight whole segments of six parts, and two parts of the ninth. */
const lowLatency: MediaPlaylist = {
  format: "fmp4",
  targetDuration: 2,
  mediaSequence: 1,
  discontinuitySequence: 0,
  independentSegments: false,
  segments: Array.from({ length: 8 }, (_, index) => ({
    ...segment(index + 1, 1.92, index * 1920),
    parts: parts(index * 6, 6),
  })),
  open: { programDateTime: ms(at + 8 * 1920), discontinuity: false, initVersion: 1, parts: parts(48, 2) },
  parts: { target: seconds(0.334), next: 50 },
  reports: [{ id: "a0", sequence: 9, part: 1 }],
};

t.test("media playlist: L-02 L-03 L-05 L-07 L-08 parts of the last segments, hint and report", (t) => {
  const text = mediaPlaylist(lowLatency);
  t.match(
    text,
    "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000,HOLD-BACK=6.000,PART-HOLD-BACK=1.00200\n" +
      "#EXT-X-PART-INF:PART-TARGET=0.33400\n",
  );
  t.ok(
    text.endsWith(`#EXT-X-PROGRAM-DATE-TIME:2026-11-20T12:00:15.360Z
#EXT-X-PART:DURATION=0.32000,URI="p48.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.32000,URI="p49.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p50.m4s"
#EXT-X-RENDITION-REPORT:URI="../a0/index.m3u8",LAST-MSN=9,LAST-PART=1
`),
    text.slice(-500),
  );
  const first = /#EXT-X-PART:[^\n]*URI="p(\d+)/.exec(text)?.[1];
  t.equal(Number(first), 6 * 6, "of the seventh segment and later");
  t.same(mediaPlaylistFaults(text), []);
  t.end();
});

t.test(
  "media playlist: L-09 a delta update leaves out what ends before the skip boundary, counted from the edge",
  (t) => {
    const text = deltaPlaylist(lowLatency);
    // 16 s in all; 12 s before the edge lies in the third segment.
    t.match(text, "#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n");
    t.match(text, "#EXT-X-MEDIA-SEQUENCE:1\n");
    t.equal(/(\d+)\.m4s\n/.exec(text.slice(text.indexOf("#EXTINF")))?.[1], "3");
    const short = { ...lowLatency, segments: lowLatency.segments.slice(3) };
    t.equal(deltaPlaylist(short), mediaPlaylist(short), "nothing to skip: the whole of it");
    t.end();
  },
);

t.test("media playlist: L-01 no part is said to be longer than it is", (t) => {
  const open = {
    ...segment(1, 2, 0),
    parts: [{ serial: 0, duration: seconds(0.3339999), independent: true }],
  };
  t.match(mediaPlaylist({ ...lowLatency, segments: [], open }), "DURATION=0.33399,");
  t.end();
});

t.test("media playlist: P-01 the target duration is 2 to 6 s, and 4 s for a channel never received", (t) => {
  t.equal(chooseTargetDuration(null), 4);
  t.equal(chooseTargetDuration(0.48), 2);
  t.equal(chooseTargetDuration(1.92), 2);
  t.equal(chooseTargetDuration(2.01), 3);
  t.equal(chooseTargetDuration(60), 6);
  t.end();
});

t.test("media playlist: the checker finds what is wrong", (t) => {
  const base = {
    ...WHOLE,
    targetDuration: 2,
    mediaSequence: 3,
    discontinuitySequence: 0,
    independentSegments: false,
  };
  const before = mediaPlaylist({ ...base, segments: [segment(3, 2, 0), segment(4, 2, 2000)] });
  const moved = mediaPlaylist({ ...base, mediaSequence: 4, segments: [segment(4, 2, 2000)] });
  t.same(mediaPlaylistFaults(moved, before), []);
  const changed = mediaPlaylist({ ...base, mediaSequence: 4, segments: [segment(4, 1.5, 2000)] });
  t.match(mediaPlaylistFaults(changed, before), [/P-04/]);
  const long = mediaPlaylist({ ...base, segments: [segment(3, 2.6, 0)] });
  t.match(mediaPlaylistFaults(long), [/P-01/]);
  const drifting = mediaPlaylist({ ...base, segments: [segment(3, 2, 0), segment(4, 2, 2100)] });
  t.match(mediaPlaylistFaults(drifting), [/CK-05/]);
  t.match(mediaPlaylistFaults("#EXTINF:2,\nx\n"), [/P-01/]);
  t.end();
});

function segment(sequence: number, duration: number, after: number) {
  return {
    sequence,
    duration: seconds(duration),
    programDateTime: ms(at + after),
    discontinuity: false,
    initVersion: 1,
    gap: false,
    parts: [],
  };
}
