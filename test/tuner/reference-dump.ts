import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { capture } from "../helpers/captures.ts";

/** Values by path, e.g. `sdt.service.1537.name`; what two readers of one capture are compared by. */
export type Fields = Map<string, string>;

interface Descriptor {
  readonly tag: number;
  readonly lines: string[];
}

/** A table of the dump, or an entry of its loop. */
interface Part {
  readonly head: string;
  readonly values: Map<string, string>;
  readonly descriptors: Descriptor[];
  readonly entries: Part[];
}

const part = (head: string): Part => ({ head, values: new Map(), descriptors: [], entries: [] });

/** The file of a capture's reference folder, or null. */
export function referenceOf(file: string, name: string): string {
  return readFileSync(
    join(dirname(capture(file) ?? ""), "reference", file.replace(/\.\w+$/, ""), name),
    "utf8",
  );
}

/** Splits what dvbv5-scan 1.22 printed into tables, entries, values and descriptors. */
function parts(dump: string): Part[] {
  const tables: Part[] = [];
  let table: Part | null = null;
  let current: Part | null = null;
  for (const line of dump.split("\n")) {
    if (/^(PAT|PMT|NIT|SDT)$/.test(line)) tables.push((current = table = part(line)));
    else if (table === null || current === null || !line.startsWith("|")) continue;
    else if (line.startsWith("|_")) table = null;
    else if (/^\|- (stream|transport|service) /.test(line))
      table.entries.push((current = part(line.slice(3))));
    else if (/^\| {8}0x[0-9a-f]{2}: /.test(line))
      current.descriptors.push({ tag: Number.parseInt(line.slice(11, 13), 16), lines: [] });
    else if (/^\| {11}/.test(line)) current.descriptors.at(-1)?.lines.push(line.slice(12));
    else {
      const value = /^\|[- ]+(\S.*?)(?:  +|: | (?=\S+$))(\S.*)$/.exec(line);
      if (value?.[1] !== undefined) current.values.set(value[1], value[2] ?? "");
    }
  }
  return tables;
}

const numberOf = (text: string | undefined): string => String(Number(text));
const hexOf = (text: string | undefined): string => String(Number.parseInt(text ?? "", 16));

/** The bytes that the dump prints of a descriptor it does not know, or "". */
function bytesOf(descriptor: Descriptor): string {
  const lines = descriptor.lines.map((line) => /^(?:[0-9a-f]{2} {1,2})+/.exec(line.slice(0, 50) + " ")?.[0]);
  return lines.every((line) => line !== undefined) ? lines.join("").replaceAll(" ", "") : "";
}

/** `name   value` of a descriptor's line. */
function valueOf(descriptor: Descriptor, name: string): string | undefined {
  const line = descriptor.lines.find((one) => one.trimStart().startsWith(name));
  return line?.trimStart().slice(name.length).trim();
}

const unquoted = (text: string | undefined): string => (text ?? "").replace(/^'|'$/g, "");

/** What the tables of a dump say, by path. */
export function fieldsOfDump(dump: string): Fields {
  const fields: Fields = new Map();
  for (const table of parts(dump)) {
    const id = numberOf(table.values.get("transport_stream_id"));
    const at = table.head === "PMT" ? `pmt.${id}` : table.head.toLowerCase();
    if (table.head !== "PMT") fields.set(`${at}.id`, id);
    fields.set(`${at}.version`, numberOf(table.values.get("version")));
    if (table.head === "PAT") readPat(table, fields);
    if (table.head === "PMT") readPmt(table, at, fields);
    if (table.head === "NIT") readNit(table, fields);
    if (table.head === "SDT") readSdt(table, fields);
  }
  return fields;
}

function readPat(table: Part, fields: Fields): void {
  for (const [name, value] of table.values) {
    const pid = /^pid 0x([0-9a-f]+)$/.exec(name)?.[1];
    if (pid !== undefined) fields.set(`pat.program.${numberOf(value.replace("service ", ""))}`, hexOf(pid));
  }
}

function readPmt(table: Part, at: string, fields: Fields): void {
  fields.set(`${at}.pcr`, hexOf(table.values.get("pcr_pid")));
  fields.set(`${at}.ca`, table.descriptors.map(readCa).join(" "));
  fields.set(`${at}.streams`, table.entries.map((entry) => hexOf(entry.head.slice(9, 13))).join(" "));
  for (const entry of table.entries) {
    const stream = `${at}.stream.${hexOf(entry.head.slice(9, 13))}`;
    fields.set(`${stream}.type`, hexOf(/\(([0-9a-f]+)\)$/.exec(entry.head)?.[1]));
    fields.set(`${stream}.tags`, entry.descriptors.map(({ tag }) => tag.toString(16)).join(" "));
    entry.descriptors.forEach((descriptor, index) => {
      const language = /^lang: (...) \(type: (\d+)\)/.exec(descriptor.lines[0] ?? "");
      if (language !== null) {
        fields.set(`${stream}.language`, language[1] ?? "");
        fields.set(`${stream}.audioType`, language[2] ?? "");
      }
      const bytes = bytesOf(descriptor);
      if (bytes !== "") fields.set(`${stream}.descriptor.${index}`, bytes);
    });
  }
}

function readCa(descriptor: Descriptor): string {
  return ["ca_id", "ca_pid"].map((name) => numberOf(valueOf(descriptor, name))).join("@");
}

function readSdt(table: Part, fields: Fields): void {
  fields.set("sdt.network", numberOf(table.values.get("network_id")));
  for (const entry of table.entries) {
    const at = `sdt.service.${numberOf(entry.head.replace("service ", ""))}`;
    for (const [name, key] of [
      ["EIT schedule", "schedule"],
      ["EIT present following", "presentFollowing"],
      ["free CA mode", "freeCa"],
      ["running status", "running"],
    ] as const)
      fields.set(`${at}.${key}`, numberOf(entry.values.get(name)));
    for (const descriptor of entry.descriptors) {
      if (descriptor.tag === 0x73)
        fields.set(`${at}.authority`, Buffer.from(bytesOf(descriptor), "hex").toString("latin1"));
      if (descriptor.tag !== 0x48) continue;
      fields.set(`${at}.type`, numberOf(valueOf(descriptor, "service type")));
      fields.set(`${at}.provider`, unquoted(valueOf(descriptor, "provider")));
      fields.set(`${at}.name`, unquoted(valueOf(descriptor, "name")));
    }
  }
}

function readNit(table: Part, fields: Fields): void {
  const named = table.descriptors.find(({ tag }) => tag === 0x40);
  if (named !== undefined) fields.set("nit.name", unquoted(valueOf(named, "network name:")));
  for (const entry of table.entries) {
    const ids = /^transport ([0-9a-f]{4}) network ([0-9a-f]{4})/.exec(entry.head);
    const at = `nit.${hexOf(ids?.[2])}.${hexOf(ids?.[1])}`;
    for (const descriptor of entry.descriptors) readNitDescriptor(descriptor, at, fields);
  }
}

const BY_CODE = {
  bandwidth: ["8000000", "7000000", "6000000", "5000000"],
  code_rate_hp_stream: ["1/2", "2/3", "3/4", "5/6", "7/8"],
  code_rate_lp_stream: ["1/2", "2/3", "3/4", "5/6", "7/8"],
  hierarchy_information: ["NONE", "1", "2", "4"],
  constellation: ["QPSK", "QAM/16", "QAM/64"],
  transmission_mode: ["2K", "8K", "4K"],
  guard_interval: ["1/32", "1/16", "1/8", "1/4"],
} as const;

const OURS = {
  bandwidth: "bandwidthHz",
  code_rate_hp_stream: "codeRateHp",
  code_rate_lp_stream: "codeRateLp",
  hierarchy_information: "hierarchy",
  constellation: "modulation",
  transmission_mode: "transmissionMode",
  guard_interval: "guardInterval",
} as const;

function readNitDescriptor(descriptor: Descriptor, at: string, fields: Fields): void {
  switch (descriptor.tag) {
    case 0x41:
      fields.set(`${at}.services`, bytesOf(descriptor));
      break;
    case 0x5a:
      fields.set(`${at}.frequencyHz`, valueOf(descriptor, "centre frequency") ?? "");
      for (const name of Object.keys(OURS) as (keyof typeof OURS)[])
        fields.set(`${at}.${OURS[name]}`, BY_CODE[name][Number(valueOf(descriptor, name))] ?? "");
      break;
    case 0x62:
      fields.set(
        `${at}.frequencies`,
        descriptor.lines.flatMap((line) => /^frequency : (\d+)/.exec(line)?.[1] ?? []).join(" "),
      );
      break;
    case 0x7f: {
      if (!(descriptor.lines[0] ?? "").includes("type 0x04")) break;
      fields.set(`${at}.plp`, numberOf(valueOf(descriptor, "plp_id")));
      fields.set(
        `${at}.transmissionMode`,
        (valueOf(descriptor, "transmission_mode") ?? "").replace(/ .*/, ""),
      );
      fields.set(`${at}.guardInterval`, (valueOf(descriptor, "guard_interval") ?? "").replace(/ .*/, ""));
      fields.set(
        `${at}.bandwidthHz`,
        String(Number.parseFloat(valueOf(descriptor, "bandwidth") ?? "") * 1e6),
      );
      const frequency = valueOf(descriptor, "frequency[0]");
      if (frequency !== undefined)
        fields.set(`${at}.frequencyHz`, String(Math.round(Number.parseFloat(frequency) * 1e6)));
      break;
    }
    case 0x83:
      readChannels(descriptor, at, fields);
      break;
    default:
  }
}

function readChannels(descriptor: Descriptor, at: string, fields: Fields): void {
  const channels: string[] = [];
  let serviceId = "";
  let number = "";
  for (const line of descriptor.lines) {
    const [, name, value] = /^(\S+(?: \S+)*?) +(\d+)$/.exec(line.trim()) ?? [];
    if (name?.startsWith("service ID") === true) serviceId = value ?? "";
    if (name === "LCN") number = value ?? "";
    if (name === "visible service") channels.push(`${serviceId}=${number}${value === "1" ? "" : " hidden"}`);
  }
  fields.set(`${at}.channels`, channels.join(" "));
}

/** `[name]` blocks of a channel list in dvb-v5 format. */
export function fieldsOfChannels(text: string): Fields {
  const fields: Fields = new Map();
  for (const block of text.split(/^(?=\[)/m).filter((one) => one.startsWith("["))) {
    const values = new Map(
      [...block.matchAll(/^\t(\w+) = (.*)$/gm)].map(([, key, value]) => [key ?? "", value ?? ""]),
    );
    const at = `channel.${values.get("SERVICE_ID")}`;
    fields.set(`${at}.name`, /^\[(.*)\]$/m.exec(block)?.[1] ?? "");
    for (const [key, value] of values) {
      if (key === "NETWORK_ID" || key === "TRANSPORT_ID") fields.set(`${at}.${key}`, value);
      else if (/^(VIDEO_PID|AUDIO_PID|PID_..)$/.test(key))
        fields.set(
          `${at}.${key}`,
          value
            .split(" ")
            .sort((a, b) => Number(a) - Number(b))
            .join(" "),
        );
    }
  }
  return fields;
}
