import type { AccessUnit, Track } from "../../../../../src/share/live/media-source.ts";
import { TsWriter, type TsWriterOptions } from "../../../../../src/share/live/packaging/ts/ts-writer.ts";

/** A writer whose packets are kept. */
export function writing(
  tracks: readonly Track[],
  options?: TsWriterOptions,
): { writer: TsWriter; ts: () => Buffer } {
  const out: Buffer[] = [];
  const writer = new TsWriter(tracks, (packets) => out.push(Buffer.from(packets)), options);
  return { writer, ts: () => Buffer.concat(out) };
}

/** What a writer makes of these units. */
export function write(
  tracks: readonly Track[],
  units: readonly AccessUnit[],
  options?: TsWriterOptions,
): Buffer {
  const { writer, ts } = writing(tracks, options);
  for (const one of units) writer.unit(one);
  return ts();
}
