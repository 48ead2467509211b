/** `note`: neither good nor bad; `warning`: it works, but not as it should; `problem`: something that is needed is missing. */
export type FindingLevel = "ok" | "note" | "warning" | "problem";

/** One line of what the doctor says. */
export interface Finding {
  /** What was looked at: `state directory`, `adapter 0`. */
  readonly subject: string;
  readonly level: FindingLevel;
  /** For people; names the cure where there is something to cure. */
  readonly message: string;
}

export const ok = (subject: string, message: string): Finding => ({ subject, level: "ok", message });
export const note = (subject: string, message: string): Finding => ({ subject, level: "note", message });
export const warning = (subject: string, message: string): Finding => ({
  subject,
  level: "warning",
  message,
});
export const problem = (subject: string, message: string): Finding => ({
  subject,
  level: "problem",
  message,
});
