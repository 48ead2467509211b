import { closeSync, openSync, writeSync } from "node:fs";
import { TellyportError } from "../../../kernel/errors.ts";
import { Broadcaster, TICKS_PER_SECOND } from "./broadcaster.ts";
import { LINEUP } from "./lineup.ts";
import type { Loops } from "./loops.ts";

export interface WriteOptions {
  readonly loops: Loops;
  /** Epoch milliseconds of the first packet. */
  readonly startsAt: number;
  /** PCR of the first packet, ticks of 27 MHz. Default: from `startsAt`. */
  readonly pcrStart?: number;
}

/**
 * Writes what a multiplex of the line-up broadcasts into a file, as fast as the disk goes: for programs that read files.
 * @param multiplexId `mock-1`..`mock-3`
 * @param seconds of broadcast
 * @returns bytes written
 * @throws TellyportError `unsupported` when the line-up has no such multiplex
 */
export function writeMultiplex(
  multiplexId: string,
  seconds: number,
  path: string,
  options: WriteOptions,
): number {
  const multiplex = LINEUP.find((one) => one.id === multiplexId && one.dead !== true);
  if (multiplex === undefined)
    throw new TellyportError("unsupported", `the mock broadcasts no multiplex "${multiplexId}"`);
  const broadcaster = new Broadcaster({ multiplex, ...options });
  const file = openSync(path, "w");
  let written = 0;
  try {
    for (;;) {
      const chunk = broadcaster.generate(seconds * TICKS_PER_SECOND);
      if (chunk.length === 0) return written;
      for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
      written += chunk.length;
    }
  } finally {
    closeSync(file);
  }
}
