import type { Clock } from "../../../kernel/clock.ts";
import { createLog } from "../../../kernel/log.ts";
import { Transcoding, type TranscodingAbilities } from "./transcoding.ts";

/**
 * What this machine's ffmpeg can do, found out by letting it, without a daemon: a second or two.
 * @param vendor path of the box vendor's ffmpeg; null: there is none
 * @returns null when no ffmpeg runs
 */
export async function describeConverting(
  environment: Readonly<Record<string, string | undefined>>,
  vendor: string | null,
  clock: Clock,
): Promise<TranscodingAbilities | null> {
  const transcoding = new Transcoding({ environment, vendor, clock, log: createLog({ level: "silent" }) });
  try {
    return await transcoding.abilities();
  } finally {
    await transcoding.stop();
  }
}
