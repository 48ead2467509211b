import { execFileSync } from "node:child_process";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import t from "tap";
import { ms, seconds } from "../../../../src/kernel/units.ts";
import {
  mediaPlaylist,
  type MediaPlaylist,
  type PlaylistSegment,
} from "../../../../src/share/live/hls/media-playlist.ts";
import { LongPlaylist } from "../../../../src/share/live/timeshift/long-playlist.ts";
import { mediaPlaylistFaults } from "../../../helpers/hls-playlists.ts";

const at = Date.UTC(2026, 10, 20, 12);
const parts = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    serial: from + i,
    duration: seconds(0.32),
    independent: i === 0,
  }));

function segmentOf(sequence: number, more: Partial<PlaylistSegment> = {}): PlaylistSegment {
  return {
    sequence,
    duration: seconds(1.92),
    programDateTime: ms(at + sequence * 1920),
    discontinuity: false,
    initVersion: 1,
    gap: false,
    parts: parts(sequence * 6, 6),
    ...more,
  };
}

function playlistOf(segments: readonly PlaylistSegment[], open: number): MediaPlaylist {
  const last = segments.at(-1);
  const next = (last?.sequence ?? 0) + 1;
  return {
    format: "fmp4",
    targetDuration: 2,
    mediaSequence: segments[0]?.sequence ?? next,
    discontinuitySequence: 3,
    independentSegments: false,
    segments,
    open:
      open === 0
        ? null
        : segmentOf(next, { initVersion: last?.initVersion ?? 1, parts: parts(next * 6, open) }),
    parts: { target: seconds(0.334), next: next * 6 + open },
    reports: [{ id: "a0", sequence: next, part: 1 }],
  };
}

t.test(
  "long playlist: whatever window moves on, the text is that of the whole, plain and compressed",
  (t) => {
    const step = fc.record({
      more: fc.integer({ min: 0, max: 200 }),
      gone: fc.integer({ min: 0, max: 200 }),
      open: fc.integer({ min: 0, max: 5 }),
      odd: fc.constantFrom(
        {},
        { discontinuity: true },
        { gap: true },
        { initVersion: 2, discontinuity: true },
      ),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.array(step, { maxLength: 12 }), (from, steps) => {
        const long = new LongPlaylist();
        let segments: PlaylistSegment[] = [];
        let next = from;
        for (const { more, gone, open, odd } of steps) {
          for (let i = 0; i < more; i++) segments.push(segmentOf(next++, i === 0 ? odd : {}));
          segments = segments.slice(Math.min(gone, segments.length));
          const playlist = playlistOf(segments, open);
          const expected = mediaPlaylist(playlist);
          const text = long.text(playlist);
          if (gunzipSync(text.gzip()).toString() !== expected) throw new Error("compressed");
          if (text.plain.toString() !== expected) throw new Error("plain");
        }
      }),
      { numRuns: 150 },
    );
    t.end();
  },
);

t.test(
  "long playlist: two hours are a playlist without fault, and one gzip member for others' programs",
  (t) => {
    const segments = Array.from({ length: 5600 }, (_, i) => segmentOf(1000 + i));
    const text = new LongPlaylist().text(playlistOf(segments, 2));
    t.same(mediaPlaylistFaults(text.plain.toString()), []);
    const options = { input: text.gzip(), maxBuffer: 1e7 };
    t.ok(execFileSync("gzip", ["-dc"], options).equals(text.plain));
    t.ok(text.gzip().length < text.plain.length / 6, `${text.gzip().length} of ${text.plain.length} bytes`);
    t.end();
  },
);
