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
