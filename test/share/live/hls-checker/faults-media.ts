import { inTop, patch, inPart, inInit, samples, type Fault } from "./fault.ts";

/** Fragmented MP4 and WebVTT. */
export const MEDIA_FAULTS: readonly Fault[] = [
  {
    rule: "V-03",
    what: "a segment that begins with no random access point",
    bytes: inPart("video", (b) => samples(b, 0x02000000, 0x01010000)),
  },
  {
    rule: "V-05",
    what: "parameter sets in band",
    text: inTop("avc1.", "avc3."),
    bytes: inInit("video", (b) => Buffer.from(b.toString("latin1").replace("avc1", "avc3"), "latin1")),
  },
  {
    rule: "V-05",
    what: "another init segment without a discontinuity",
    seconds: 8,
    text: (text) =>
      text
        .replaceAll("#EXT-X-DISCONTINUITY\n", "")
        .replace(/(DISCONTINUITY-SEQUENCE:)\d+/, (_, name: string) => `${name}0`),
  },
  {
    rule: "V-06",
    what: "a decode time that jumps",
    bytes: inPart("video", (b, { msn, part }) =>
      msn === 109 && part === 2 ? patch(b, "tfdt", 12, 77_000_000) : b,
    ),
  },
  {
    rule: "V-07",
    what: "shown before it is decoded",
    bytes: inPart("video", (b) => patch(b, "trun", 16 + 12, -3600)),
  },
  {
    rule: "A-04",
    what: "sound that needs what came before",
    bytes: inPart("audio", (b) => samples(b, 0x02000000, 0x01010000)),
  },
  {
    rule: "F-01",
    what: "an edit box",
    bytes: inInit("video", (b) => Buffer.from(b.toString("latin1").replace("free", "edts"), "latin1")),
  },
  {
    rule: "F-02",
    what: "offsets that do not count from the moof",
    bytes: inPart("video", (b) => patch(b, "tfhd", 4, 0)),
  },
  {
    rule: "F-03",
    what: "flags that do not say what a sample needs",
    bytes: inPart("video", (b) => samples(b, 0x02000000, 0)),
  },
  {
    rule: "F-04",
    what: "a segment that is not its parts",
    answer: (a, { what, kind, msn }) => {
      if (what === "segment" && kind === "video" && msn >= 109)
        a.body = Buffer.concat([a.body, Buffer.from("\0\0\0\x08free")]);
    },
  },
  { rule: "F-05", what: "another codec than promised", text: inTop("avc1.64001f", "avc1.640028") },
  {
    rule: "F-06",
    what: "parameter sets that cannot be read",
    bytes: inInit("video", (b) => patch(b, "avcC", 10, 0xffff6764)),
  },
  {
    rule: "S-01",
    what: "a cue that goes on into the next segment",
    bytes: (b, { kind }) =>
      kind === "subtitles" ? Buffer.from(b.toString().replace("00:00:00.900", "00:00:03.000")) : b,
  },
  {
    rule: "S-02",
    what: "no X-TIMESTAMP-MAP",
    bytes: (b, { kind }) => (kind === "subtitles" ? Buffer.from(b.toString().replace(/X-TIME.*\n/, "")) : b),
  },
];
