import { readName } from "./name.ts";
import { CLASS, FLAG, HEADER, OPCODE, RCODE, TYPE } from "./numbers.ts";
import { encodeName } from "./name.ts";
import { decodeRdata } from "./rdata.ts";
import type { RecordType } from "./records.ts";

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

/** One record, its data still in the message. */
export interface WireRecord extends Question {
  /** s */
  readonly ttl: number;
  /** Where it begins in the message ... */
  readonly at: number;
  /** ... where its data does, and ends. */
  readonly dataAt: number;
  readonly end: number;
}

/** A message taken apart, as far as both sides of a query or an update need it. @see RFC 1035 §4.1, RFC 2136 §2 */
export interface Message {
  readonly id: number;
  /** The second word of the header. */
  readonly flags: number;
  readonly opcode: number;
  readonly rcode: number;
  /** Of an update: the zone. */
  readonly questions: readonly Question[];
  /** Answers, or prerequisites. */
  readonly answers: readonly WireRecord[];
  /** Authority, or what is to be changed. */
  readonly authorities: readonly WireRecord[];
  readonly additionals: readonly WireRecord[];
}

/** @returns null when it is no message, or has more than what it says */
export function readMessage(bytes: Uint8Array): Message | null {
  if (bytes.length < HEADER) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = HEADER;
  const questions: Question[] = [];
  for (let left = view.getUint16(4); left > 0; left--) {
    const read = readName(bytes, at);
    if (read === null || read.end + 4 > bytes.length) return null;
    const { name, end } = read;
    questions.push({ name, type: view.getUint16(end), class: view.getUint16(end + 2) });
    at = end + 4;
  }
  const sections: WireRecord[][] = [];
  for (const count of [6, 8, 10]) {
    const records: WireRecord[] = [];
    for (let left = view.getUint16(count); left > 0; left--) {
      const record = readRecord(bytes, view, at);
      if (record === null) return null;
      records.push(record);
      at = record.end;
    }
    sections.push(records);
  }
  if (at !== bytes.length) return null;
  const [answers = [], authorities = [], additionals = []] = sections;
  const flags = view.getUint16(2);
  return {
    id: view.getUint16(0),
    flags,
    opcode: (flags >> 11) & 0xf,
    rcode: flags & 0xf,
    questions,
    answers,
    authorities,
    additionals,
  };
}

function readRecord(bytes: Uint8Array, view: DataView, at: number): WireRecord | null {
  const read = readName(bytes, at);
  if (read === null || read.end + 10 > bytes.length) return null;
  const { name, end } = read;
  const dataAt = end + 10;
  const dataEnd = dataAt + view.getUint16(end + 8);
  if (dataEnd > bytes.length) return null;
  const [type, klass, ttl] = [view.getUint16(end), view.getUint16(end + 2), view.getUint32(end + 4)];
  return { name, type, class: klass, ttl, at, dataAt, end: dataEnd };
}

/** A query without recursion. @param id 0..65535, one that nobody can guess. @throws RangeError when it is no name */
export function encodeQuery(name: string, type: RecordType, id: number): Buffer {
  const head = Buffer.alloc(HEADER);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(1, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(TYPE[type], 0);
  tail.writeUInt16BE(CLASS.IN, 2);
  return Buffer.concat([head, encodeName(name), tail]);
}

/** What a query brought: the values of a set, none when there is no such set; or why nothing is known. */
export type QueryAnswer =
  | { readonly kind: "values"; readonly values: readonly string[] }
  /** Too large for a datagram. */
  | { readonly kind: "truncated" }
  | { readonly kind: "failed"; readonly rcode: number }
  /** It is no answer to this query. */
  | { readonly kind: "unreadable" };

/** Reads an answer to {@link encodeQuery}. Aliases are not followed: asked is what stands at the name itself. */
export function readQueryAnswer(bytes: Uint8Array, name: string, type: RecordType, id: number): QueryAnswer {
  const message = readMessage(bytes);
  if (message === null || message.id !== id || (message.flags & FLAG.QR) === 0) return { kind: "unreadable" };
  if (message.opcode !== OPCODE.QUERY) return { kind: "unreadable" };
  const [question] = message.questions;
  if (question !== undefined && (question.name !== name || question.type !== TYPE[type]))
    return { kind: "unreadable" };
  if ((message.flags & FLAG.TC) !== 0) return { kind: "truncated" };
  if (message.rcode === RCODE.NXDOMAIN) return { kind: "values", values: [] };
  if (message.rcode !== RCODE.NOERROR) return { kind: "failed", rcode: message.rcode };
  const values: string[] = [];
  for (const record of message.answers) {
    if (record.name !== name || record.type !== TYPE[type] || record.class !== CLASS.IN) continue;
    const value = decodeRdata(type, bytes, record.dataAt, record.end);
    if (value === null) return { kind: "unreadable" };
    values.push(value);
  }
  return { kind: "values", values };
}
