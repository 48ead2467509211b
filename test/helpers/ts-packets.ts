/** Transport packets for tests, exact to the byte. @see ISO/IEC 13818-1 §2.4.3.2 */

export interface TsPacket {
  /** 0..0x1FFF */
  readonly pid: number;
  /** Continuity counter, 0..15; default 0. */
  readonly cc?: number;
  /** At most 184 bytes, less the adaptation field. Default: none. What is left over is stuffed. */
  readonly payload?: Buffer;
  /** Default false. */
  readonly payloadUnitStart?: boolean;
  /** transport_error_indicator; default false. */
  readonly transportError?: boolean;
  /** transport_scrambling_control, 0..3; default 0. */
  readonly scrambling?: number;
  /** Present: the packet has an adaptation field, even if all its flags are 0. */
  readonly adaptation?: {
    readonly discontinuity?: boolean;
    readonly randomAccess?: boolean;
    /** PCR in 27 MHz ticks. */
    readonly pcr?: number;
  };
  /** Where stuffing goes when the payload is short: `adaptation` (PES, default) or `payload` (0xFF behind it: sections). */
  readonly stuff?: "adaptation" | "payload";
}

const PACKET = 188;

/** One packet of 188 bytes. @throws RangeError when adaptation field and payload do not fit */
export function tsPacket(spec: TsPacket): Buffer {
  const payload = spec.payload ?? Buffer.alloc(0);
  const stuff = spec.stuff ?? "adaptation";
  const fields = adaptationFields(spec);
  let room = PACKET - 4 - (fields === null ? 0 : 1 + fields.length);
  if (payload.length > room) throw new RangeError(`${payload.length} bytes of payload, room for ${room}`);
  const packet = Buffer.alloc(PACKET, 0xff);
  let adaptation = fields;
  if (stuff === "adaptation" && payload.length < room) {
    const length = PACKET - 4 - 1 - payload.length;
    adaptation = Buffer.alloc(length, 0xff);
    if (length > 0) adaptation[0] = 0;
    fields?.copy(adaptation);
    room = payload.length;
  }
  packet.writeUInt8(0x47, 0);
  packet.writeUInt16BE(
    (spec.transportError ? 0x8000 : 0) | (spec.payloadUnitStart ? 0x4000 : 0) | (spec.pid & 0x1fff),
    1,
  );
  const control = (adaptation === null ? 0 : 2) | (room > 0 ? 1 : 0);
  packet.writeUInt8(((spec.scrambling ?? 0) << 6) | (control << 4) | ((spec.cc ?? 0) & 0x0f), 3);
  let at = 4;
  if (adaptation !== null) {
    packet.writeUInt8(adaptation.length, at);
    adaptation.copy(packet, at + 1);
    at += 1 + adaptation.length;
  }
  payload.copy(packet, at);
  return packet;
}

function adaptationFields(spec: TsPacket): Buffer | null {
  const { adaptation } = spec;
  if (adaptation === undefined) return null;
  const fields = Buffer.alloc(adaptation.pcr === undefined ? 1 : 7);
  fields.writeUInt8(
    (adaptation.discontinuity ? 0x80 : 0) |
      (adaptation.randomAccess ? 0x40 : 0) |
      (adaptation.pcr === undefined ? 0 : 0x10),
  );
  if (adaptation.pcr !== undefined) {
    const base = Math.floor(adaptation.pcr / 300);
    const extension = adaptation.pcr % 300;
    fields.writeUInt32BE(Math.floor(base / 2), 1);
    fields.writeUInt16BE(((base % 2) << 15) | 0x7e00 | extension, 5);
  }
  return fields;
}
