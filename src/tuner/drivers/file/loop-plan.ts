import { wrapDelta } from "../../../kernel/units.ts";
import { pcrDelta, type FileClock } from "./file-clock.ts";
import type { FileIndex, PidIndex, Unit } from "./file-index.ts";

/** How one turn of an endless loop is cut out of a file. */
export interface LoopPlan {
  /** File offset of the first packet of every turn but the first, which begins with the file. */
  readonly from: number;
  /** File offset behind the last packet of each turn. */
  readonly to: number;
  /** Added to every PCR, PTS and DTS with each turn; 27 MHz, a multiple of 300. */
  readonly duration: number;
  /** `random-access`: cut where a decoder of the main video can start; `unit`: at PES packets; `packets`: anywhere. */
  readonly cut: "random-access" | "unit" | "packets";
  /** PIDs with payload units in the loop: before their first one a turn has only the rest of an older unit. */
  readonly unitPids: ReadonlySet<number>;
  /** PIDs whose last unit goes on behind {@link to}: its rest is sent with the turn. */
  readonly openPids: ReadonlySet<number>;
  /** From here on packets of a PID belong to a unit whose rest is not in the file. */
  readonly cutAt: ReadonlyMap<number, number>;
}

/** Seams that are tried: random access points at the beginning, units at the end. */
const STARTS = 16;
const ENDS = 96;
/** Pictures looked at on both sides of a cut, to see that none is shown across it. */
const REORDER = 24;
/** What one second of a time line out of step costs, in seconds of length. */
const MISMATCH_COST = 8;

interface Seam {
  readonly start: Unit;
  readonly end: Unit;
}

/** Finds the cut after which clocks, pictures and sound go on as if nothing had happened. */
export function planLoop(index: FileIndex, clock: FileClock): LoopPlan {
  const main = mainPid(index, clock);
  const seam = main === null ? null : bestSeam(index, clock, main);
  if (seam === null || main === null) return finish(index, clock, index.first, index.end, null, "packets");
  const cut = isRandomAccess(index, main, seam.start) ? "random-access" : "unit";
  const target = wrapDelta(seam.start.dts ?? 0, seam.end.dts ?? 0) * 300;
  return finish(index, clock, seam.start.position, seam.end.position, target, cut);
}

/** The video that belongs to the clock, else any video, else what has most time stamps. */
function mainPid(index: FileIndex, clock: FileClock): PidIndex | null {
  const stamps = (pid: PidIndex | undefined): number =>
    pid === undefined ? 0 : pid.units.filter((unit) => unit.dts !== null).length;
  const most = (pids: (PidIndex | undefined)[]): PidIndex | null => {
    const best = pids.sort((a, b) => stamps(b) - stamps(a))[0];
    return best !== undefined && stamps(best) >= 2 ? best : null;
  };
  const videos = index.videos.map(({ pid, pcrPid }) => ({ pid: index.pids.get(pid), pcrPid }));
  return (
    most(videos.filter((video) => video.pcrPid === clock.pcrPid).map((video) => video.pid)) ??
    most(videos.map((video) => video.pid)) ??
    most([...index.pids.values()])
  );
}

function bestSeam(index: FileIndex, clock: FileClock, main: PidIndex): Seam | null {
  const units = main.units.filter((unit) => unit.dts !== null);
  const length = index.end - index.first;
  const early = units.filter((unit) => unit.position < index.first + length * 0.6);
  const points = early.filter((unit) => isRandomAccess(index, main, unit));
  const starts = (points.length > 0 ? points : early).slice(0, STARTS);
  const ends = units
    .filter((unit, i) => unit.position > index.first + length * 0.6 && isClean(units, i))
    .slice(-ENDS);
  let best: (Seam & { score: number }) | null = null;
  for (const start of starts) {
    for (const end of ends) {
      const seconds = (((end.position - start.position) / index.stride) * clock.ticksPerPacket) / 27e6;
      const score = seconds - MISMATCH_COST * mismatch(index, clock, { start, end });
      if (best === null || score > best.score) best = { start, end, score };
    }
  }
  return best;
}

/** Seen in the coded stream, or indicated; the indication alone counts only where the codec is not known. */
function isRandomAccess(index: FileIndex, main: PidIndex, unit: Unit): boolean {
  const video = index.videos.find(({ pid }) => pid === main.pid);
  return video === undefined ? unit.indicated : unit.startOf.includes(video.codec);
}

/** No picture before the cut is shown after one behind it. */
function isClean(units: readonly Unit[], cut: number): boolean {
  const origin = units[cut]!.dts!;
  let before = -Infinity;
  let behind = Infinity;
  for (let i = Math.max(0, cut - REORDER); i < cut; i++)
    before = Math.max(before, wrapDelta(origin, units[i]!.pts!));
  for (let i = cut; i < Math.min(units.length, cut + REORDER); i++)
    behind = Math.min(behind, wrapDelta(origin, units[i]!.pts!));
  return before < behind;
}

/** By how many seconds the clock and the other streams are out of step with the main one across the seam. */
function mismatch(index: FileIndex, clock: FileClock, { start, end }: Seam): number {
  const target = wrapDelta(start.dts!, end.dts!) * 300;
  let sum = Math.abs(pcrDelta(clock.at(end.position) - clock.at(start.position), target)) / 27e6;
  let streams = 0;
  let others = 0;
  for (const pid of index.pids.values()) {
    const ends = ends90k(pid, start.position, end.position);
    if (ends === null || ends.cadence > 45_000) continue;
    const gap = Math.abs(wrapDelta(ends.last + ends.cadence - ends.first, target / 300)) / 90_000;
    if (gap > 2) continue;
    streams++;
    others += gap;
  }
  if (streams > 0) sum += others / streams;
  return sum;
}

/** First and last DTS of a PID in a part of the file, and the distance of its last two. */
function ends90k(
  pid: PidIndex,
  from: number,
  to: number,
): { first: number; last: number; cadence: number } | null {
  const low = firstAtOrBehind(pid.units, from);
  const high = firstAtOrBehind(pid.units, to) - 1;
  if (high <= low) return null;
  const first = pid.units[low]!.dts;
  const last = pid.units[high]!.dts;
  const previous = pid.units[high - 1]!.dts;
  if (first === null || last === null || previous === null) return null;
  return { first, last, cadence: Math.abs(wrapDelta(previous, last)) };
}

function firstAtOrBehind(entries: readonly { readonly position: number }[], position: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function finish(
  index: FileIndex,
  clock: FileClock,
  from: number,
  to: number,
  target: number | null,
  cut: LoopPlan["cut"],
): LoopPlan {
  const unitPids = new Set<number>();
  const openPids = new Set<number>();
  const cutAt = new Map<number, number>();
  for (const pid of index.pids.values()) {
    const low = firstAtOrBehind(pid.units, from);
    const high = firstAtOrBehind(pid.units, to) - 1;
    if (high < low) continue;
    unitPids.add(pid.pid);
    const last = pid.units[high]!;
    const isLastOfFile = high === pid.units.length - 1;
    if (!isLastOfFile) openPids.add(pid.pid);
    else if (last.length > pid.unitBytes) cutAt.set(pid.pid, last.position);
    else if (to < index.end) openPids.add(pid.pid);
  }
  const passed = clock.at(to) - clock.at(from);
  // Everything in terms of the clock's own distance, so that a jump within the file does not count.
  let extra = target === null ? 0 : pcrDelta(passed, target);
  if (Math.abs(extra) > 27e6) extra = 0;
  for (const pid of index.pids.values()) extra = Math.max(extra, leastExtra(pid, passed, from, to));
  return {
    from,
    to,
    duration: Math.ceil((passed + extra) / 300) * 300,
    cut,
    unitPids,
    openPids,
    cutAt,
  };
}

/** A PID's clock and stamps must not go back at the seam: the least that the loop must be longer than the clock says. */
function leastExtra(pid: PidIndex, passed: number, from: number, to: number): number {
  let least = -Infinity;
  const firstPcr = pid.pcrs[firstAtOrBehind(pid.pcrs, from)];
  const lastPcr = pid.pcrs[firstAtOrBehind(pid.pcrs, to) - 1];
  if (firstPcr !== undefined && lastPcr !== undefined && lastPcr.position > firstPcr.position)
    least = Math.max(least, pcrDelta(passed, pcrDelta(firstPcr.value, lastPcr.value) + 27_000));
  const ends = ends90k(pid, from, to);
  if (ends !== null) least = Math.max(least, pcrDelta(passed, wrapDelta(ends.first, ends.last) * 300 + 300));
  // More than a second is no seam but a jump somewhere within the file.
  return least > 27e6 ? -Infinity : least;
}
