import { statfs } from "node:fs/promises";
import type { SystemState } from "../protocol/system.ts";

/** How long a file system may take to answer, ms: a network mount may never do. */
const PATIENCE = 2000;

/** How much room there is where a folder lies. Nulls where that cannot be asked, or takes too long. */
export async function folderSpace(path: string): Promise<SystemState["storage"]["state"]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), PATIENCE);
  });
  try {
    const found = await Promise.race([statfs(path).catch(() => null), late]);
    if (found === null) return { path, free: null, total: null };
    const { bavail, blocks, bsize } = found;
    return { path, free: bavail * bsize, total: blocks * bsize };
  } finally {
    clearTimeout(timer);
  }
}
