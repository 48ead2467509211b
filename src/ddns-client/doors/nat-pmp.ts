import { narrowAddress } from "./mapped-address.ts";

/**
 * The bytes of the NAT Port Mapping Protocol, IPv4 only. It speaks at the port of PCP, its successor.
 * @see RFC 6886
 */

const ANSWER = 0x80;
const OPCODES = { address: 0, mapTcp: 2 } as const;

/** @see RFC 6886 §3.5 */
export const NAT_PMP_RESULTS = [
  "SUCCESS",
  "UNSUPPORTED_VERSION",
  "NOT_AUTHORIZED",
  "NETWORK_FAILURE",
  "OUT_OF_RESOURCES",
  "UNSUPPORTED_OPCODE",
] as const;
export type NatPmpResult = (typeof NAT_PMP_RESULTS)[number] | "UNKNOWN";

interface NatPmpHead {
  readonly result: NatPmpResult;
  /** As it came, 0 to 65535. */
  readonly code: number;
  /** Seconds for which the gateway has known its mappings. */
  readonly epoch: number;
}
export interface NatPmpAddress extends NatPmpHead {
  readonly kind: "address";
  /** Null when there is none. */
  readonly externalAddress: string | null;
}
export interface NatPmpMap extends NatPmpHead {
  readonly kind: "map";
  readonly internalPort: number;
  readonly externalPort: number;
  /** s */
  readonly lifetime: number;
}
export type NatPmpAnswer = NatPmpAddress | NatPmpMap;

/** Asks for the external address. @see RFC 6886 §3.2 */
export function encodeNatPmpAddress(): Buffer {
  return Buffer.from([0, OPCODES.address]);
}

/**
 * Asks for a TCP mapping.
 * @param externalPort 0: any
 * @param lifetime s; 0, with an external port of 0, takes the mapping away
 * @see RFC 6886 §3.3, §3.4
 */
export function encodeNatPmpMap(internalPort: number, externalPort: number, lifetime: number): Buffer {
  const message = Buffer.alloc(12);
  message[1] = OPCODES.mapTcp;
  message.writeUInt16BE(internalPort, 4);
  message.writeUInt16BE(externalPort, 6);
  message.writeUInt32BE(lifetime, 8);
  return message;
}

/** Reads a gateway's message, asked for or announced; null for what is none of these two. */
export function decodeNatPmp(bytes: Uint8Array): NatPmpAnswer | null {
  if (bytes.length < 8 || bytes.length > 1100) return null;
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (data[0] !== 0) return null;
  const code = data.readUInt16BE(2);
  const common: NatPmpHead = {
    result: NAT_PMP_RESULTS[code] ?? "UNKNOWN",
    code,
    epoch: data.readUInt32BE(4),
  };
  // Errors may end behind the head.
  if (data[1] === (ANSWER | OPCODES.address)) {
    if (code !== 0) return { kind: "address", ...common, externalAddress: null };
    if (data.length < 12) return null;
    return { kind: "address", ...common, externalAddress: narrowAddress(data.subarray(8, 12)) };
  }
  if (data[1] !== (ANSWER | OPCODES.mapTcp)) return null;
  if (data.length < 16) {
    return code === 0 ? null : { kind: "map", ...common, internalPort: 0, externalPort: 0, lifetime: 0 };
  }
  return {
    kind: "map",
    ...common,
    internalPort: data.readUInt16BE(8),
    externalPort: data.readUInt16BE(10),
    lifetime: data.readUInt32BE(12),
  };
}
