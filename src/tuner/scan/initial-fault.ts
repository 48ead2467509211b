import { TellyportError } from "../../kernel/errors.ts";

/** A fault of an initial tuning file. @param line from 1 @param what and how to cure it, without a full stop */
export function invalid(line: number, what: string): TellyportError {
  return new TellyportError("initial-table-invalid", `Line ${line}: ${what}.`, { detail: { line } });
}

/** What is shown of a line, without what would steer a terminal. */
export function excerpt(text: string): string {
  const clean = text.replace(/\p{Cc}/gu, "");
  return clean.length > 40 ? `${clean.slice(0, 39)}…` : clean;
}
