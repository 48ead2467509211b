/**
 * What the mock broadcasts: data only. Three multiplexes of four services each, and a fourth that the network announces
 * and nobody ever locks to. The loops of `loops/` are made from this same page (scripts/make-mock-loops.mjs).
 */

/** How one picture looks and is coded. Two services with different names have two loops. */
export interface VideoLook {
  /** Name of the loop in loops.json. */
  readonly loop: string;
  readonly codec: "h264" | "h264-no-idr" | "hevc" | "mpeg2-video";
  readonly width: number;
  readonly height: number;
  /** Background, `RRGGBB`. */
  readonly colour: string;
}

export interface AudioTrack {
  /** Name of the loop in loops.json. */
  readonly loop: string;
  readonly codec: "aac-adts" | "ac-3" | "mpeg-audio";
  /** ISO 639-2. */
  readonly language: string;
  /** Audio description for the visually impaired (ISO 639 audio_type 3 and supplementary audio descriptor). */
  readonly audioDescription?: true;
}

export interface TeletextTrack {
  readonly language: string;
  /** Page as people call it, e.g. 888. */
  readonly page: number;
}

export interface MockService {
  readonly id: number;
  readonly lcn: number;
  readonly name: string;
  readonly kind: "tv" | "radio";
  /** Second line of the picture. */
  readonly caption: string;
  readonly video?: VideoLook;
  readonly audio: readonly AudioTrack[];
  readonly teletext?: TeletextTrack;
  readonly scrambled?: true;
}

export interface MockMultiplex {
  /** `mock-1`.. */
  readonly id: string;
  readonly index: number;
  readonly transportStreamId: number;
  /** Terrestrial centre frequency that the NIT states. */
  readonly frequencyHz: number;
  /** ISO 639-2 of names and guide. */
  readonly language: "zho" | "fra" | "eng";
  readonly provider: string;
  readonly services: readonly MockService[];
  /** Never locks. */
  readonly dead?: true;
}

/** 0xFF00..0xFFFF is for private temporary use: no real network has it. @see TS 101 162 §5.2 */
export const NETWORK = { id: 0xff01, originalNetworkId: 0xff01, name: "Tellyport Mock" } as const;

/** Base of the PIDs of the n-th service: PMT at +0, video +1, audio +2.., teletext +8. */
export const servicePids = (position: number): number => 0x0100 * (position + 1);

const h264 = (loop: string, colour: string, width = 640, height = 360): VideoLook => ({
  loop,
  codec: "h264",
  width,
  height,
  colour,
});
const aac = (loop: string, language: string): AudioTrack => ({ loop, codec: "aac-adts", language });
const mp2 = (loop: string, language: string): AudioTrack => ({ loop, codec: "mpeg-audio", language });

export const LINEUP: readonly MockMultiplex[] = [
  {
    id: "mock-1",
    index: 1,
    transportStreamId: 0x0101,
    frequencyHz: 474_000_000,
    language: "zho",
    provider: "晴空广播",
    services: [
      {
        id: 0x1101,
        lcn: 1,
        name: "晴空综合",
        kind: "tv",
        caption: "H.264 1080p25 + AAC",
        video: h264("zh-general", "1d3f72", 1920, 1080),
        audio: [aac("tone-a", "zho")],
      },
      {
        id: 0x1102,
        lcn: 2,
        name: "晴空新闻",
        kind: "tv",
        caption: "H.264 720p25 + AAC",
        video: h264("zh-news", "7a1f2b", 1280, 720),
        audio: [aac("tone-b", "zho")],
      },
      {
        id: 0x1103,
        lcn: 3,
        name: "晴空戏曲",
        kind: "tv",
        caption: "H.264 (no IDR) + AAC",
        video: { loop: "zh-opera", codec: "h264-no-idr", width: 640, height: 360, colour: "5b3b73" },
        audio: [aac("tone-c", "zho")],
      },
      {
        id: 0x1104,
        lcn: 101,
        name: "晴空音乐广播",
        kind: "radio",
        caption: "AAC",
        audio: [aac("tone-d", "zho")],
      },
    ],
  },
  {
    id: "mock-2",
    index: 2,
    transportStreamId: 0x0102,
    frequencyHz: 482_000_000,
    language: "fra",
    provider: "Rivage Télévision",
    services: [
      {
        id: 0x1201,
        lcn: 11,
        name: "Rivage Découverte",
        kind: "tv",
        caption: "HEVC 360p25 + AC-3",
        video: { loop: "fr-decouverte", codec: "hevc", width: 640, height: 360, colour: "13584a" },
        audio: [{ loop: "ac3", codec: "ac-3", language: "fra" }],
      },
      {
        id: 0x1202,
        lcn: 12,
        name: "Rivage Régions",
        kind: "tv",
        caption: "MPEG-2 576i25 + MP2",
        video: { loop: "fr-regions", codec: "mpeg2-video", width: 720, height: 576, colour: "6b5310" },
        audio: [mp2("mp2-a", "fra")],
      },
      {
        id: 0x1203,
        lcn: 13,
        name: "Rivage Cinéma",
        kind: "tv",
        caption: "H.264 360p25 + AAC fra, eng, AD",
        video: h264("fr-cinema", "20242e"),
        audio: [
          aac("tone-a", "fra"),
          aac("tone-b", "eng"),
          { loop: "tone-c", codec: "aac-adts", language: "fra", audioDescription: true },
        ],
      },
      {
        id: 0x1204,
        lcn: 14,
        name: "Rivage Jeunesse",
        kind: "tv",
        caption: "H.264 360p25 + AAC + télétexte 888",
        video: h264("fr-jeunesse", "a0522d"),
        audio: [aac("tone-d", "fra")],
        teletext: { language: "fra", page: 888 },
      },
    ],
  },
  {
    id: "mock-3",
    index: 3,
    transportStreamId: 0x0103,
    frequencyHz: 490_000_000,
    language: "eng",
    provider: "Harbour Broadcasting",
    services: [
      {
        id: 0x1301,
        lcn: 21,
        name: "Harbour One",
        kind: "tv",
        caption: "H.264 360p25 + AAC",
        video: h264("en-one", "14466b"),
        audio: [aac("tone-b", "eng")],
      },
      {
        id: 0x1302,
        lcn: 22,
        name: "Harbour Sport",
        kind: "tv",
        caption: "H.264 360p25 + MP2",
        video: h264("en-sport", "1f6b2a"),
        audio: [mp2("mp2-b", "eng")],
      },
      {
        id: 0x1303,
        lcn: 23,
        name: "Harbour Premium",
        kind: "tv",
        caption: "scrambled",
        video: h264("en-one", "14466b"),
        audio: [aac("tone-a", "eng")],
        scrambled: true,
      },
      {
        id: 0x1304,
        lcn: 102,
        name: "Harbour Radio",
        kind: "radio",
        caption: "MP2",
        audio: [mp2("mp2-a", "eng")],
      },
    ],
  },
  {
    id: "mock-4",
    index: 4,
    transportStreamId: 0x0104,
    frequencyHz: 498_000_000,
    language: "eng",
    provider: "Nobody",
    services: [],
    dead: true,
  },
];
