import type { Door } from "./doors.ts";
import { note } from "./flapping.ts";
import type { Verdict } from "./judge.ts";

/** What becomes of a door. Pure: times are given, ms since 1970. */

/** A dial-back is good for so long. */
const GOOD_FOR = 24 * 3600_000;
/** What it showed stays in the DNS so long while no other one can be made: by then the address may be somebody else's. */
const LASTS = 48 * 3600_000;

export interface Report {
  readonly observed: string;
  readonly port: number | null;
  readonly seq: number;
  readonly now: number;
}

/** @returns the door, and whether the box has to be asked before anything of it may be published */
export function reported(door: Door, verdict: Verdict, report: Report): { door: Door; ask: boolean } {
  const { observed, port, seq, now } = report;
  const told = { ...door, seq, reportedAt: now };
  const place = { address: observed, port };
  if (verdict !== "ask") return { door: { ...told, ...place, state: verdict, ...NOTHING }, ask: false };
  const { recent, unstable } = note(door.recent, observed, now);
  if (unstable) return { door: { ...told, ...place, state: "unstable", recent, ...NOTHING }, ask: false };
  const stillGood =
    door.state === "direct" &&
    door.published === observed &&
    door.verifiedPort === port &&
    door.verifiedAt !== null &&
    door.verifiedAt <= now &&
    now - door.verifiedAt < GOOD_FOR;
  const isOver = door.verifiedAt !== null && now - door.verifiedAt >= LASTS;
  return { door: { ...told, recent, ...(isOver && NOTHING) }, ask: !stillGood };
}

/** The box was asked, and signed for the address, or not. */
export function answered(door: Door, good: boolean, report: Omit<Report, "seq">): Door {
  const { observed, port, now } = report;
  const place = { address: observed, port };
  return good
    ? { ...door, ...place, state: "direct", published: observed, verifiedPort: port, verifiedAt: now }
    : { ...door, ...place, state: "unverified", ...NOTHING };
}

/** Nothing of it is published any more. */
export const NOTHING = { published: null, verifiedPort: null, verifiedAt: null } as const;
