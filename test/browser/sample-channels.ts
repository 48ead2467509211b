import type { AudioFamily, Channel, VideoFamily } from "../../src/protocol/api.ts";

const MINUTE = 60_000;

interface Sample {
  id: string;
  name: string;
  now?: string;
  next?: string;
  description?: string;
  video?: VideoFamily | null;
  audio?: AudioFamily;
  more?: Partial<Channel>;
}

const SAMPLES: readonly Sample[] = [
  {
    id: "news",
    name: "Nova 24",
    now: "The World at Noon",
    next: "Weather and traffic",
    description: "Headlines from five continents, with reports from Lyon and Taipei.",
  },
  {
    id: "arte",
    name: "Arte",
    now: "Les grandes traversées de la Méditerranée : à la recherche des routes oubliées",
    next: "Le dessous des cartes",
  },
  { id: "cts", name: "華視新聞資訊台", now: "華視午間新聞", next: "三國演義 第十二集" },
  { id: "cctv", name: "央视综合", now: "今日说法", next: "焦点访谈" },
  { id: "hevc", name: "Ultra One HD", now: "Ocean Giants", next: "Night sky", video: "hevc", audio: "ac-3" },
  { id: "ac3", name: "Cinéma Plus", now: "Le Samouraï", next: "Court-circuit", audio: "ac-3" },
  { id: "noidr", name: "Canal Sud", now: "Le journal", next: "Rugby", video: "avc-recovery-point" },
  {
    id: "radio",
    name: "Radio Classique",
    now: "Matinale",
    next: "Concert",
    description: "Schubert, Fauré and Lili Boulanger, with letters from listeners.",
    video: null,
    more: { kind: "radio" },
  },
  { id: "pay", name: "Premium Sport 1", now: "Match", more: { scrambled: true, availability: "scrambled" } },
  { id: "dead", name: "Regional West", more: { availability: "no-signal" } },
  { id: "busy", name: "Documentary+", now: "Bees", next: "Rivers", more: { availability: "busy" } },
  {
    id: "kids",
    name: "A Very Long Station Name For Small Children And Their Parents",
    now: "Maus",
    next: "Ente",
  },
  { id: "data", name: "EPG data", more: { kind: "data" } },
];

/** A list with everything in it that a list can hold; programmes lie around `at`. */
export function sampleChannels(at: number): Channel[] {
  const time = (offset: number): string => new Date(at + offset * MINUTE).toISOString();
  return SAMPLES.map((sample, index) => ({
    id: sample.id,
    number: index < 9 ? index + 1 : 100 + index,
    name: sample.name,
    provider: null,
    kind: "tv",
    scrambled: false,
    now:
      sample.now === undefined
        ? null
        : programme(sample.now, time(-7 * (index + 1)), time(20), sample.description),
    next: sample.next === undefined ? null : programme(sample.next, time(20), time(60)),
    codecs: codecs(sample),
    availability: "free",
    ...sample.more,
  }));
}

function programme(
  title: string,
  startsAt: string,
  endsAt: string,
  description = "",
): NonNullable<Channel["now"]> {
  return { title, description, language: null, startsAt, endsAt };
}

function codecs({ video = "avc", audio = "aac" }: Sample): Channel["codecs"] {
  return {
    video:
      video === null
        ? null
        : { family: video, codec: video, width: 1920, height: 1080, frameRate: 25, interlaced: false },
    audio: [{ family: audio, codec: audio, language: "fra", description: false }],
  };
}
