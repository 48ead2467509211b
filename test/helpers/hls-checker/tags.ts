import type { AttributeRules } from "./attributes.ts";

/** Every tag of RFC 8216 and draft-pantos-hls-rfc8216bis §4.4, with its attributes and where it may stand. */

export interface TagRule {
  /** Which kind of playlist. */
  readonly scope: "both" | "media" | "multivariant";
  /** At most once in a playlist. */
  readonly once: boolean;
  readonly value: "none" | "integer" | "date" | "extinf" | "byterange" | "text" | AttributeRules;
  /** Must stand before the first segment. */
  readonly header?: boolean;
}

const YES = { type: "enumerated", values: ["YES"] } as const;
const YES_NO = { type: "enumerated", values: ["YES", "NO"] } as const;
const quoted = { type: "quoted" } as const;
const float = { type: "float" } as const;
const integer = { type: "integer" } as const;
const hex = { type: "hex" } as const;
const needed = { type: "quoted", required: true } as const;

const KEY: AttributeRules = {
  METHOD: { type: "enumerated", required: true, values: ["NONE", "AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR"] },
  URI: quoted,
  IV: hex,
  KEYFORMAT: quoted,
  KEYFORMATVERSIONS: quoted,
};

const VARIANT: AttributeRules = {
  BANDWIDTH: { type: "integer", required: true },
  "AVERAGE-BANDWIDTH": integer,
  SCORE: float,
  CODECS: quoted,
  "SUPPLEMENTAL-CODECS": quoted,
  RESOLUTION: { type: "resolution" },
  "HDCP-LEVEL": { type: "enumerated", values: ["NONE", "TYPE-0", "TYPE-1"] },
  "ALLOWED-CPC": quoted,
  "VIDEO-RANGE": { type: "enumerated", values: ["SDR", "HLG", "PQ"] },
  "REQ-VIDEO-LAYOUT": quoted,
  "STABLE-VARIANT-ID": quoted,
  VIDEO: quoted,
  "PATHWAY-ID": quoted,
};

const once = (value: TagRule["value"], scope: TagRule["scope"] = "media"): TagRule => ({
  scope,
  once: true,
  value,
});
const header = (value: TagRule["value"], scope: TagRule["scope"] = "media"): TagRule => ({
  scope,
  once: true,
  header: true,
  value,
});
const often = (value: TagRule["value"], scope: TagRule["scope"] = "media"): TagRule => ({
  scope,
  once: false,
  value,
});

export const TAGS: Readonly<Record<string, TagRule>> = {
  EXTM3U: header("none", "both"),
  "EXT-X-VERSION": header("integer", "both"),
  "EXT-X-INDEPENDENT-SEGMENTS": once("none", "both"),
  "EXT-X-START": once({ "TIME-OFFSET": { type: "signed", required: true }, PRECISE: YES_NO }, "both"),
  "EXT-X-DEFINE": often({ NAME: quoted, VALUE: quoted, IMPORT: quoted, QUERYPARAM: quoted }, "both"),

  "EXT-X-TARGETDURATION": once("integer"),
  "EXT-X-MEDIA-SEQUENCE": header("integer"),
  "EXT-X-DISCONTINUITY-SEQUENCE": header("integer"),
  "EXT-X-ENDLIST": once("none"),
  "EXT-X-PLAYLIST-TYPE": once("text"),
  "EXT-X-I-FRAMES-ONLY": once("none"),
  "EXT-X-PART-INF": once({ "PART-TARGET": { type: "float", required: true } }),
  "EXT-X-SERVER-CONTROL": once({
    "CAN-SKIP-UNTIL": float,
    "CAN-SKIP-DATERANGES": YES,
    "HOLD-BACK": float,
    "PART-HOLD-BACK": float,
    "CAN-BLOCK-RELOAD": YES,
  }),
  "EXT-X-SKIP": once({
    "SKIPPED-SEGMENTS": { type: "integer", required: true },
    "RECENTLY-REMOVED-DATERANGES": quoted,
  }),

  EXTINF: often("extinf"),
  "EXT-X-BYTERANGE": often("byterange"),
  "EXT-X-DISCONTINUITY": often("none"),
  "EXT-X-KEY": often(KEY),
  "EXT-X-MAP": often({ URI: needed, BYTERANGE: quoted }),
  "EXT-X-PROGRAM-DATE-TIME": often("date"),
  "EXT-X-GAP": often("none"),
  "EXT-X-BITRATE": often("integer"),
  "EXT-X-PART": often({
    URI: needed,
    DURATION: { type: "float", required: true },
    INDEPENDENT: YES,
    BYTERANGE: quoted,
    GAP: YES,
  }),
  "EXT-X-DATERANGE": often({
    ID: needed,
    CLASS: quoted,
    "START-DATE": quoted,
    CUE: quoted,
    "END-DATE": quoted,
    DURATION: float,
    "PLANNED-DURATION": float,
    "SCTE35-CMD": hex,
    "SCTE35-OUT": hex,
    "SCTE35-IN": hex,
    "END-ON-NEXT": YES,
    "X-*": { type: "free" },
  }),
  "EXT-X-PRELOAD-HINT": often({
    TYPE: { type: "enumerated", required: true, values: ["PART", "MAP"] },
    URI: needed,
    "BYTERANGE-START": integer,
    "BYTERANGE-LENGTH": integer,
  }),
  "EXT-X-RENDITION-REPORT": often({ URI: needed, "LAST-MSN": integer, "LAST-PART": integer }),

  "EXT-X-MEDIA": often(
    {
      TYPE: {
        type: "enumerated",
        required: true,
        values: ["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"],
      },
      URI: quoted,
      "GROUP-ID": needed,
      LANGUAGE: quoted,
      "ASSOC-LANGUAGE": quoted,
      NAME: needed,
      "STABLE-RENDITION-ID": quoted,
      DEFAULT: YES_NO,
      AUTOSELECT: YES_NO,
      FORCED: YES_NO,
      "INSTREAM-ID": quoted,
      "BIT-DEPTH": integer,
      "SAMPLE-RATE": integer,
      CHARACTERISTICS: quoted,
      CHANNELS: quoted,
    },
    "multivariant",
  ),
  "EXT-X-STREAM-INF": often(
    {
      ...VARIANT,
      "FRAME-RATE": float,
      AUDIO: quoted,
      SUBTITLES: quoted,
      "CLOSED-CAPTIONS": { type: "quoted-or-none" },
    },
    "multivariant",
  ),
  "EXT-X-I-FRAME-STREAM-INF": often({ ...VARIANT, URI: needed }, "multivariant"),
  "EXT-X-SESSION-DATA": often(
    {
      "DATA-ID": needed,
      VALUE: quoted,
      URI: quoted,
      FORMAT: { type: "enumerated", values: ["JSON", "RAW"] },
      LANGUAGE: quoted,
    },
    "multivariant",
  ),
  "EXT-X-SESSION-KEY": often(KEY, "multivariant"),
  "EXT-X-CONTENT-STEERING": once({ "SERVER-URI": needed, "PATHWAY-ID": quoted }, "multivariant"),
};
