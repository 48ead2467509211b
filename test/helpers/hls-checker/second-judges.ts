import * as HLS from "hls-parser";
import * as mp4box from "mp4box";
import { ALL_FORMATS, BufferSource, Input } from "mediabunny";

import type { Expect } from "./findings.ts";

/** Others' readers, asked the same questions. */

/** hls-parser in its strict mode. @returns what it says; null when it is content */
export function judgePlaylist(text: string, kind: "media" | "multivariant"): string | null {
  try {
    HLS.setOptions({ strictMode: true }); // global to it: set at each use
    const { isMasterPlaylist } = HLS.parse(text);
    return isMasterPlaylist === (kind === "multivariant") ? null : "another kind of playlist";
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // It counts segments, where the standard counts seconds: L-05 does.
    return message.includes("greater than three target durations") ? null : message;
  }
}

/** mp4box on an init segment with segments behind it. */
export function countWithMp4box(file: Buffer): { samples: number; error: string | null } {
  const box = mp4box.createFile();
  let error: string | null = null;
  box.onError = (module: string, message: string) => (error ??= `${module}: ${message}`);
  try {
    box.appendBuffer(mp4box.MP4BoxBuffer.fromArrayBuffer(Uint8Array.from(file).buffer, 0));
    box.flush();
    const id = box.getInfo().tracks[0]?.id;
    return { samples: id === undefined ? 0 : box.getTrackSamplesInfo(id).length, error };
  } catch (thrown) {
    return { samples: 0, error: String(thrown) };
  }
}

/** mediabunny on the same; null when it does not read such a codec at all. */
export async function countWithMediabunny(file: Buffer): Promise<number | null> {
  const input = new Input({ source: new BufferSource(file), formats: ALL_FORMATS });
  try {
    const track = (await input.getPrimaryVideoTrack()) ?? (await input.getPrimaryAudioTrack());
    if (track === null || track.codec === null) return null;
    return (await track.computePacketStats()).packetCount;
  } finally {
    input.dispose();
  }
}

/** F-06: others' programs read it, and see as many samples. */
export async function judgeMedia(
  init: Buffer,
  body: Buffer,
  samples: number,
  where: string,
  expect: Expect,
): Promise<void> {
  const file = Buffer.concat([init, body]);
  const box = countWithMp4box(file);
  expect(
    "F-06",
    box.error === null && box.samples === samples,
    where,
    `mp4box: ${box.error ?? `${box.samples} samples`}`,
  );
  try {
    const count = await countWithMediabunny(file);
    expect("F-06", count === null || count === samples, where, `mediabunny: ${count} of ${samples} samples`);
  } catch (error) {
    expect("F-06", false, where, `mediabunny: ${String(error)}`);
  }
}
