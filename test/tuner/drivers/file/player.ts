import type { FakeClock } from "../../../helpers/fake-clock.ts";
import { createFileSource, type FileSourceOptions } from "../../../../src/tuner/drivers/file/index.ts";

export interface Played {
  syncLosses: number;
  failure: string | null;
}

/**
 * Plays one file into `take` while the clock moves on in steps of 10 ms.
 * @param until asked after each quarter of a second; the play ends when it is true, or after `limit` seconds of the clock
 */
export async function playFile(
  clock: FakeClock,
  path: string,
  options: Partial<FileSourceOptions> & {
    take: (chunk: Buffer) => void;
    until?: () => boolean;
    limit?: number;
    /** Leave the disk time to keep up; for tests of the pace. Default false. */
    exact?: boolean;
  },
): Promise<Played> {
  const { take, until = () => false, limit = 300, exact = false, ...rest } = options;
  const source = await createFileSource({ paths: [path], clock, ...rest });
  const driver = source.drivers[0]!;
  const played: Played = { syncLosses: 0, failure: null };
  await driver.tune(
    source.multiplexes[0]!,
    {
      packets: (chunk) => take(chunk),
      overflow: () => undefined,
      syncLoss: () => played.syncLosses++,
      failed: (code) => (played.failure = code),
    },
    new AbortController().signal,
  );
  // The first read is real: let it finish before time begins to run.
  await new Promise((resolve) => setTimeout(resolve, 30));
  for (let elapsed = 0; elapsed < limit && !until() && played.failure === null; elapsed += 0.25)
    for (let step = 0; step < 5; step++) {
      await clock.advanceAsync(50);
      // Reads are real: time that runs as fast as the machine allows would leave them behind.
      if (exact) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  await driver.close();
  return played;
}
