import type { Milliseconds } from "../../kernel/units.ts";
import type { StreamMilestones } from "./live-stream.ts";

/** The header that tells timings to a browser. @see W3C Server-Timing */
export function serverTiming(timings: Readonly<Record<string, number>>): string {
  return Object.entries(timings)
    .map(([name, value]) => `${name};dur=${value}`)
    .join(", ");
}

/** How long each step took since somebody wished for the channel, ms; what is still to come is left out. */
export function timingsSince(from: Milliseconds, milestones: StreamMilestones): Record<string, number> {
  const timings: Record<string, number> = {};
  for (const name of ["lock", "pmt", "randomAccess", "ready", "firstPart"] as const) {
    const at = milestones[name];
    // What a stream already had when this client came took no time.
    if (at !== null) timings[name] = Math.round(Math.max(0, at - from) * 10) / 10;
  }
  return timings;
}
