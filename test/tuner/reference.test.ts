import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { eachDescriptor, findDescriptor, TAG } from "../../src/tuner/si/descriptors.ts";
import { decodeNit, type NitTransportStream } from "../../src/tuner/si/nit.ts";
import { decodePat } from "../../src/tuner/si/pat.ts";
import { decodePmt, describeStreams, type Pmt } from "../../src/tuner/si/pmt.ts";
import { decodeSdt } from "../../src/tuner/si/sdt.ts";
import { capture, PROJECT, skipWithout } from "../helpers/captures.ts";
import { siOfFile } from "../helpers/si-of-file.ts";
import { fieldsOfChannels, fieldsOfDump, referenceOf, type Fields } from "./reference-dump.ts";
import { DIFFERENCES, differencesAsMarkdown, type Difference } from "./table-differences.ts";

const CAPTURES = [
  "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts",
  "dvbs-fr-canalsat-scrambled-and-clear-2s.ts",
  "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts",
  "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts",
  "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts",
  "dvbt-tw-cts-si-epg-chinese.ts",
  "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts",
  "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts",
];

const flag = (value: boolean): string => (value ? "1" : "0");

/** Our decoders' view of a capture, by the same paths. */
function fieldsOfCapture(file: string): Fields {
  const path = capture(file) ?? "";
  const fields: Fields = new Map();
  const si = siOfFile(path, (pid) => pid === 0 || pid === 0x10 || pid === 0x11).sections;
  const pmtPids = new Map<number, number>();
  for (const section of si.get(0) ?? []) {
    const pat = decodePat(section);
    if (pat === null) continue;
    fields.set("pat.id", String(pat.transportStreamId)).set("pat.version", String(pat.version));
    if (pat.networkPid !== null) fields.set("pat.program.0", String(pat.networkPid));
    for (const { serviceId, pid } of pat.programs) {
      pmtPids.set(serviceId, pid);
      fields.set(`pat.program.${serviceId}`, String(pid));
    }
    break;
  }
  const pids = new Set(pmtPids.values());
  for (const section of [...siOfFile(path, (pid) => pids.has(pid)).sections.values()].flat()) {
    const pmt = decodePmt(section);
    if (pmt !== null && !fields.has(`pmt.${pmt.serviceId}.version`)) writePmt(pmt, fields);
  }
  for (const section of si.get(0x11) ?? []) if (writeSdt(section, fields)) break;
  for (const section of si.get(0x10) ?? []) {
    const nit = decodeNit(section);
    if (nit === null || !nit.actual) continue;
    fields.set("nit.id", String(nit.networkId)).set("nit.version", String(nit.version));
    fields.set("nit.name", nit.networkName);
    for (const stream of nit.transportStreams) writeStream(stream, fields);
    break;
  }
  return fields;
}

function writePmt(pmt: Pmt, fields: Fields): void {
  const at = `pmt.${pmt.serviceId}`;
  fields.set(`${at}.version`, String(pmt.version)).set(`${at}.pcr`, String(pmt.pcrPid));
  const cas: string[] = [];
  for (const { tag, data } of eachDescriptor(pmt.descriptors))
    if (tag === TAG.ca) cas.push(`${data.readUInt16BE(0)}@${data.readUInt16BE(2) & 0x1fff}`);
  fields.set(`${at}.ca`, cas.join(" "));
  fields.set(`${at}.streams`, pmt.streams.map((stream) => stream.pid).join(" "));
  const described = describeStreams(pmt);
  pmt.streams.forEach((stream, index) => {
    const own = `${at}.stream.${stream.pid}`;
    const descriptors = [...eachDescriptor(stream.descriptors)];
    fields.set(`${own}.type`, String(stream.streamType));
    fields.set(`${own}.tags`, descriptors.map(({ tag }) => tag.toString(16)).join(" "));
    fields.set(`${own}.language`, described.streams[index]?.language ?? "");
    const audioType = findDescriptor(stream.descriptors, TAG.iso639)?.[3];
    if (audioType !== undefined) fields.set(`${own}.audioType`, String(audioType));
    descriptors.forEach(({ data }, place) => fields.set(`${own}.descriptor.${place}`, data.toString("hex")));
  });
  writeChannel(pmt, fields);
}

const VIDEO = new Set(["h264", "hevc", "mpeg2-video"]);
const AUDIO = new Set(["aac-adts", "aac-latm", "mpeg-audio", "ac-3", "ec-3"]);

function writeChannel(pmt: Pmt, fields: Fields): void {
  const byKey = new Map<string, number[]>();
  for (const { codec, pid, streamType } of describeStreams(pmt).streams) {
    const other = `PID_${streamType.toString(16).padStart(2, "0")}`;
    const key = VIDEO.has(codec) ? "VIDEO_PID" : AUDIO.has(codec) ? "AUDIO_PID" : other;
    byKey.set(key, [...(byKey.get(key) ?? []), pid]);
  }
  for (const [key, pids] of byKey)
    fields.set(`channel.${pmt.serviceId}.${key}`, pids.sort((a, b) => a - b).join(" "));
}

function writeSdt(section: Buffer, fields: Fields): boolean {
  const sdt = decodeSdt(section);
  if (sdt === null || !sdt.actual) return false;
  fields.set("sdt.id", String(sdt.transportStreamId)).set("sdt.version", String(sdt.version));
  fields.set("sdt.network", String(sdt.originalNetworkId));
  for (const service of sdt.services) {
    const at = `sdt.service.${service.serviceId}`;
    fields.set(`${at}.schedule`, flag(service.eitSchedule));
    fields.set(`${at}.presentFollowing`, flag(service.eitPresentFollowing));
    fields.set(`${at}.freeCa`, flag(service.freeCaMode)).set(`${at}.running`, String(service.runningStatus));
    fields.set(`${at}.type`, String(service.serviceType));
    fields.set(`${at}.provider`, service.provider).set(`${at}.name`, service.name);
    if (service.defaultAuthority !== undefined) fields.set(`${at}.authority`, service.defaultAuthority);
    const channel = `channel.${service.serviceId}`;
    fields.set(`${channel}.name`, service.name);
    fields.set(`${channel}.NETWORK_ID`, String(sdt.originalNetworkId));
    fields.set(`${channel}.TRANSPORT_ID`, String(sdt.transportStreamId));
  }
  return true;
}

function writeStream(stream: NitTransportStream, fields: Fields): void {
  const at = `nit.${stream.originalNetworkId}.${stream.transportStreamId}`;
  const services = stream.services.map(({ serviceId, serviceType }) => [
    serviceId >> 8,
    serviceId,
    serviceType,
  ]);
  fields.set(`${at}.services`, Buffer.from(services.flat()).toString("hex"));
  const channels = stream.lcns.map((one) => `${one.serviceId}=${one.number}${one.visible ? "" : " hidden"}`);
  fields.set(`${at}.channels`, channels.join(" "));
  const { delivery } = stream;
  if (delivery === null) return;
  const { system: _, ...values }: Record<string, string | number | null> = { ...delivery };
  for (const [key, value] of Object.entries(values))
    if (value !== null) fields.set(`${at}.${key}`, `${value}`);
  const all = stream.frequencies ?? ("frequencyHz" in delivery ? [delivery.frequencyHz] : []);
  fields.set(`${at}.frequencies`, all.join(" "));
}

const pathPattern = (field: string): RegExp =>
  new RegExp(`^${field.replaceAll(".", "\\.").replaceAll("*", "[^.]+")}$`);

const used = new Set<Difference>();

/** What ours says of tables that they read as well: they print some descriptors in words of their own, and the channel list has these identifiers only with a NIT. */
function extra(ours: Fields, theirs: ReadonlySet<string>): string[] {
  const tables = new Set([...theirs].map(tableOf));
  return [...ours].flatMap(([field, value]) =>
    value === "" || theirs.has(field) || !tables.has(tableOf(field)) || WORDED.test(field) ? [] : [field],
  );
}

const WORDED = /\.(descriptor\.\d+|language|frequencies|NETWORK_ID|TRANSPORT_ID)$/;
const tableOf = (field: string): string => /^(?:pmt|channel)\.\d+|^\w+/.exec(field)?.[0] ?? "";

for (const file of CAPTURES) {
  t.test(`reference: tables of ${file} equal dvbv5-scan's`, { skip: skipWithout(file) }, (t) => {
    const ours = fieldsOfCapture(file);
    const theirs = [
      ...fieldsOfDump(referenceOf(file, "dvbv5-scan-1.22.1-tables.txt")),
      ...fieldsOfChannels(referenceOf(file, "dvbv5-scan-1.22.1-channels.conf")),
    ];
    const wrong: string[] = [];
    for (const [field, value] of theirs) {
      const own = ours.get(field) ?? "";
      if (own === value) continue;
      const listed = DIFFERENCES.find(
        (one) =>
          file.includes(one.capture) &&
          pathPattern(one.field).test(field) &&
          (one.theirs === "*" || one.theirs === value) &&
          (one.ours === "*" || one.ours === own),
      );
      if (listed === undefined) wrong.push(`${field}: theirs "${value}", ours "${own}"`);
      else used.add(listed);
    }
    t.same(wrong, []);
    t.same(extra(ours, new Set(theirs.map(([field]) => field))), [], "nothing that they have not");
    t.ok(theirs.length > 20, `${theirs.length} fields`);
    t.comment(`${file}: ${theirs.length} fields compared`);
    t.end();
  });
}

t.test(
  "reference: every listed difference is one, and is in the document",
  { skip: skipWithout(...CAPTURES) },
  (t) => {
    t.same(
      DIFFERENCES.filter((one) => !used.has(one)).map(({ capture, field }) => `${capture} ${field}`),
      [],
    );
    const document = readFileSync(join(PROJECT, "docs", "table-differences.md"), "utf8");
    t.equal(document.slice(document.indexOf("| capture |")), differencesAsMarkdown());
    t.end();
  },
);
