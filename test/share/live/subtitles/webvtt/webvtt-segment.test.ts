import fc from "fast-check";
import t from "tap";
import { CueTrack } from "../../../../../src/share/live/subtitles/webvtt/webvtt-segment.ts";

const SECOND = 90_000;
const MAP = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n";
const plain = (text: string): { text: string; settings: string } => ({ text, settings: "" });

t.test("WebVTT: a cue that lasts is cut at the boundary and goes on behind it", (t) => {
  const track = new CueTrack();
  t.equal(track.segment(2 * SECOND, 4 * SECOND), MAP, "nothing to show is no error");
  track.display({ at: 4.5 * SECOND, cues: [plain("Hello\nthere")] });
  t.equal(
    track.segment(4 * SECOND, 6 * SECOND),
    `${MAP}\n4500-0\n00:00:04.500 --> 00:00:06.000\nHello\nthere\n`,
  );
  track.display({ at: 7 * SECOND, cues: [] });
  track.display({
    at: 7.5 * SECOND,
    cues: [{ text: "left", settings: "position:5% align:left" }, plain("both")],
  });
  t.equal(
    track.segment(6 * SECOND, 8 * SECOND),
    `${MAP}
6000-0
00:00:06.000 --> 00:00:07.000
Hello
there

7500-0
00:00:07.500 --> 00:00:08.000 position:5% align:left
left

7500-1
00:00:07.500 --> 00:00:08.000
both
`,
  );
  t.match(track.segment(8 * SECOND, 10 * SECOND), "00:00:08.000 --> 00:00:10.000");
  track.clear();
  t.equal(track.segment(10 * SECOND, 12 * SECOND), MAP);
  t.end();
});

t.test("WebVTT: what comes late", (t) => {
  const track = new CueTrack();
  track.segment(0, 4 * SECOND);
  track.display({ at: 3 * SECOND, cues: [plain("late")] });
  t.equal(
    track.segment(4 * SECOND, 6 * SECOND),
    `${MAP}\n4000-0\n00:00:04.000 --> 00:00:06.000\nlate\n`,
    "from the first segment that can say it",
  );
  track.display({ at: 5 * SECOND, cues: [] });
  t.equal(track.segment(6 * SECOND, 8 * SECOND), MAP, "a clearance that comes late is not shown at all");
  track.display({ at: 9 * SECOND, cues: [plain("half")] });
  track.display({ at: 9 * SECOND, cues: [plain("whole")] });
  t.equal(
    track.segment(8 * SECOND, 10 * SECOND),
    `${MAP}\n9000-0\n00:00:09.000 --> 00:00:10.000\nwhole\n`,
    "the later of two at once",
  );
  t.end();
});

t.test("WebVTT: times are those of the media, however long it lasts", (t) => {
  const track = new CueTrack();
  const late = (100 * 3600 + 61.0005) * SECOND;
  track.display({ at: late, cues: [plain("a")] });
  t.match(track.segment(late, late + 2 * SECOND), "\n100:01:01.001 --> 100:01:03.001\n", "past 33 bits, too");
  t.end();
});

/** `start end text` of each cue, in ms. */
function cuesOf(segment: string): [from: number, until: number, text: string][] {
  const ms = (time: string): number => {
    const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
    return Math.round((hours * 3600 + minutes * 60 + seconds) * 1000);
  };
  return [...segment.matchAll(/^([\d:.]+) --> ([\d:.]+)\n(.*)$/gm)].map(
    ([, from = "", until = "", text = ""]) => [ms(from), ms(until), text],
  );
}

t.test("WebVTT: wherever it is cut, exactly what was painted is shown, without a gap or an overlap", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 400_000 }), fc.option(fc.constantFrom("a", "b", "c")))),
      fc.array(fc.integer({ min: 45, max: 700_000 }), { minLength: 1, maxLength: 20 }),
      (steps, lengths) => {
        const track = new CueTrack();
        let at = 0;
        const painted = steps.map(([step, text]) => ({ at: (at += step), text }));
        for (const { at, text } of painted) track.display({ at, cues: text === null ? [] : [plain(text)] });
        let start = 0;
        const shown: [number, number, string][] = [];
        for (const length of lengths) {
          shown.push(...cuesOf(track.segment(start, start + length)));
          start += length;
        }
        const joined: [number, number, string][] = [];
        for (const cue of shown) {
          const last = joined.at(-1);
          if (last && cue[0] < last[1]) throw new Error("overlap");
          if (last?.[1] === cue[0] && last[2] === cue[2]) last[1] = cue[1];
          else joined.push([...cue]);
        }
        const wanted: [number, number, string][] = [];
        painted.forEach(({ at, text }, index) => {
          const from = Math.round(at / 90);
          const until = Math.round(Math.min(painted[index + 1]?.at ?? Infinity, start) / 90);
          if (text === null || at >= start || from >= until) return;
          const last = wanted.at(-1);
          if (last?.[1] === from && last[2] === text) last[1] = until;
          else wanted.push([from, until, text]);
        });
        if (JSON.stringify(joined) !== JSON.stringify(wanted))
          throw new Error(`${JSON.stringify(joined)} is not ${JSON.stringify(wanted)}`);
      },
    ),
    { numRuns: 500 },
  );
  t.end();
});

t.test("WebVTT: memory is bounded when nobody asks for segments", (t) => {
  const track = new CueTrack();
  for (let at = 0; at < 100_000; at++) track.display({ at: at * 90, cues: [plain(`${at}`)] });
  const cues = cuesOf(track.segment(0, 1e8));
  t.equal(cues.length, 1024);
  t.equal(cues.at(-1)?.[2], "99999");
  t.end();
});
