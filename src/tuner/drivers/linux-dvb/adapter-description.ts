import type { ErrorCode } from "../../../kernel/errors.ts";

/** Systems of `Delivery` that an adapter of Linux DVB can receive. `atsc-cable` is ATSC's cable modulation (QAM, ITU-T J.83 annex B). */
export type DvbSystem =
  "dvbt" | "dvbt2" | "dvbc" | "dvbs" | "dvbs2" | "dtmb" | "isdbt" | "atsc" | "atsc-cable";

/** Something that keeps an adapter from being used, or from being used fully. */
export interface AdapterProblem {
  readonly code: Extract<ErrorCode, "device-busy" | "device-gone" | "unsupported">;
  /** For people; names the cure. */
  readonly message: string;
}

/** What one front end of a Linux DVB adapter is and can do: a line of `tellyport doctor`. */
export interface AdapterDescription {
  /** Of the tuner driver, e.g. `dvb-usb-1-1.4`: by the place where it is plugged in, or by its number where that is not known. */
  readonly id: string;
  /** N of `/dev/dvb/adapterN`. */
  readonly adapter: number;
  /** M of `frontendM`. */
  readonly frontend: number;
  /** Path of the front end's device node. */
  readonly device: string;
  /** Where it is plugged in, e.g. `usb 1-1.4`, `pci 0000:03:00.0`; null when the system does not tell. */
  readonly bus: string | null;
  /** As the kernel driver calls it; null when it could not be asked. */
  readonly name: string | null;
  /** Of the kernel's DVB interface, e.g. `5.11`. */
  readonly apiVersion: string | null;
  /** Empty when the front end could not be asked. */
  readonly systems: readonly DvbSystem[];
  /** On air for terrestrial and cable; behind the LNB (intermediate frequency) for satellite. Null when it does not tell. */
  readonly frequencyHz: { readonly from: number; readonly to: number } | null;
  /** Symbols per second, satellite and cable; null when it does not tell. */
  readonly symbolRate: { readonly from: number; readonly to: number } | null;
  /** PID filters that are free now, counted up to 64; null when they could not be counted. */
  readonly pidFilters: number | null;
  /** Empty: it can be used. */
  readonly problems: readonly AdapterProblem[];
}
