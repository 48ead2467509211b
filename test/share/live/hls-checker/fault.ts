import type { Answered, Asked, Faults } from "./fake-origin.ts";

/** What may be wrong with a stream, each with the rule that must find it. */
export interface Fault extends Faults {
  readonly rule: string;
  readonly what: string;
  /** What cannot but be found beside it. */
  readonly also?: readonly string[];
  readonly seconds?: number;
}

type Kind = Asked["kind"];

/** Another text in the media playlists of one rendition. */
export const inText =
  (kind: Kind, from: string | RegExp, to: string, after = 0) =>
  (text: string, asked: Asked): string =>
    asked.what === "playlist" && asked.kind === kind && asked.at >= after ? text.replaceAll(from, to) : text;

export const inTop =
  (from: string | RegExp, to: string) =>
  (text: string, { what }: Asked): string =>
    what === "multivariant" ? text.replaceAll(from, to) : text;

/** Writes 32 bits at an offset in every box of a type, from its type on. */
export function patch(bytes: Buffer, type: string, offset: number, value: number): Buffer {
  const out = Buffer.from(bytes);
  for (let at = out.indexOf(type); at >= 0; at = out.indexOf(type, at + 4))
    out.writeUInt32BE(value >>> 0, at + offset);
  return out;
}

export const inPart =
  (kind: Kind, change: (bytes: Buffer, asked: Asked) => Buffer) =>
  (bytes: Buffer, asked: Asked): Buffer =>
    asked.kind === kind && asked.what === "part" ? change(bytes, asked) : bytes;

export const inInit =
  (kind: Kind, change: (bytes: Buffer) => Buffer) =>
  (bytes: Buffer, asked: Asked): Buffer =>
    asked.kind === kind && asked.what === "init" ? change(bytes) : bytes;

/** Replaces every 32-bit value in the sample table of a part. */
export function samples(bytes: Buffer, from: number, to: number): Buffer {
  const out = Buffer.from(bytes);
  const trun = out.indexOf("trun");
  const end = out.indexOf("mdat");
  for (let at = trun + 16; at + 4 <= end - 4; at += 4)
    if (out.readUInt32BE(at) === from) out.writeUInt32BE(to, at);
  return out;
}

export const flip = (bytes: Buffer): Buffer => {
  const out = Buffer.from(bytes);
  out[out.length - 1] = (out.at(-1) ?? 0) ^ 1;
  return out;
};

export const isHint = ({ what, held }: Asked): boolean => what === "part" && held;

/** One packet of one segment of a transport stream. */
export const inPacket = (index: number, change: (packet: Buffer) => void): Faults & { seconds: number } => ({
  container: "ts",
  seconds: 3.5,
  bytes: (bytes, { what, msn }) => {
    if (what !== "segment" || msn !== 108) return bytes;
    const out = Buffer.from(bytes);
    change(out.subarray(index * 188, index * 188 + 188));
    return out;
  },
});

export const header =
  (matches: (asked: Asked) => boolean, name: string, value: string | null) =>
  (answer: Answered, asked: Asked): void => {
    if (!matches(asked) || answer.status >= 300) return;
    if (value === null) delete answer.headers[name];
    else answer.headers[name] = value;
  };

export const isMedia = ({ what, kind }: Asked): boolean =>
  (what === "segment" || what === "part") && kind === "video";
export const stall = (from: number, ms: number) => (at: number) => Math.min(ms, Math.max(0, at - from));
export const asksSegment = ({ kind, query }: Asked): boolean =>
  kind === "video" && query.has("_HLS_msn") && !query.has("_HLS_part");

/** Of what was just published, not of what is long there or refused. */
export const isNear = ({ query, msn }: Asked): boolean =>
  Number(query.get("_HLS_msn")) > msn - 3 && Number(query.get("_HLS_msn")) <= msn;
