import {
  CAN,
  DTV,
  ERRNO,
  FRONTEND_EVENT_BYTES,
  FRONTEND_INFO_BYTES,
  IOCTL,
  packDiseqc,
  packProperties,
  packPropertiesHeader,
  propertyBuffer,
  propertyData,
  propertyIoctls,
  propertyStatistic,
  STATUS,
  unpackFrontendInfo,
  type DtvCommand,
  type FrontendInfo,
  type Property,
  type Statistic,
} from "./abi.ts";
import { BURST, SYSTEM, TONE, VOLTAGE } from "./kernel-names.ts";
import { OPEN, type Libc } from "./libc.ts";
import type { Reading } from "./statistics.ts";
import type { FrontendFacts, TuneStep } from "./tune-plan.ts";

/** A call of the kernel's that failed. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
  /** Positive. */
  readonly errno: number;
  readonly call: string;

  constructor(call: string, errno: number) {
    super(`${call}: error ${errno}`);
    this.call = call;
    this.errno = errno;
  }
}

/** @throws DeviceError */
export function check(call: string, result: number): number {
  if (result < 0) throw new DeviceError(call, -result);
  return result;
}

/** From this version on a driver lists its systems. */
const API_ENUM_DELSYS = 0x0505;
/** Drivers that never run out of events would keep us forever. */
const MOST_EVENTS = 64;

/** A front end's device node, open. Every call may take as long as the driver likes. */
export class FrontEnd {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #failing = new Set<number>();
  /** Whose address the kernel has must not be collected meanwhile. */
  #held: Buffer = Buffer.alloc(0);

  /**
   * @param watch without the right to tune, beside whoever tunes
   * @throws DeviceError
   */
  constructor(libc: Libc, path: string, watch = false) {
    this.#libc = libc;
    const access = watch ? OPEN.READ : OPEN.READ_WRITE;
    this.#descriptor = check("open", libc.open(path, access | OPEN.NONBLOCK | OPEN.CLOSE_ON_EXEC));
  }

  close(): void {
    this.#libc.close(this.#descriptor);
  }

  /** @throws DeviceError */
  info(): FrontendInfo {
    const bytes = Buffer.alloc(FRONTEND_INFO_BYTES);
    check("FE_GET_INFO", this.#libc.ioctl(this.#descriptor, IOCTL.FE_GET_INFO, bytes));
    return unpackFrontendInfo(bytes);
  }

  /** @throws DeviceError */
  facts(info: FrontendInfo): FrontendFacts {
    const version = this.#get(DTV.API_VERSION);
    const apiVersion = version === null ? 0 : propertyData(version);
    const systems = apiVersion < API_ENUM_DELSYS ? null : this.#get(DTV.ENUM_DELSYS);
    return {
      apiVersion,
      deliverySystems: systems === null ? guessedSystems(info) : [...propertyBuffer(systems)],
      caps: info.caps,
    };
  }

  /**
   * Does the steps of a plan, all but the waits.
   * @throws DeviceError
   */
  step(step: Exclude<TuneStep, { kind: "wait" }>): void {
    switch (step.kind) {
      case "tone":
        return this.#value("FE_SET_TONE", IOCTL.FE_SET_TONE, step.on ? TONE.ON : TONE.OFF);
      case "voltage":
        return this.#value(
          "FE_SET_VOLTAGE",
          IOCTL.FE_SET_VOLTAGE,
          step.volts === 18 ? VOLTAGE.V18 : VOLTAGE.V13,
        );
      case "burst":
        return this.#value("FE_DISEQC_SEND_BURST", IOCTL.FE_DISEQC_SEND_BURST, BURST[step.burst]);
      case "diseqc":
        check(
          "FE_DISEQC_SEND_MASTER_CMD",
          this.#libc.ioctl(this.#descriptor, IOCTL.FE_DISEQC_SEND_MASTER_CMD, packDiseqc(step.message)),
        );
        return;
      case "clear":
        return this.#set([{ command: DTV.CLEAR, value: 0 }]);
      case "set":
        this.#drainEvents();
        return this.#set(step.properties);
    }
  }

  /**
   * Bits of `STATUS`.
   * @throws DeviceError
   */
  status(): number {
    const bytes = Buffer.alloc(4);
    check("FE_READ_STATUS", this.#libc.ioctl(this.#descriptor, IOCTL.FE_READ_STATUS, bytes));
    return bytes.readUInt32LE(0);
  }

  /**
   * Status and statistics. What a driver refused once is not asked again: some are disturbed by being asked.
   * @throws DeviceError when even the status cannot be read
   */
  read(): Reading {
    const locked = (this.status() & STATUS.LOCK) !== 0;
    const strength = this.#statistic(DTV.STAT_SIGNAL_STRENGTH);
    const post = this.#statistic(DTV.STAT_POST_ERROR_BIT_COUNT);
    const after = post?.scale === "counter";
    const blocks = this.#statistic(DTV.STAT_ERROR_BLOCK_COUNT);
    return {
      locked,
      strength,
      cnr: this.#statistic(DTV.STAT_CNR),
      errorBits: after ? post : this.#statistic(DTV.STAT_PRE_ERROR_BIT_COUNT),
      totalBits: this.#statistic(after ? DTV.STAT_POST_TOTAL_BIT_COUNT : DTV.STAT_PRE_TOTAL_BIT_COUNT),
      errorBlocks: blocks,
      legacyStrength: strength === null ? this.#legacy(IOCTL.FE_READ_SIGNAL_STRENGTH, 2) : null,
      legacyBlocks: blocks === null ? this.#legacy(IOCTL.FE_READ_UNCORRECTED_BLOCKS, 4) : null,
    };
  }

  #statistic(command: DtvCommand): Statistic | null {
    if (this.#failing.has(command)) return null;
    const bytes = this.#get(command);
    const statistic = bytes === null ? null : propertyStatistic(bytes);
    if (statistic === null) this.#failing.add(command);
    return statistic;
  }

  #legacy(request: number, size: 2 | 4): number | null {
    if (this.#failing.has(request)) return null;
    const bytes = Buffer.alloc(4);
    const result = this.#libc.ioctl(this.#descriptor, request, bytes);
    if (result >= 0) return bytes.readUIntLE(0, size);
    // Not now is not never.
    if (result !== -ERRNO.EAGAIN) this.#failing.add(request);
    return null;
  }

  /** One property a call: some kernels mix up several of them for processes of 32 bits. Null when it is refused. */
  #get(command: DtvCommand): Buffer | null {
    const bytes = packProperties([{ command, value: 0 }], this.#libc.pointerSize);
    return this.#properties("get", bytes, 1) < 0 ? null : bytes;
  }

  #set(properties: readonly Property[]): void {
    const bytes = packProperties(properties, this.#libc.pointerSize);
    check("FE_SET_PROPERTY", this.#properties("set", bytes, properties.length));
  }

  #properties(way: "set" | "get", bytes: Buffer, count: number): number {
    const { pointerSize } = this.#libc;
    this.#held = bytes;
    const header = packPropertiesHeader(count, this.#libc.address(this.#held), pointerSize);
    return this.#libc.ioctl(this.#descriptor, propertyIoctls(pointerSize)[way], header);
  }

  #value(call: string, request: number, value: number): void {
    check(call, this.#libc.ioctlValue(this.#descriptor, request, value));
  }

  /** What happened to the multiplex before must not be told of this one. */
  #drainEvents(): void {
    const bytes = Buffer.alloc(FRONTEND_EVENT_BYTES);
    for (let i = 0; i < MOST_EVENTS; i++) {
      const result = this.#libc.ioctl(this.#descriptor, IOCTL.FE_GET_EVENT, bytes);
      if (result < 0 && result !== -ERRNO.EOVERFLOW) return;
    }
  }
}

/** Kernels before 5.5 tell a type and whether it can do the second generation. */
function guessedSystems({ type, caps }: FrontendInfo): number[] {
  const second = (caps & CAN.SECOND_GENERATION) !== 0;
  switch (type) {
    case 0:
      return second ? [SYSTEM.DVBS, SYSTEM.DVBS2] : [SYSTEM.DVBS];
    case 1:
      return [SYSTEM.DVBC_ANNEX_A];
    case 2:
      return second ? [SYSTEM.DVBT, SYSTEM.DVBT2] : [SYSTEM.DVBT];
    case 3:
      return [SYSTEM.ATSC, SYSTEM.DVBC_ANNEX_B];
    default:
      return [];
  }
}
