import { inText, inTop, inPart, flip, stall, type Fault } from "./fault.ts";

/** Playlists, clocks, and what is listed. */
export const PLAYLIST_FAULTS: readonly Fault[] = [
  {
    rule: "P-01",
    what: "an unknown tag",
    text: inText("video", "#EXT-X-TARGETD", "#EXT-X-NONSENSE:1\n#EXT-X-TARGETD"),
  },
  {
    rule: "P-01",
    what: "another target duration later",
    container: "ts",
    text: inText("video", "DURATION:1\n", "DURATION:2\n", 3000),
  },
  {
    rule: "P-04",
    what: "other bytes when asked again",
    seconds: 8,
    bytes: inPart("video", (b, { at, msn }) => (at > 5000 && msn < 107 ? flip(b) : b)),
  },
  {
    rule: "P-05",
    what: "gone as soon as it leaves the playlist",
    seconds: 8,
    answer: (a, { what, msn, at }) => void (what === "segment" && msn < 104 && at > 2000 && (a.status = 404)),
  },
  {
    rule: "P-05",
    what: "a listed segment that is not there",
    answer: (a, { what, msn, kind }) =>
      void (what === "segment" && kind === "audio" && msn === 109 && (a.status = 404)),
  },
  {
    rule: "P-06",
    what: "nothing new for two and a half target durations",
    container: "ts",
    stalled: stall(1500, 3200),
  },
  { rule: "P-08", what: "no EXT-X-MAP", text: inText("audio", /#EXT-X-MAP:.*\n/g, "") },
  {
    rule: "P-12",
    what: "another target duration for the subtitles",
    text: (text, asked) =>
      inText(
        "subtitles",
        "DURATION:1\n",
        "DURATION:2\n",
      )(inText("subtitles", /CAN-SKIP-UNTIL=6.0,HOLD-BACK=3.0/g, "HOLD-BACK=6.0")(text, asked), asked),
  },
  {
    rule: "P-13",
    what: "more bits than promised",
    text: inTop("BANDWIDTH=400000,AVERAGE-BANDWIDTH=300000", "BANDWIDTH=40000,AVERAGE-BANDWIDTH=30000"),
  },
  { rule: "P-13", what: "no resolution", text: inTop("RESOLUTION=640x360,", "") },
  {
    rule: "P-14",
    what: "a sound without a language",
    text: inTop('GROUP-ID="aac",LANGUAGE="en"', 'GROUP-ID="aac"'),
  },
  {
    rule: "CK-03",
    what: "the sound's dates are off",
    text: (text, { kind, what }) =>
      kind === "audio" && what === "playlist"
        ? text.replace(
            /TIME:(.*)\n/g,
            (_, date: string) => `TIME:${new Date(Date.parse(date) + 300).toISOString()}\n`,
          )
        : text,
  },
];
