import { open, type FileHandle } from "node:fs/promises";
import type { FakeClock } from "../../../helpers/fake-clock.ts";
import { createFileSource, type FileSourceOptions } from "../../../../src/tuner/drivers/file/index.ts";

export interface Played {
  syncLosses: number;
  failure: string | null;
}

/** Reads of files that are under way in this process; to be counted from the first call on. */
let reading: (() => number) | null = null;

async function countReads(path: string): Promise<() => number> {
  const file = await open(path);
  const prototype = Object.getPrototypeOf(file) as { read: (...args: unknown[]) => Promise<unknown> };
  await file.close();
  const { read } = prototype;
  let count = 0;
  prototype.read = function (this: FileHandle, ...args) {
    count++;
    return read.apply(this, args).finally(() => count--);
  };
  return () => count;
}

/**
 * Plays one file into `take` while the clock moves on in steps of 10 ms, and stands while the file is read.
 * @param until asked after each quarter of a second; the play ends when it is true, or after `limit` seconds of the clock
 */
export async function playFile(
  clock: FakeClock,
  path: string,
  options: Partial<FileSourceOptions> & {
    take: (chunk: Buffer) => void;
    until?: () => boolean;
    limit?: number;
  },
): Promise<Played> {
  const isReading = (reading ??= await countReads(path));
  const { take, until = () => false, limit = 300, ...rest } = options;
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
  // Reads are real: time that runs as fast as the machine allows would leave them behind.
  const untilRead = async (): Promise<void> => {
    do await new Promise((resolve) => setImmediate(resolve));
    while (isReading() > 0);
  };
  await untilRead();
  for (let elapsed = 0; elapsed < limit && !until() && played.failure === null; elapsed += 0.25)
    for (let step = 0; step < 5; step++) {
      await clock.advanceAsync(50);
      await untilRead();
    }
  await driver.close();
  return played;
}
