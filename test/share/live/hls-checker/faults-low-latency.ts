import { gunzipSync } from "node:zlib";
import { inText, flip, isHint, stall, asksSegment, isNear, type Fault } from "./fault.ts";

/** Low latency. */
export const LOW_LATENCY_FAULTS: readonly Fault[] = [
  {
    rule: "L-02",
    what: "another hold-back later",
    text: inText("video", "PART-HOLD-BACK=0.70000", "PART-HOLD-BACK=0.80000", 3000),
  },
  {
    rule: "L-03",
    what: "a hold-back that is too short",
    text: inText("video", "PART-HOLD-BACK=0.70000", "PART-HOLD-BACK=0.50000"),
  },
  {
    rule: "L-04",
    what: "parts shorter than a round trip",
    seconds: 8,
    late: (asked) => (asksSegment(asked) && Number(asked.query.get("_HLS_msn")) < asked.msn - 3 ? 300 : 0),
  },
  { rule: "L-05", what: "no part for a while", stalled: stall(3000, 1500) },
  {
    rule: "L-06",
    what: "_HLS_part alone is answered",
    seconds: 8,
    answer: (a, { query }) => void (query.has("_HLS_part") && !query.has("_HLS_msn") && (a.status = 200)),
  },
  {
    rule: "L-06",
    what: "what is far ahead is answered",
    seconds: 8,
    answer: (a, { query }) => void (query.has("_HLS_msn") && a.status === 400 && (a.status = 200)),
  },
  { rule: "L-06", what: "does not hold", impatient: true },
  {
    rule: "L-06",
    what: "holds for what is long there",
    seconds: 8,
    late: (asked) => (asksSegment(asked) && Number(asked.query.get("_HLS_msn")) < asked.msn - 3 ? 1500 : 0),
  },
  {
    rule: "L-06",
    what: "refuses the part behind the last",
    seconds: 8,
    answer: (a, { query }) => void (Number(query.get("_HLS_part") ?? 0) >= 5 && (a.status = 400)),
  },
  {
    rule: "L-06",
    what: "refuses two segments ahead",
    seconds: 8,
    answer: (a, asked) =>
      void (asksSegment(asked) && Number(asked.query.get("_HLS_msn")) > asked.msn - 3 && (a.status = 400)),
  },
  {
    rule: "L-06",
    what: "holds too long",
    seconds: 12,
    late: (asked) => (asksSegment(asked) && isNear(asked) ? 4000 : 0),
  },
  {
    rule: "L-07",
    what: "the hinted part is refused",
    answer: (a, asked) => void (isHint(asked) && (a.status = 404)),
  },
  {
    rule: "L-07",
    what: "the hint gives other bytes",
    answer: (a, asked) => void (isHint(asked) && (a.body = flip(a.body))),
  },
  { rule: "L-07", what: "the hint is answered late", late: (asked) => (isHint(asked) ? 1200 : 0) },
  {
    rule: "L-07",
    what: "the hint names another part",
    text: inText("video", /(HINT:.*URI=")[^"]*/g, "$1999.9.m4s"),
  },
  {
    rule: "L-08",
    what: "no report of the sound",
    text: inText("video", /#EXT-X-RENDITION-REPORT:URI="..\/a.*\n/g, ""),
  },
  {
    rule: "L-08",
    what: "an old report",
    text: (text, asked) => inText("video", /LAST-MSN=\d+/g, `LAST-MSN=${asked.msn - 3}`)(text, asked),
  },
  {
    rule: "L-08",
    what: "a report of what is not there",
    text: (text, asked) => inText("video", /LAST-MSN=\d+/g, `LAST-MSN=${asked.msn + 3}`)(text, asked),
  },
  {
    rule: "L-09",
    what: "a delta update that skips one more than it says",
    text: (text, asked) =>
      asked.what === "playlist"
        ? text.replace(/SKIPPED-SEGMENTS=(\d+)/, (_, n: string) => `SKIPPED-SEGMENTS=${Number(n) + 1}`)
        : text,
  },
  {
    rule: "L-10",
    what: "playlists that are not compressed",
    answer: (a) => {
      if (a.headers["content-encoding"] === "gzip") {
        delete a.headers["content-encoding"];
        a.body = gunzipSync(a.body);
      }
    },
  },
  {
    rule: "L-10",
    what: "no blocking reload for the subtitles",
    text: inText("subtitles", "CAN-BLOCK-RELOAD=YES,", ""),
  },
];
