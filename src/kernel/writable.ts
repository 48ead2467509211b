import { access, constants, statfs } from "node:fs/promises";
import { systemCode } from "./errors.ts";

/** Why nothing can be written to a folder; null: it can. */
export type WriteDoubt = "failing" | "read-only" | "full" | "forbidden" | "missing";

/** Less than that is full: a commit needs a few pages, and a file its successor beside it. Bytes. */
const LEAST_SPACE = 256 * 1024;

/** Whether a folder can be written to, found without writing: asked often, that would wear out flash. */
export async function writeDoubt(path: string): Promise<WriteDoubt | null> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize < LEAST_SPACE ? "full" : null;
  } catch (error) {
    const code = systemCode(error);
    return code === "EROFS" ? "read-only" : code === "ENOENT" ? "missing" : "forbidden";
  }
}
