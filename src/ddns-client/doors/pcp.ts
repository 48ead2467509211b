import { narrowAddress, wideAddress } from "./mapped-address.ts";

/**
 * The bytes of the Port Control Protocol: MAP and ANNOUNCE. MAP for IPv6 opens a pinhole.
 * @see RFC 6887
 */

/** Where gateways listen, and from where they announce. @see RFC 6887 §19.1 */
export const PCP_PORT = 5351;
/** Bytes of a mapping's nonce, by which its owner is known again. @see RFC 6887 §11.1 */
export const NONCE_BYTES = 12;

const VERSION = 2;
const HEAD = 24;
const MAP = HEAD + 36;
/** No message is longer. @see RFC 6887 §7 */
const LONGEST = 1100;
const OPCODES = { announce: 0, map: 1 } as const;
const ANSWER = 0x80;
/** Of protocols with ports, by their IANA numbers. */
const TCP = 6;

/** @see RFC 6887 §7.4 */
export const PCP_RESULTS = [
  "SUCCESS",
  "UNSUPP_VERSION",
  "NOT_AUTHORIZED",
  "MALFORMED_REQUEST",
  "UNSUPP_OPCODE",
  "UNSUPP_OPTION",
  "MALFORMED_OPTION",
  "NETWORK_FAILURE",
  "NO_RESOURCES",
  "UNSUPP_PROTOCOL",
  "USER_EX_QUOTA",
  "CANNOT_PROVIDE_EXTERNAL",
  "ADDRESS_MISMATCH",
  "EXCESSIVE_REMOTE_PEERS",
] as const;
export type PcpResult = (typeof PCP_RESULTS)[number] | "UNKNOWN";

/** A TCP mapping that is wished for. */
export interface PcpWish {
  /** The box's own, towards the gateway: of IPv4 or IPv6. */
  readonly client: string;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
  readonly internalPort: number;
  /** 0: any. */
  readonly externalPort: number;
  /** Null: any of the client's family. */
  readonly externalAddress: string | null;
  /** s; 0 takes the mapping away. */
  readonly lifetime: number;
}

interface PcpHead {
  readonly result: PcpResult;
  /** As it came, 0 to 255. */
  readonly code: number;
  /** Of a mapping, or for how long an error is expected to last, s. */
  readonly lifetime: number;
  /** Seconds for which the gateway has known its mappings. */
  readonly epoch: number;
}
export interface PcpMapAnswer extends PcpHead {
  readonly kind: "map";
  readonly nonce: Uint8Array;
  readonly protocol: number;
  readonly internalPort: number;
  readonly externalPort: number;
  /** Null: it has none to give. */
  readonly externalAddress: string | null;
}
/** An ANNOUNCE, asked for or not, and any answer that says no more than its head. */
export interface PcpOtherAnswer extends PcpHead {
  readonly kind: "announce" | "other";
}
export type PcpAnswer = PcpMapAnswer | PcpOtherAnswer;

/** @see RFC 6887 §7.1, §11.1 */
export function encodePcpMap(wish: PcpWish): Buffer {
  const message = head(OPCODES.map, wish.client, wish.lifetime, MAP);
  message.set(wish.nonce.subarray(0, NONCE_BYTES), HEAD);
  message[HEAD + 12] = TCP;
  message.writeUInt16BE(wish.internalPort, HEAD + 16);
  message.writeUInt16BE(wish.externalPort, HEAD + 18);
  // The address of all zeros says which family. RFC 6887 §11.1
  const any = wish.client.includes(":") ? "::" : "0.0.0.0";
  message.set(wideAddress(wish.externalAddress ?? any), HEAD + 20);
  return message;
}

/** Asks for nothing but the epoch. @see RFC 6887 §14.1 */
export function encodePcpAnnounce(client: string): Buffer {
  return head(OPCODES.announce, client, 0, HEAD);
}

/** Reads a gateway's message; null for what is none. Options are passed over. @see RFC 6887 §7.2, §8.3 */
export function decodePcp(bytes: Uint8Array): PcpAnswer | null {
  if (bytes.length < HEAD || bytes.length > LONGEST || bytes.length % 4 !== 0) return null;
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (data[0] !== VERSION || (data[1]! & ANSWER) === 0) return null;
  const opcode = data[1]! & ~ANSWER;
  const code = data[3]!;
  const common: PcpHead = {
    result: PCP_RESULTS[code] ?? "UNKNOWN",
    code,
    lifetime: data.readUInt32BE(4),
    epoch: data.readUInt32BE(8),
  };
  if (opcode === OPCODES.announce) return { kind: "announce", ...common };
  if (opcode !== OPCODES.map) return { kind: "other", ...common };
  // One that refuses may leave out what it does not understand, but for a success the mapping has to be there.
  if (data.length < MAP) return code === 0 ? null : { kind: "other", ...common };
  return {
    kind: "map",
    ...common,
    nonce: Uint8Array.from(data.subarray(HEAD, HEAD + NONCE_BYTES)),
    protocol: data[HEAD + 12]!,
    internalPort: data.readUInt16BE(HEAD + 16),
    externalPort: data.readUInt16BE(HEAD + 18),
    externalAddress: narrowAddress(data.subarray(HEAD + 20, HEAD + 36)),
  };
}

/** Whether an answer is to that wish. @see RFC 6887 §11.4 */
export function answersWish(answer: PcpAnswer, wish: PcpWish): answer is PcpMapAnswer {
  return (
    answer.kind === "map" &&
    answer.protocol === TCP &&
    answer.internalPort === wish.internalPort &&
    Buffer.from(answer.nonce).equals(wish.nonce)
  );
}

/** An old gateway's way to say that it speaks NAT-PMP alone. @see RFC 6887 §9, RFC 6886 §3.5 */
export function speaksNatPmpOnly(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0 && (bytes[1]! & ANSWER) !== 0;
}

function head(opcode: number, client: string, lifetime: number, length: number): Buffer {
  const message = Buffer.alloc(length);
  message[0] = VERSION;
  message[1] = opcode;
  message.writeUInt32BE(lifetime, 4);
  message.set(wideAddress(client), 8);
  return message;
}
