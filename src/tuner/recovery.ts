import type { ErrorCode } from "../kernel/errors.ts";
import type { Delivery, TunerFailure } from "./ports.ts";

/** Where a session stands on the ladder of recovery. */
export type RecoveryStep = "running" | "retune" | "reopen" | "failed";

/** What to try after a fault: tune again, then let the device go and open it anew, then give up. */
export function nextStep(step: RecoveryStep): Exclude<RecoveryStep, "running"> {
  switch (step) {
    case "running":
      return "retune";
    case "retune":
      return "reopen";
    case "reopen":
    case "failed":
      return "failed";
  }
}

const FAILURES: Record<TunerFailure, true> = {
  "no-lock": true,
  "no-data": true,
  "device-busy": true,
  "device-gone": true,
  unsupported: true,
};

/** Whether a driver may fail with this code. */
export function isTunerFailure(code: ErrorCode): code is TunerFailure {
  return code in FAILURES;
}

/**
 * Whether another tuner may do better: `always`, even if somebody lighter must give way; `gently`, when it costs nobody
 * anything (the antenna may be at fault, and then it is in vain); `never`.
 */
export function helpOfAnother(code: ErrorCode): "always" | "gently" | "never" {
  switch (code) {
    case "device-gone":
    case "device-busy":
    case "displaced":
      return "always";
    case "no-lock":
    case "no-data":
    case "wrong-multiplex":
      return "gently";
    default:
      return "never";
  }
}

/** A tuner that failed `failures` times in a row is left alone for so long; ms. It may have been plugged in again meanwhile. */
export function restAfter(failures: number): number {
  return Math.min(1000, 250 * 2 ** Math.max(0, failures - 1));
}

/** Whether packets come evenly, so that silence soon means a fault; a server's may come in bursts. */
export function isSteady({ system }: Delivery): boolean {
  return system !== "http" && system !== "udp" && system !== "rtp";
}

/** Whether its transport stream is identified by the network, and not by whoever relays it. */
export function isBroadcast(delivery: Delivery): boolean {
  return isSteady(delivery) && delivery.system !== "hdhomerun";
}
