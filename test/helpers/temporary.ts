import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a test needs of tap to clean up after itself. */
export interface Teardown {
  teardown(callback: () => unknown): void;
}

/** A folder of the test's own, removed when the test is over. */
export async function temporaryFolder(t: Teardown): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "tellyport-"));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}
