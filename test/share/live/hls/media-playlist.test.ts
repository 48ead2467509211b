import t from "tap";
import { ms, seconds } from "../../../../src/kernel/units.ts";
import { chooseTargetDuration, mediaPlaylist } from "../../../../src/share/live/hls/media-playlist.ts";
import { mediaPlaylistFaults } from "../../../helpers/hls-playlists.ts";

const at = Date.UTC(2026, 10, 20, 12);

t.test("media playlist: literal text of a window with a discontinuity, a new init and a gap", (t) => {
  const text = mediaPlaylist({
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
#EXT-X-VERSION:8
#EXT-X-TARGETDURATION:2
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
#EXT-X-GAP
#EXT-X-PROGRAM-DATE-TIME:2026-11-20T12:00:03.840Z
#EXTINF:1.92000,
9.m4s
`,
  );
  t.same(mediaPlaylistFaults(text), []);
  t.end();
});

t.test("media playlist: sound says that its segments are independent", (t) => {
  const text = mediaPlaylist({
    targetDuration: 2,
    mediaSequence: 1,
    discontinuitySequence: 0,
    independentSegments: true,
    segments: [segment(1, 2, 0)],
  });
  t.match(text, /^#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:2\n/);
  t.same(mediaPlaylistFaults(text), []);
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
  const base = { targetDuration: 2, mediaSequence: 3, discontinuitySequence: 0, independentSegments: false };
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
  };
}
