import type { ErrorCode } from "../kernel/errors.ts";
import type { TunerFailure } from "./ports.ts";

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
