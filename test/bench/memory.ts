import { readFileSync } from "node:fs";
import type { Daemon } from "../helpers/daemon.ts";
import type { Session } from "../../src/cli/remote/session.ts";
import { note, rounded } from "./figure.ts";
import { Viewer, tunersOf } from "./viewer.ts";

/** Resident memory as the kernel counts it, in MB of 10^6 bytes. @see proc(5), /proc/pid/status */
export interface Resident {
  readonly all: number;
  /** Pages of its own: heap, buffers, stacks. */
  readonly anonymous: number;
  /** Pages of files: the program, its libraries, mapped files. */
  readonly file: number;
  /** The most that was resident since its start. */
  readonly peak: number;
}

export function residentOf(pid: number): Resident {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string): number => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
    if (kib === undefined) throw new Error(`/proc/${pid}/status does not state ${name}`);
    return (Number(kib) * 1024) / 1e6;
  };
  return {
    all: megabytes("VmRSS"),
    anonymous: megabytes("RssAnon"),
    file: megabytes("RssFile"),
    peak: megabytes("VmHWM"),
  };
}

export function describeResident(id: string, resident: Resident): void {
  const { all, anonymous, file, peak } = resident;
  note(
    `${id}: ${rounded(all, 1)} MB = ${rounded(anonymous, 1)} of its own + ${rounded(file, 1)} of files; peak ${rounded(peak, 1)}`,
  );
}

/** So long after the start everything has caught up, s. */
const CATCH_UP_SECONDS = 5;
/** Clock ticks a second of /proc: USER_HZ, the same on every Linux that Node runs on. */
const TICKS = 100;

/** CPU seconds of a process so far, its threads included. @see proc(5), /proc/pid/stat fields 14 and 15 */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Behind the name, which may hold anything, the fields begin with the third.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

export function pidOf(box: Daemon): number {
  if (box.child.pid === undefined) throw new Error("the daemon has no process id");
  return box.child.pid;
}

export interface Watched {
  readonly resident: Resident;
  /** Mb/s that a viewer received, on average. */
  readonly rate: number;
  /** Share of one core that the daemon took, from a few seconds after the start to the end. */
  readonly cpu: number;
}

/**
 * What a process takes of one core for a while, once everything has caught up.
 * @returns 1 for a whole core
 */
export async function cpuShareOf(pid: number, forSeconds: number): Promise<number> {
  const wait = (seconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  await wait(CATCH_UP_SECONDS);
  const from = { cpu: cpuSecondsOf(pid), at: performance.now() };
  await wait(forSeconds - CATCH_UP_SECONDS);
  return (cpuSecondsOf(pid) - from.cpu) / ((performance.now() - from.at) / 1000);
}

/**
 * Lets viewers fetch everything for a while, and reads the memory while they are still there.
 * @param viewers which client watches which channel
 * @param forSeconds more than {@link CATCH_UP_SECONDS}
 * @throws Error when a viewer did not get its segments, or more than one tuner was in use
 */
export async function whileWatched(
  box: Daemon,
  viewers: readonly { session: Session; channel: string }[],
  forSeconds: number,
): Promise<Watched> {
  const started: Viewer[] = [];
  for (const { session, channel } of viewers) started.push(await Viewer.start(box, session, channel));
  for (const viewer of started) viewer.watch();
  const cpu = await cpuShareOf(pidOf(box), forSeconds);
  const resident = residentOf(pidOf(box));
  const received = started.reduce((sum, { bytes }) => sum + bytes, 0);
  // One that is tuned ahead has no viewer.
  const watched = (consumer: string): boolean => consumer !== "ready for a change of channel";
  const busy = (await tunersOf(box)).filter(({ consumers }) => consumers.some(watched));
  for (const viewer of started) await viewer.stop();
  const fewest = Math.min(...started.map(({ segments }) => segments));
  // At least one segment of picture and one of sound every two seconds, beyond the first few.
  if (fewest < forSeconds - 6)
    throw new Error(`a viewer received only ${fewest} segments in ${forSeconds} s`);
  if (busy.length !== 1) throw new Error(`${busy.length} tuners were in use, not one`);
  return { resident, cpu, rate: (received * 8) / 1e6 / forSeconds / started.length };
}
