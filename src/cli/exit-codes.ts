import type { ErrorCode, ErrorKind, TellyportError } from "../kernel/errors.ts";

/** What the process ends with; the numbers are those of BSD's sysexits.h. */
export const EXIT = {
  ok: 0,
  /** The command line is wrong, or names what is ambiguous. */
  usage: 64,
  /** What was asked for is not to be had now: no daemon, no box, no channel, no tuner. */
  unavailable: 69,
  /** Stopped in good order to be begun again: service managers that restart after a failure alone do so too. */
  restart: 75,
  /** The box knows what was asked for and says no: a wrong code, a missing right. */
  refused: 77,
  /** The configuration, or a file that it names, is bad. */
  configuration: 78,
} as const;

const BY_KIND: Record<ErrorKind, number> = {
  invalid: EXIT.usage,
  unauthenticated: EXIT.refused,
  forbidden: EXIT.refused,
  "not-found": EXIT.unavailable,
  gone: EXIT.unavailable,
  conflict: EXIT.unavailable,
  busy: EXIT.unavailable,
  unavailable: EXIT.unavailable,
  timeout: EXIT.unavailable,
  internal: EXIT.unavailable,
};

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  "config-invalid": EXIT.configuration,
  "config-unreadable": EXIT.configuration,
  "source-empty": EXIT.configuration,
  "source-missing": EXIT.configuration,
  "source-not-list": EXIT.configuration,
  "source-not-ts": EXIT.configuration,
};

/** The exit code of a failed command. */
export function exitCodeOf(error: TellyportError): number {
  return BY_CODE[error.code] ?? BY_KIND[error.kind];
}
