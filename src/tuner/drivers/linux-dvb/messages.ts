import type { Signal, TunerFailure } from "../../ports.ts";
import type { FrontendInfo } from "./abi.ts";
import type { FilterOutcome } from "./pid-filters.ts";
import type { SharedMemory } from "./packet-ring.ts";
import type { FrontendFacts, TuneStep } from "./tune-plan.ts";

/** What the main thread and the thread of a tuner say to each other. */

/** Paths of the device nodes of one tuner. */
export interface DeviceNodes {
  readonly adapter: number;
  readonly frontend: string;
  readonly demux: string;
  readonly dvr: string;
}

/** A thread's `workerData`. */
export interface ThreadData {
  readonly memory: SharedMemory;
  /** Between two readings of the signal, ms. */
  readonly signalMs: number;
}

export type Command =
  /** `thorough`: find out, too, whether it can be tuned now and how many filters there are. */
  | { readonly kind: "probe"; readonly nodes: DeviceNodes; readonly thorough: boolean }
  /** `pids`: to deliver once it is locked. */
  | {
      readonly kind: "tune";
      readonly id: number;
      readonly nodes: DeviceNodes;
      readonly steps: readonly TuneStep[];
      readonly pids: readonly number[] | "all";
    }
  | { readonly kind: "filter"; readonly pids: readonly number[] | "all" }
  /** Give up waiting for the lock. */
  | { readonly kind: "cancel"; readonly id: number }
  /** Let go of all devices. */
  | { readonly kind: "close"; readonly id: number }
  /** Let go of all devices and end the thread. */
  | { readonly kind: "end" };

/** A failure of a device, told for people. */
export interface DeviceFailure {
  readonly code: TunerFailure;
  readonly message: string;
}

/** What a front end says of itself. */
export interface Probe {
  readonly info: FrontendInfo;
  readonly facts: FrontendFacts;
  /** Null when it was not asked, or could not be told. */
  readonly filters: number | null;
  /** Why it could not be tuned now. */
  readonly failure: DeviceFailure | null;
}

export type Report =
  /** Packets before this index of the ring were received. */
  | number
  | { readonly kind: "probed"; readonly result: Probe | DeviceFailure }
  /** What follows belongs to this tune. */
  | { readonly kind: "tuning"; readonly id: number }
  | { readonly kind: "locked"; readonly id: number }
  | ({ readonly kind: "failed" } & DeviceFailure)
  | { readonly kind: "overflow" }
  | { readonly kind: "sync-loss" }
  | { readonly kind: "filters"; readonly outcome: FilterOutcome }
  | { readonly kind: "signal"; readonly signal: Signal }
  | { readonly kind: "closed"; readonly id: number }
  /** The thread cannot work here at all. */
  | ({ readonly kind: "unusable" } & DeviceFailure);
