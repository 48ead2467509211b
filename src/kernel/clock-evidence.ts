import { existsSync, readFileSync, readdirSync } from "node:fs";
import { uptime } from "node:os";
import { arch } from "node:process";
import type { ClockEvidence } from "./time-keeper.ts";

/** adjtimex(2): the clock is not synchronised. */
const TIME_ERROR = 5;
/** More than `struct timex` takes on any machine (208 bytes at the most); with all zero it asks and changes nothing. */
const TIMEX_BYTES = 512;
/** systemd-timesyncd makes its file when it was told the time, and its folder when it runs. */
const TIMESYNC = "/run/systemd/timesync";
const RTC = "/sys/class/rtc";

/**
 * Asks this machine about its clock. Of `struct timex`, which differs between machines, only what the call returns is used.
 * @returns to be called as often as wanted: it takes microseconds
 */
export async function systemClockEvidence(): Promise<() => ClockEvidence> {
  const adjtimex = await adjtimexOf();
  const ownClock = hasOwnClock();
  return () => ({ word: wordOf(adjtimex?.() ?? null), ownClock, uptime: uptime() * 1000 });
}

/** @param returned of adjtimex(2); null: it cannot be called. Services are often forbidden to, by a filter on all that sets clocks */
function wordOf(returned: number | null): ClockEvidence["word"] {
  if (returned !== null && returned >= 0 && returned !== TIME_ERROR) return "synchronised";
  if (existsSync(`${TIMESYNC}/synchronized`)) return "synchronised";
  const denied = returned === null || returned < 0;
  return denied && !existsSync(TIMESYNC) ? "unknown" : "unsynchronised";
}

async function adjtimexOf(): Promise<(() => number) | null> {
  try {
    const { default: koffi } = await import("koffi");
    const call = koffi.load(null).func("int adjtimex(void*)");
    const timex = Buffer.alloc(TIMEX_BYTES);
    return () => {
      timex.fill(0);
      return call(timex) as number;
    };
  } catch {
    return null; // Another system, or another C library: then it cannot be asked.
  }
}

/** Names the time since this machine was switched on; null where it cannot be known. @see random(4) */
export function bootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null; // Another system.
  }
}

/** Every PC and its virtual machines have one; of others the kernel tells whether it set its clock by one. */
function hasOwnClock(): boolean {
  if (arch === "x64" || arch === "ia32") return true;
  try {
    return readdirSync(RTC).some((name) => readFileSync(`${RTC}/${name}/hctosys`, "utf8").trim() === "1");
  } catch {
    return false; // There is none, or it cannot be known.
  }
}
