/**
 * The kernel's DVB interface in bytes: ioctl numbers and structures of `linux/dvb/frontend.h` and `linux/dvb/dmx.h`, little-endian,
 * for processes with pointers of 4 and of 8 bytes. What counts is the process, not the kernel, which translates.
 */

export type PointerSize = 4 | 8;

/** ioctls whose number does not depend on the pointer size. */
export const IOCTL = {
  FE_GET_INFO: 0x80a86f3d,
  FE_DISEQC_SEND_MASTER_CMD: 0x40076f3f,
  FE_DISEQC_SEND_BURST: 0x6f41,
  FE_SET_TONE: 0x6f42,
  FE_SET_VOLTAGE: 0x6f43,
  FE_READ_STATUS: 0x80046f45,
  FE_READ_SIGNAL_STRENGTH: 0x80026f47,
  FE_READ_UNCORRECTED_BLOCKS: 0x80046f49,
  FE_GET_EVENT: 0x80286f4e,
  DMX_STOP: 0x6f2a,
  DMX_SET_PES_FILTER: 0x40146f2c,
  DMX_SET_BUFFER_SIZE: 0x6f2d,
} as const;

/** Numbers of the two ioctls that carry a pointer. */
export function propertyIoctls(pointer: PointerSize): { readonly set: number; readonly get: number } {
  const size = propertiesBytes(pointer) << 16;
  return { set: 0x40006f52 | size, get: (0x80006f53 | size) >>> 0 };
}

/** Properties of S2API. @see linux/dvb/frontend.h */
export const DTV = {
  TUNE: 1,
  CLEAR: 2,
  FREQUENCY: 3,
  MODULATION: 4,
  BANDWIDTH_HZ: 5,
  INVERSION: 6,
  SYMBOL_RATE: 8,
  INNER_FEC: 9,
  PILOT: 12,
  ROLLOFF: 13,
  DELIVERY_SYSTEM: 17,
  ISDBT_PARTIAL_RECEPTION: 18,
  ISDBT_SOUND_BROADCASTING: 19,
  ISDBT_LAYERA_FEC: 23,
  ISDBT_LAYERA_MODULATION: 24,
  ISDBT_LAYERB_FEC: 27,
  ISDBT_LAYERB_MODULATION: 28,
  ISDBT_LAYERC_FEC: 31,
  ISDBT_LAYERC_MODULATION: 32,
  API_VERSION: 35,
  CODE_RATE_HP: 36,
  CODE_RATE_LP: 37,
  GUARD_INTERVAL: 38,
  TRANSMISSION_MODE: 39,
  HIERARCHY: 40,
  ISDBT_LAYER_ENABLED: 41,
  STREAM_ID: 42,
  DVBT2_PLP_ID_LEGACY: 43,
  ENUM_DELSYS: 44,
  INTERLEAVING: 60,
  STAT_SIGNAL_STRENGTH: 62,
  STAT_CNR: 63,
  STAT_PRE_ERROR_BIT_COUNT: 64,
  STAT_PRE_TOTAL_BIT_COUNT: 65,
  STAT_POST_ERROR_BIT_COUNT: 66,
  STAT_POST_TOTAL_BIT_COUNT: 67,
  STAT_ERROR_BLOCK_COUNT: 68,
} as const;
export type DtvCommand = (typeof DTV)[keyof typeof DTV];

/** One property of a set: command and 32-bit value. */
export interface Property {
  readonly command: DtvCommand;
  readonly value: number;
}

/** Most properties that one call takes. */
export const MOST_PROPERTIES = 64;

/** `struct dtv_property`, packed: cmd, reserved[3], a union of 52 or 56 bytes (the pointer in it counts), result. */
export const propertyBytes = (pointer: PointerSize): number => 68 + pointer;
/** `struct dtv_properties`: num, padding where pointers want it, props. */
export const propertiesBytes = (pointer: PointerSize): number => 2 * pointer;

const UNION_AT = 16;
const BUFFER_LENGTH_AT = UNION_AT + 32;

/**
 * The array that `dtv_properties.props` points at.
 * @throws RangeError for none or for more than {@link MOST_PROPERTIES}
 */
export function packProperties(properties: readonly Property[], pointer: PointerSize): Buffer {
  if (properties.length === 0 || properties.length > MOST_PROPERTIES)
    throw new RangeError(`${properties.length} properties: one call takes 1 to ${MOST_PROPERTIES}`);
  const size = propertyBytes(pointer);
  const bytes = Buffer.alloc(properties.length * size);
  properties.forEach(({ command, value }, i) => {
    bytes.writeUInt32LE(command, i * size);
    bytes.writeUInt32LE(value >>> 0, i * size + UNION_AT);
  });
  return bytes;
}

/** `struct dtv_properties` for an array at `address`. */
export function packPropertiesHeader(count: number, address: bigint, pointer: PointerSize): Buffer {
  const bytes = Buffer.alloc(propertiesBytes(pointer));
  bytes.writeUInt32LE(count, 0);
  if (pointer === 8) bytes.writeBigUInt64LE(address, 8);
  else bytes.writeUInt32LE(Number(address), 4);
  return bytes;
}

/** `u.data` of the first property. */
export const propertyData = (bytes: Buffer): number => bytes.readUInt32LE(UNION_AT);

/** `u.buffer` of the first property: at most 32 bytes. */
export function propertyBuffer(bytes: Buffer): Buffer {
  const length = Math.min(32, bytes.readUInt32LE(BUFFER_LENGTH_AT));
  return bytes.subarray(UNION_AT, UNION_AT + length);
}

/** How a statistic is to be read. `decibel`: dB, or dBm for the strength. @see linux/dvb/frontend.h fecap_scale_params */
export type Statistic =
  | { readonly scale: "none" }
  | { readonly scale: "decibel"; readonly value: number }
  /** 0 to 1. */
  | { readonly scale: "relative"; readonly value: number }
  | { readonly scale: "counter"; readonly value: bigint };

const NO_STATISTIC: Statistic = { scale: "none" };

/**
 * `u.st` of the first property: the value of the whole, not of ISDB-T's layers.
 * @returns null when the driver does not have this statistic at all
 */
export function propertyStatistic(bytes: Buffer): Statistic | null {
  if (bytes.readUInt8(UNION_AT) === 0) return null;
  const at = UNION_AT + 2;
  switch (bytes.readUInt8(UNION_AT + 1)) {
    case 1:
      return { scale: "decibel", value: Number(bytes.readBigInt64LE(at)) / 1000 };
    case 2:
      return { scale: "relative", value: Math.min(1, Number(bytes.readBigUInt64LE(at)) / 0xffff) };
    case 3:
      return { scale: "counter", value: bytes.readBigUInt64LE(at) };
    default:
      return NO_STATISTIC;
  }
}

export const FRONTEND_INFO_BYTES = 168;
export const FRONTEND_EVENT_BYTES = 40;

/** `struct dvb_frontend_info`. Frequencies are in Hz, of satellite front ends in kHz; 0 where the driver does not tell. */
export interface FrontendInfo {
  readonly name: string;
  /** 0 QPSK (satellite), 1 QAM (cable), 2 OFDM (terrestrial), 3 ATSC. */
  readonly type: number;
  readonly frequencyMin: number;
  readonly frequencyMax: number;
  readonly symbolRateMin: number;
  readonly symbolRateMax: number;
  /** Bits of {@link CAN}. */
  readonly caps: number;
}

export function unpackFrontendInfo(bytes: Buffer): FrontendInfo {
  const end = bytes.indexOf(0);
  return {
    name: bytes.toString("utf8", 0, end < 0 || end > 128 ? 128 : end),
    type: bytes.readUInt32LE(128),
    frequencyMin: bytes.readUInt32LE(132),
    frequencyMax: bytes.readUInt32LE(136),
    symbolRateMin: bytes.readUInt32LE(148),
    symbolRateMax: bytes.readUInt32LE(152),
    caps: bytes.readUInt32LE(164),
  };
}

/** Capabilities. @see linux/dvb/frontend.h fe_caps */
export const CAN = {
  INVERSION_AUTO: 0x1,
  FEC_AUTO: 0x200,
  QAM_AUTO: 0x10000,
  TRANSMISSION_MODE_AUTO: 0x20000,
  GUARD_INTERVAL_AUTO: 0x80000,
  HIERARCHY_AUTO: 0x100000,
  SECOND_GENERATION: 0x10000000,
} as const;

/** Bits of FE_READ_STATUS. */
export const STATUS = { SIGNAL: 0x01, LOCK: 0x10 } as const;

/** All PIDs, as a filter. */
export const WHOLE_STREAM_PID = 0x2000;

const DMX_OUT_TS_TAP = 2;
const DMX_PES_OTHER = 20;
const DMX_IMMEDIATE_START = 4;

/** `struct dmx_pes_filter_params` that sends the packets of one PID from the front end to the dvr device at once. */
export function packTsTap(pid: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt16LE(pid, 0);
  bytes.writeUInt32LE(DMX_OUT_TS_TAP, 8);
  bytes.writeUInt32LE(DMX_PES_OTHER, 12);
  bytes.writeUInt32LE(DMX_IMMEDIATE_START, 16);
  return bytes;
}

/**
 * `struct dvb_diseqc_master_cmd`.
 * @throws RangeError for a message of no or more than 6 bytes
 */
export function packDiseqc(message: readonly number[]): Buffer {
  if (message.length === 0 || message.length > 6)
    throw new RangeError(`a DiSEqC message of ${message.length} bytes`);
  const bytes = Buffer.alloc(7);
  bytes.set(message);
  bytes[6] = message.length;
  return bytes;
}

/** `struct pollfd`, and its events. @see poll(2) */
export const POLL = { IN: 0x01, ERR: 0x08, HUP: 0x10, NVAL: 0x20 } as const;

/** Error numbers that mean something to us. @see errno(3), the values of ARM and x86 */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  ENODEV: 19,
  EINVAL: 22,
  EMFILE: 24,
  EOVERFLOW: 75,
} as const;

/** The device is not there any more. */
export const meansGone = (errno: number): boolean =>
  errno === ERRNO.ENODEV || errno === ERRNO.EIO || errno === ERRNO.ENXIO || errno === ERRNO.EBADF;
