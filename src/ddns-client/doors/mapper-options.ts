import type { Clock } from "../../kernel/clock.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import type { DoorMemory } from "./door-memory.ts";
import type { DoorProtocol } from "./door-protocol.ts";
import type { Way } from "./gateway.ts";

export interface PortMapperDeps {
  readonly name: string;
  readonly clock: Clock;
  readonly log: LineLog;
  /** 0 to 1; default `Math.random`. */
  readonly random?: () => number;
  /** The way out as it is now. */
  readonly findWay: () => Promise<Way | null>;
  /** Ways of asking that router, the best first. @param nonce of PCP */
  readonly protocols: (way: Way, nonce: Uint8Array) => readonly DoorProtocol[];
  /** Calls back for whatever the router announces; returns what ends it. */
  readonly listen: (way: Way, heard: () => void) => () => void;
  readonly memory: DoorMemory;
}

export interface PortMapperOptions {
  /** Where the box listens, TCP. */
  readonly internalPort: number;
  /** The one that is asked for first, unless another is remembered; default: the internal one. */
  readonly externalPort?: number;
  /** Whether a door shall be open; the router is asked for its address in any case. */
  readonly open: boolean;
  /** What a mapping is asked for, s; default 7200. */
  readonly lifetime?: number;
}
