import { readFileSync } from "node:fs";
import type { CodedPicture } from "../../../src/share/stills/still.ts";
import { capture } from "../../helpers/captures.ts";
import { mediaOf, type DemuxOptions } from "../../helpers/ts-to-media.ts";

/** Every picture of a transport stream that can be decoded alone, as a service's source gives it. */
export async function picturesOf(ts: Buffer, options: DemuxOptions = {}): Promise<CodedPicture[]> {
  const log = await mediaOf(ts, options);
  return log.units.flatMap((unit, index) => {
    const version = log.announcedAt.findLastIndex((at) => at <= index);
    const track = log.tracks[version]?.find(({ id }) => id === unit.track);
    return track?.kind === "video" && unit.randomAccess ? [{ track, data: unit.data }] : [];
  });
}

/** The same of a broadcast. */
export const picturesOfCapture = (name: string, service?: number): Promise<CodedPicture[]> =>
  picturesOf(readFileSync(capture(name) ?? name), { ...(service !== undefined && { service }), cut: true });
