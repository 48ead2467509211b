import { every, find, walk, type Box } from "./boxes.ts";
import { codecOf } from "./codec-string.ts";
import type { Expect } from "./findings.ts";

export interface Init {
  readonly bytes: Buffer;
  readonly kind: "video" | "audio" | "other";
  /** Ticks per second. */
  readonly timescale: number;
  /** As it should stand in CODECS; null when we cannot read it. */
  readonly codec: string | null;
  readonly defaults: TrackDefaults;
}

/** @see ISO/IEC 14496-12 §8.8.3 */
export interface TrackDefaults {
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

const TREE = [
  ["moov", "mvhd"],
  ["moov", "mvex", "trex"],
  ["moov", "trak", "tkhd"],
  ["moov", "trak", "mdia", "mdhd"],
  ["moov", "trak", "mdia", "hdlr"],
  ["moov", "trak", "mdia", "minf", "dinf", "dref"],
  ["moov", "trak", "mdia", "minf", "stbl", "stsd"],
] as const;
/** Sample tables that a fragmented file has empty; the count stands behind version and flags. */
const EMPTY = [
  ["stts", 4],
  ["stsc", 4],
  ["stsz", 8],
  ["stco", 4],
] as const;
/** Parameter sets in the sample entry, as Apple's authoring rule 1.10 wants. */
const IN_BAND = ["avc3", "hev1"];

/** Reads an init segment, and says what is not as a CMAF header of one track. @returns null when it is none */
export function readInit(bytes: Buffer, where: string, expect: Expect): Init | null {
  let boxes: Box[];
  try {
    boxes = walk(bytes);
  } catch (error) {
    expect("F-01", false, where, String(error));
    return null;
  }
  const order = boxes.map(({ type }) => type).filter((type) => type !== "free");
  expect("F-01", order.join(" ") === "ftyp moov", where, `holds ${order.join(" ")}, not ftyp and moov`);
  const ftyp = find(boxes, "ftyp")?.body.toString("latin1") ?? "";
  const brands = [ftyp.slice(0, 4), ...(ftyp.slice(8).match(/.{4}/gs) ?? [])];
  expect(
    "F-01",
    brands.some((brand) => /^iso[6-9a-c]$/.test(brand)),
    where,
    `brands ${brands.join(" ")} without iso6`,
  );
  expect("F-01", brands.includes("cmfc"), where, `brands ${brands.join(" ")} without cmfc`);
  for (const path of TREE) expect("F-01", find(boxes, ...path) !== undefined, where, `no ${path.join("/")}`);
  for (const { type } of every(boxes))
    if (["elst", "edts", "sidx"].includes(type)) expect("F-01", false, where, `there is a ${type}`);
  const moov = find(boxes, "moov");
  const tracks = moov?.children.filter(({ type }) => type === "trak") ?? [];
  expect("F-01", tracks.length === 1, where, `${tracks.length} tracks in one file`);
  const media = find(tracks, "trak", "mdia")?.children ?? [];
  const table = find(media, "minf", "stbl")?.children ?? [];
  for (const [name, offset] of EMPTY) {
    const box = find(table, name);
    const empty = box !== undefined && box.body.length >= offset + 4 && box.body.readUInt32BE(offset) === 0;
    expect("F-01", empty, where, `${name} is not there, or not empty`);
  }
  const header = find(media, "mdhd");
  const hdlr = find(media, "hdlr");
  const stsd = find(media, "minf", "stbl", "stsd");
  if (header === undefined || hdlr === undefined || stsd === undefined || stsd.body.length < 16) return null;
  const handler = hdlr.body.toString("latin1", 8, 12);
  const entry = stsd.body.toString("latin1", 12, 16);
  expect("V-05", !IN_BAND.includes(entry), where, `sample entry ${entry}: parameter sets belong into it`);
  return {
    bytes,
    kind: handler === "vide" ? "video" : handler === "soun" ? "audio" : "other",
    timescale: header.body.readUInt32BE(header.body[0] === 1 ? 20 : 12),
    codec: codecOf(entry, stsd.body.subarray(8)),
    defaults: defaultsOf(find(boxes, "moov", "mvex", "trex")),
  };
}

function defaultsOf(trex: Box | undefined): TrackDefaults {
  if (trex === undefined || trex.body.length < 24) return { duration: 0, size: 0, flags: 0 };
  return {
    duration: trex.body.readUInt32BE(12),
    size: trex.body.readUInt32BE(16),
    flags: trex.body.readUInt32BE(20),
  };
}
