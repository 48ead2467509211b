import { TellyportError, isTellyportError, messageOf, systemCode } from "../kernel/errors.ts";

/** What the system says, and what helps. */
const WORDS: Readonly<Partial<Record<string, string>>> = {
  EACCES: "this user may not: run it as the user that it belongs to, or with sudo",
  EPERM: "this user may not: run it as the user that it belongs to, or with sudo",
  ENOENT: "it is not there: check the path",
  ENOTDIR: "a part of the path is no directory: check it",
  EISDIR: "it is a directory: name a file",
  ENOSPC: "the disk is full: make room on it",
  EDQUOT: "this user's share of the disk is used up: make room",
  EROFS: "its file system is read-only: choose another place, or mount it to be written",
  EMFILE: "too many files are open: raise the limit of open files",
};

/**
 * A failure of the system as a person can read it; null: it is something else, and a fault of ours.
 * @param error as Node's file system or SQLite throws it
 */
export function systemFailure(error: unknown): TellyportError | null {
  if (!(error instanceof Error) || isTellyportError(error)) return null;
  const code = systemCode(error) ?? "";
  if (/database or disk is full/.test(error.message))
    return unusable("The state directory's disk is full: make room on it.", error);
  if (/^SQLITE_(CANTOPEN|READONLY|IOERR)/.test(code))
    return unusable(
      `The state directory cannot be used (${messageOf(error)}): check that its disk is well and that this user may write there.`,
      error,
    );
  const words = WORDS[code];
  if (words === undefined || !("syscall" in error)) return null;
  const path = "path" in error && typeof error.path === "string" ? error.path : "A file";
  return unusable(`${path}: ${words} (${code}).`, error);
}

function unusable(message: string, cause: Error): TellyportError {
  return new TellyportError("state-unusable", message, { cause });
}
