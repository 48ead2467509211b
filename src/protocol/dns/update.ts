import { readMessage } from "./message.ts";
import { encodeName, isWithin } from "./name.ts";
import { CLASS, FLAG, HEADER, OPCODE, RCODE, TYPE, rcodeName } from "./numbers.ts";
import { encodeRdata } from "./rdata.ts";
import { RECORD_TYPES, type NameRecords, type RecordType } from "./records.ts";
import {
  signMessage,
  signatureLength,
  verifyMessage,
  type Signed,
  type TsigError,
  type TsigKey,
} from "./tsig.ts";

/** What must be so, or the whole update is refused. @see RFC 2136 §2.4 */
export type Prerequisite =
  | { readonly kind: "name-in-use" | "name-not-in-use"; readonly name: string }
  | { readonly kind: "set-exists" | "set-missing"; readonly name: string; readonly type: RecordType };

/** One UPDATE: all of it happens, or nothing. @see RFC 2136 §3.4.2 */
export interface Update {
  readonly zone: string;
  /** All within the zone, no name twice. */
  readonly names: readonly NameRecords[];
  /** Which types are replaced, or go; default all of {@link RECORD_TYPES}. Sets of other types must not be among those wanted. */
  readonly types?: readonly RecordType[];
  readonly prerequisites?: readonly Prerequisite[];
}

/** Octets of a message over TCP. @see RFC 1035 §4.2.2 */
export const LONGEST_MESSAGE = 65_535;
/** So far into a message a pointer reaches. @see RFC 1035 §4.1.4 */
const POINTED = 0x3fff;

/**
 * A signed UPDATE. What is at a name goes before anything is added there, so that an alias may take the place of addresses and the
 * other way round (RFC 2136 §3.4.2.2 leaves out an addition that does not fit what is there at that moment).
 * @param id 0..65535
 * @param now s since 1970
 * @throws RangeError when a name or value cannot be sent, or it is longer than a message may be
 */
export function encodeUpdate(update: Update, key: TsigKey, now: number, id: number): Signed {
  const signed = signMessage(unsignedUpdate(update, id), key, now);
  if (signed.bytes.length > LONGEST_MESSAGE)
    throw new RangeError("an update is longer than a message may be");
  return signed;
}

/**
 * The same in as many updates as it takes, in order; each has all prerequisites.
 * @param names in one update at the most; default 200
 * @throws RangeError as {@link encodeUpdate}
 */
export function splitUpdate(update: Update, key: TsigKey, names = 200): Update[] {
  const fixed = unsignedUpdate({ ...update, names: [] }, 0).length + signatureLength(key);
  const empty = new UpdateWriter(update.zone).end().length;
  const parts: NameRecords[][] = [];
  let room = 0;
  for (const name of update.names) {
    // As at the end of a long message, where only the zone can be pointed to: never less than it takes.
    const length =
      new UpdateWriter(update.zone, 0, POINTED).change(name, typesOf(update)).end().length - empty;
    const part = parts.at(-1);
    if (part !== undefined && part.length < names && length <= room) part.push(name);
    else {
      parts.push([name]);
      room = LONGEST_MESSAGE - fixed;
    }
    room -= length;
  }
  return parts.map((part) => ({ ...update, names: part }));
}

const typesOf = ({ types }: Update): readonly RecordType[] => types ?? RECORD_TYPES;

function unsignedUpdate(update: Update, id: number): Buffer {
  const writer = new UpdateWriter(update.zone, id);
  for (const one of update.prerequisites ?? []) writer.require(one);
  for (const name of update.names) writer.change(name, typesOf(update));
  return writer.end();
}

/** Writes the sections one after another. */
class UpdateWriter {
  readonly #zone: string;
  readonly #parts: Buffer[] = [];
  #length = 0;
  #prerequisites = 0;
  #changes = 0;
  /** Where the last owner is, so that its further records point to it. */
  #owner = { name: "", at: 0 };

  /** @param offset how far into a message it is as if this began; default 0 */
  constructor(zone: string, id = 0, offset = 0) {
    this.#zone = zone;
    this.#length = offset;
    const head = Buffer.alloc(HEADER);
    head.writeUInt16BE(id, 0);
    head.writeUInt16BE(OPCODE.UPDATE << 11, 2);
    head.writeUInt16BE(1, 4);
    this.#put(head);
    this.#put(encodeName(zone));
    this.#put(Buffer.from([0, TYPE.SOA, 0, CLASS.IN]));
  }

  /** @see RFC 2136 §2.4 */
  require(one: Prerequisite): void {
    const absent = one.kind === "name-not-in-use" || one.kind === "set-missing";
    const type = "type" in one ? TYPE[one.type] : TYPE.ANY;
    this.#record(one.name, type, absent ? CLASS.NONE : CLASS.ANY);
    this.#prerequisites++;
  }

  /** @see RFC 2136 §2.5 */
  change({ name, sets }: NameRecords, types: readonly RecordType[]): this {
    for (const type of types) {
      this.#record(name, TYPE[type], CLASS.ANY);
      this.#changes++;
    }
    for (const { type, ttl, values } of sets) {
      if (!types.includes(type)) throw new RangeError(`${type} is not among the types of this update`);
      for (const value of values) {
        this.#record(name, TYPE[type], CLASS.IN, ttl, encodeRdata(type, value));
        this.#changes++;
      }
    }
    return this;
  }

  end(): Buffer {
    const message = Buffer.concat(this.#parts);
    if (Math.max(this.#prerequisites, this.#changes) > 0xffff)
      throw new RangeError("an update has more records than a message may");
    message.writeUInt16BE(this.#prerequisites, 6);
    message.writeUInt16BE(this.#changes, 8);
    return message;
  }

  #record(name: string, type: number, klass: number, ttl = 0, data: Buffer = Buffer.alloc(0)): void {
    this.#name(name);
    const head = Buffer.alloc(10);
    head.writeUInt16BE(type, 0);
    head.writeUInt16BE(klass, 2);
    head.writeUInt32BE(ttl, 4);
    head.writeUInt16BE(data.length, 8);
    this.#put(head);
    this.#put(data);
  }

  #name(name: string): void {
    if (!isWithin(name, this.#zone)) throw new RangeError(`"${name}" is not within ${this.#zone}`);
    if (name === this.#zone) return this.#pointer(HEADER);
    if (name === this.#owner.name && this.#owner.at <= POINTED) return this.#pointer(this.#owner.at);
    this.#owner = { name, at: this.#length };
    // Encoded whole, so that its length is judged too; its last part is the zone, which the question has.
    const own = encodeName(name).subarray(0, name.length - this.#zone.length);
    this.#put(own);
    this.#pointer(HEADER);
  }

  #pointer(to: number): void {
    this.#put(Buffer.from([0xc0 | (to >> 8), to & 0xff]));
  }

  #put(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }
}

/** What an answer to an update is judged by. */
export interface UpdateContext {
  readonly id: number;
  readonly key: TsigKey;
  /** Of the request. */
  readonly mac: Uint8Array;
  /** s since 1970 */
  readonly now: number;
}

export type UpdateAnswer =
  /** It has happened, and the server has signed that. */
  | { readonly kind: "done" }
  /** Of such answers, `SERVFAIL` alone is worth another try. */
  | { readonly kind: "refused"; readonly rcode: string }
  /** The server does not take our signature. */
  | {
      readonly kind: "key-refused";
      readonly error: TsigError;
      /** s since 1970, with BADTIME. */ readonly serverTime: number | null;
    }
  /** We do not take the server's. */
  | { readonly kind: "not-trusted"; readonly error: TsigError | "unsigned" }
  /** It is no answer to this. */
  | { readonly kind: "unreadable" };

/** Reads the answer to {@link encodeUpdate}. What is not signed is believed only when it says that nothing was done. */
export function readAnswer(bytes: Uint8Array, context: UpdateContext): UpdateAnswer {
  const message = readMessage(bytes);
  if (message === null || message.id !== context.id || (message.flags & FLAG.QR) === 0)
    return { kind: "unreadable" };
  if (message.opcode !== OPCODE.UPDATE) return { kind: "unreadable" };
  const verdict = verifyMessage(bytes, context.key, context.now, context.mac);
  const failed = message.rcode !== RCODE.NOERROR;
  switch (verdict.kind) {
    case "good":
      return failed ? { kind: "refused", rcode: rcodeName(message.rcode) } : { kind: "done" };
    case "rejected":
      return { kind: "key-refused", error: verdict.error, serverTime: verdict.serverTime };
    case "unsigned":
      if (failed) return { kind: "refused", rcode: rcodeName(message.rcode) };
      return { kind: "not-trusted", error: "unsigned" };
    case "forged":
      return { kind: "not-trusted", error: verdict.error };
  }
}
