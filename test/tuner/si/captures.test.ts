import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";
import type { StreamCodec } from "../../../src/tuner/ports.ts";
import { decodeEit, type Eit, type EitEvent } from "../../../src/tuner/si/eit.ts";
import { decodeNit } from "../../../src/tuner/si/nit.ts";
import { decodePat } from "../../../src/tuner/si/pat.ts";
import { decodePmt, describeStreams } from "../../../src/tuner/si/pmt.ts";
import { decodeSdt } from "../../../src/tuner/si/sdt.ts";
import type { TextOptions } from "../../../src/tuner/si/text.ts";
import { decodeTdt, decodeTot } from "../../../src/tuner/si/tdt.ts";
import { capture, skipWithout } from "../../helpers/captures.ts";
import { siOfFile, type SiOfFile } from "../../helpers/si-of-file.ts";

/** Figures and names of captures/README.md, which come from another reader. */
const CAPTURES: readonly {
  readonly file: string;
  readonly packetLength?: number;
  /** Names of the services of this transport stream, in the README's words. */
  readonly services: Readonly<Record<number, string>>;
  /** Services in the PAT, where some are not named above. */
  readonly inPat?: number;
  /** Sections by table. */
  readonly sections: Readonly<Record<string, number>>;
  readonly events?: Readonly<Record<string, number>>;
}[] = [
  {
    file: "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts",
    services: { 8802: "CANAL+ DECALE", 8810: "CNEWS" },
    sections: { PAT: 26, "EITpf-oth": 218, SDTact: 31, "EITpf-act": 8 },
    events: { "EITpf-oth": 218, "EITpf-act": 4 },
  },
  {
    file: "dvbs-fr-canalsat-scrambled-and-clear-2s.ts",
    services: { 8803: "CANAL+ CINEMA", 8810: "CNEWS" },
    sections: { PAT: 26, SDTact: 35 },
  },
  {
    file: "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts",
    services: { 1537: "TF1", 1542: "TMC", 1544: "TFX", 1545: "LCP", 1546: "LCI" },
    sections: { "EITs-act": 201, PAT: 32, "EITpf-act": 68, SDTact: 4, "EITpf-oth": 18, NITact: 1 },
    events: { "EITs-act": 974, "EITpf-act": 8, "EITpf-oth": 2 },
  },
  {
    file: "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts",
    services: { 262: "franceinfo:" },
    sections: { PAT: 66, SDTact: 4, TDT: 1, TOT: 1 },
  },
  {
    file: "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts",
    services: {
      3401: "Rai 1",
      3402: "Rai 2",
      3403: "Rai 3 TGR Emilia Romagna",
      3404: "Rai Radio1",
      3405: "Rai Radio2",
      3406: "Rai Radio3",
      3411: "Rai News 24",
      3410: "Test HEVC main10",
    },
    sections: { "EITpf-oth": 16, "EITpf-act": 17, SDToth: 4, PAT: 4, SDTact: 2, NITact: 2 },
    events: { "EITpf-act": 12, "EITpf-oth": 4 },
  },
  {
    file: "dvbt-tw-cts-si-epg-chinese.ts",
    services: {
      501: "華視CTS",
      502: "華視教育體育文化台",
      503: "華視新聞資訊台",
      504: "國會頻道1",
      505: "國會頻道2",
    },
    sections: { "EITs-act": 327, "EITpf-act": 132, PAT: 322, SDTact: 19, NITact: 19 },
    events: { "EITpf-act": 10, "EITs-act": 520 },
  },
  {
    file: "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts",
    services: { 4352: "BBC NEWS" },
    sections: { TDT: 5, PAT: 50, TOT: 5, SDTact: 39 },
  },
  {
    file: "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts",
    services: { 268: "CT 1 HD T2", 270: "CT 2 HD T2", 272: "CT 24 HD T2", 274: "CT sport HD T2" },
    inPat: 18,
    sections: { "EITpf-act": 495, "EITs-act": 1473, PAT: 57, SDTact: 13, NITact: 3 },
    events: { "EITpf-act": 36, "EITs-act": 4958 },
  },
  {
    file: "format-m2ts192-mpeg2-2s.m2ts",
    packetLength: 192,
    services: { 1: "Service01" },
    sections: { SDTact: 4, PAT: 17 },
  },
];

const SI_PIDS = new Set([0x00, 0x10, 0x11, 0x12, 0x14]);

const nameOf = (eit: Eit): string => `EIT${eit.schedule ? "s" : "pf"}-${eit.actual ? "act" : "oth"}`;

/** Which table a section is, by the one decoder that takes it. */
function tableOf(section: Buffer): string | null {
  const eit = decodeEit(section);
  const sdt = decodeSdt(section);
  const nit = decodeNit(section);
  const taken = [
    decodePat(section) === null ? null : "PAT",
    sdt === null ? null : `SDT${sdt.actual ? "act" : "oth"}`,
    nit === null ? null : `NIT${nit.actual ? "act" : "oth"}`,
    eit === null ? null : nameOf(eit),
    decodeTdt(section) === null ? null : "TDT",
    decodeTot(section) === null ? null : "TOT",
  ].filter((name) => name !== null);
  return taken.length === 1 ? (taken[0] ?? null) : null;
}

const pathOf = (file: string): string => capture(file) ?? "";

const sectionsOf = (found: SiOfFile): Buffer[] => [...found.sections.values()].flat();

/** Every event by service and event_id. */
function eventsOf(sections: readonly Buffer[]): Map<string, EitEvent> {
  const events = new Map<string, EitEvent>();
  for (const section of sections) {
    const eit = decodeEit(section);
    for (const event of eit?.events ?? []) {
      events.set(
        `${eit?.originalNetworkId}-${eit?.transportStreamId}-${eit?.serviceId} ${event.eventId}`,
        event,
      );
    }
  }
  return events;
}

for (const expected of CAPTURES) {
  t.test(`si captures: ${expected.file}`, { skip: skipWithout(expected.file) }, (t) => {
    const found = siOfFile(pathOf(expected.file), (pid) => SI_PIDS.has(pid), expected.packetLength);
    t.same(found.errors, { crc: 0, length: 0, lost: 0 });
    const counts: Record<string, number> = {};
    const events: Record<string, Set<string>> = {};
    const inPat = new Set<number>();
    const names: Record<number, string> = {};
    for (const section of sectionsOf(found)) {
      const table = tableOf(section) ?? "?";
      counts[table] = (counts[table] ?? 0) + 1;
      for (const program of decodePat(section)?.programs ?? []) inPat.add(program.serviceId);
      const sdt = decodeSdt(section);
      if (sdt?.actual) for (const service of sdt.services) names[service.serviceId] = service.name;
      const eit = decodeEit(section);
      if (eit === null) continue;
      const seen = (events[nameOf(eit)] ??= new Set());
      for (const { eventId } of eit.events) seen.add(`${eit.transportStreamId}.${eit.serviceId}.${eventId}`);
    }
    t.same(counts, expected.sections);
    t.equal(inPat.size, expected.inPat ?? Object.keys(expected.services).length);
    t.match(names, expected.services);
    t.equal(Object.keys(names).length, inPat.size);
    t.same(
      Object.fromEntries(Object.entries(events).map(([table, seen]) => [table, seen.size])),
      expected.events ?? {},
    );
    t.end();
  });
}

const BROKEN = "broken-sat-animalplanet-tei-cc-pcr-1s.ts";
t.test("si captures: of a bad reception only what is whole", { skip: skipWithout(BROKEN) }, (t) => {
  const found = siOfFile(pathOf(BROKEN), (pid) => SI_PIDS.has(pid));
  const tables = sectionsOf(found).map(tableOf);
  t.equal(tables.filter((table) => table === "PAT").length, 8);
  t.equal(tables.filter((table) => table === "SDTact").length, 2);
  t.ok(found.errors.crc > 0);
  const sdt = sectionsOf(found)
    .map((section) => decodeSdt(section))
    .find((sdt) => sdt !== null);
  t.equal(sdt?.services[0]?.name, "Animal Planet Europe HD");
  t.end();
});

/** README's words for a stream, to ours. */
const CODEC_WORDS: Readonly<Record<StreamCodec, string>> = {
  h264: "H264",
  hevc: "HEVC",
  "mpeg2-video": "MPEG2V",
  "aac-adts": "AAC",
  "aac-latm": "AAC-LATM",
  "mpeg-audio": "MPA",
  "ac-3": "AC3",
  "ec-3": "EAC3",
  teletext: "TTX",
  "dvb-subtitles": "DVBSUB",
  other: "-",
};

/** `H264 AC3(fra)* -`: a star marks audio description. */
function streamsOf(file: string): Record<number, string> {
  const path = pathOf(file);
  const pmtPids = new Set<number>();
  for (const section of sectionsOf(siOfFile(path, (pid) => pid === 0))) {
    for (const program of decodePat(section)?.programs ?? []) pmtPids.add(program.pid);
  }
  const streams: Record<number, string> = {};
  for (const section of sectionsOf(siOfFile(path, (pid) => pmtPids.has(pid)))) {
    const pmt = decodePmt(section);
    if (pmt === null) continue;
    const described = describeStreams(pmt);
    const words = described.streams.map(
      ({ codec, language, audioDescription }) =>
        `${CODEC_WORDS[codec]}${language === null ? "" : `(${language})`}${audioDescription ? "*" : ""}`,
    );
    streams[described.serviceId] = words.join(" ") + (described.scrambled ? " CA" : "");
  }
  return streams;
}

const STREAMS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts": {
    8802: "H264 AC3(fra) AC3(eng) DVBSUB(fra) DVBSUB(fra)",
    8810: "H264 AC3(fra) DVBSUB(fra)",
  },
  "dvbs-fr-canalsat-scrambled-and-clear-2s.ts": {
    8803: "H264 AC3(fra) AC3(eng) DVBSUB(fra) DVBSUB(fra) CA",
    8810: "H264 AC3(fra) DVBSUB(fra)",
  },
  "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts": {
    1537: "H264 EAC3(fra) EAC3(qaa) EAC3(qad)* DVBSUB(fra) DVBSUB(fra)",
    1542: "H264 EAC3(fra) EAC3(qaa) EAC3(qad)* DVBSUB(fra) DVBSUB(fra)",
    1544: "H264 EAC3(fra) EAC3(qaa) EAC3(qad)* DVBSUB(fra) DVBSUB(fra)",
    1545: "H264 EAC3(fra) DVBSUB(fra)",
    1546: "H264 EAC3(fra) DVBSUB(fra)",
  },
  "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts": { 262: "H264 EAC3(fre) DVBSUB(fra)" },
  "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts": {
    3401: "MPEG2V MPA(ita) MPA(oth) TTX(ita) - - - - - MPA(eng)",
    3402: "MPEG2V MPA(ita) MPA(oth) MPA(eng) TTX(ita) - - - - -",
    3403: "MPEG2V MPA(ita) MPA(oth) - - TTX(ita) - - -",
    3404: "MPA - - - - -",
    3405: "MPA - - - - -",
    3406: "MPA - - - - -",
    3410: "HEVC",
    3411: "MPEG2V MPA(ita) TTX(ita) - - - - -",
  },
  "dvbt-tw-cts-si-epg-chinese.ts": { 501: "H264 AAC-LATM AAC-LATM" },
  "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts": { 4352: "MPEG2V MPA(eng) DVBSUB(eng) - - - -" },
  "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts": { 16657: "AAC-LATM(cze) -" },
};

t.test("si captures: the streams of each service", { skip: skipWithout(...Object.keys(STREAMS)) }, (t) => {
  for (const [file, streams] of Object.entries(STREAMS)) t.same(streamsOf(file), streams, file);
  t.end();
});

/** VDR's guide: `E id start duration`, then `T title`, by channel. */
function vdrEvents(file: string): { key: string; startsAt: number; durationMs: number; title: string }[] {
  const folder = join(dirname(pathOf(file)), "reference", file.replace(/\.ts$/, ""));
  const events: { key: string; startsAt: number; durationMs: number; title: string }[] = [];
  let channel = "";
  for (const line of readFileSync(join(folder, "vdr-2.6.0-LSTE.txt"), "utf8").split(/\r?\n/)) {
    const [id, start, duration] = line.slice(6).split(" ");
    if (line.startsWith("215-C")) channel = (id ?? "").split("-").slice(1).join("-");
    if (line.startsWith("215-E")) {
      events.push({
        key: `${channel} ${id}`,
        startsAt: Number(start) * 1000,
        durationMs: Number(duration) * 1000,
        title: "",
      });
    }
    const last = events.at(-1);
    if (line.startsWith("215-T") && last !== undefined) last.title = line.slice(6);
  }
  return events;
}

for (const { file, count, titles } of [
  { file: "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts", count: 974, titles: ['Téléfoot. "Téléfoot n°33"...'] },
  {
    file: "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts",
    count: 4958,
    titles: ["Příběhy obyčejného šílenství/Velké umění-činohra/2009(11)", "Ranní Radiožurnál"],
  },
]) {
  t.test(`si captures: the guide as VDR reads it, ${file}`, { skip: skipWithout(file) }, (t) => {
    const events = eventsOf(sectionsOf(siOfFile(pathOf(file), (pid) => pid === 0x12)));
    const theirs = vdrEvents(file);
    t.equal(theirs.length, count);
    const plain = (text: string): string => text.replace(/\s+/g, " ").trim();
    const different = theirs.filter(({ key, startsAt, durationMs, title }) => {
      const ours = events.get(key);
      return (
        ours === undefined ||
        ours.startsAt !== startsAt ||
        ours.durationMs !== durationMs ||
        plain(ours.title) !== plain(title)
      );
    });
    t.same(
      different.slice(0, 5).map((event) => [event, events.get(event.key)]),
      [],
    );
    t.equal(different.length, 0);
    const ours = new Set([...events.values()].map((event) => event.title));
    for (const title of titles) t.ok(ours.has(title), title);
    t.end();
  });
}

const CANALSAT = "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts";
t.test(
  "si captures: unmarked Latin-1 of a network known for it is read as such",
  { skip: skipWithout(CANALSAT) },
  (t) => {
    const sections = sectionsOf(siOfFile(pathOf(CANALSAT), (pid) => pid === 0x12));
    const described = (options?: TextOptions): string[] =>
      sections.flatMap(
        (section) => decodeEit(section, options)?.events.map((event) => event.description) ?? [],
      );
    t.ok(described().some((text) => text.includes("Réalisé par Frank Tashlin en 1960")));
    t.ok(
      described({ default: "iso-6937" }).some((text) => text.includes("RØalisØ par Frank Tashlin en 1960")),
    );
    t.end();
  },
);
