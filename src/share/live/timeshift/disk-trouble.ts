/** Why a disk did not do what it was asked. */
export interface DiskTrouble {
  readonly kind: DiskTroubleKind;
  /** The system's name for it: `ENOSPC`. */
  readonly code: string;
}

/**
 * `full`: it takes no more, what is on it can be read. `read-only`: nothing can be written or removed. `missing`: the folder
 * or its disk is not there. `faulty`: anything else; what is on it is not to be relied on.
 */
export type DiskTroubleKind = "full" | "read-only" | "missing" | "faulty";

const KINDS: Readonly<Record<string, DiskTroubleKind>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EFBIG: "full",
  EMFILE: "full",
  ENFILE: "full",
  EROFS: "read-only",
  EACCES: "read-only",
  EPERM: "read-only",
  ENOENT: "missing",
  ENOTDIR: "missing",
  ENODEV: "missing",
  ENXIO: "missing",
  ESTALE: "missing",
};

/** @param error whatever a file operation threw */
export function diskTrouble(error: unknown): DiskTrouble {
  const code =
    typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
      ? error.code
      : "unknown";
  return { kind: KINDS[code] ?? "faulty", code };
}
