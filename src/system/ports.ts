import type { SystemState } from "../protocol/system.ts";

/** What the owner's pages about the machine need of others; `main` wires it. */
export interface SystemPorts {
  readonly version: string;
  /** Epoch ms. */
  readonly startedAt: () => number;
  /** Whether everything has been started; default: not told. */
  readonly ready?: () => boolean;
  /** Where a program on this machine finds the box over plain http; default: not told. */
  readonly local?: () => string;
  readonly clock: () => SystemState["clock"];
  /** Absolute. */
  readonly stateDirectory: string;
  readonly media: () => SystemState["storage"]["media"];
  /** Its folder by path; null: there is none. */
  readonly timeShift: () => Omit<SystemState["storage"]["timeShift"], "folder"> & {
    readonly path: string | null;
  };
  readonly guide: () => SystemState["storage"]["guide"];
  /** Begins to stop the daemon, for a service manager to begin it again; null: nobody would. */
  readonly restart: (() => void) | null;
}
