import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

/** How far what is packaged is from its source, judged by ffmpeg alone: by pictures and frames of sound that are the same. */
export interface LipSync {
  /** Pictures and frames of sound that were found in the source. */
  readonly pictures: number;
  readonly sounds: number;
  /** The largest distance from the source's own offset of sound and picture, either way; s. NaN when nothing was found. */
  readonly apart: number;
}

/** Times of what has this content, s. */
type Times = ReadonlyMap<string, readonly number[]>;

/**
 * Fetches some segments of picture and sound of a stream and compares when each is shown with the source, whose pictures and
 * frames of sound are told by their content.
 * @param file the transport stream that is repeated; @param service its service_id
 */
export async function lipSync(
  t: Teardown,
  multivariant: string,
  file: string,
  service: number,
): Promise<LipSync> {
  const folder = await temporaryFolder(t);
  const [videoFile, audioFile] = [join(folder, "v.mp4"), join(folder, "a.mp4")];
  writeFileSync(videoFile, await fetched(multivariant, "v0"));
  writeFileSync(audioFile, await fetched(multivariant, "a0"));
  const picture = ["-an", "-sn", "-dn", "-vsync", "passthrough", "-f", "framemd5"];
  const sound = ["-vn", "-sn", "-dn", "-c", "copy", "-f", "framemd5"];
  const [sourcePictures, sourceSounds, pictures, sounds] = await Promise.all([
    times(file, [...["-map", `0:p:${service}:v:0`], ...picture]),
    times(file, [...["-map", `0:p:${service}:a:0`], ...sound]),
    times(videoFile, picture),
    times(audioFile, sound),
  ]);
  // One value for each turn of the file and each track.
  const shownAt = distances(pictures, sourcePictures);
  const heardAt = distances(sounds, sourceSounds);
  const nearest = shownAt.map((one) => Math.min(...heardAt.map((other) => Math.abs(one - other))));
  return {
    pictures: shownAt.length,
    sounds: heardAt.length,
    apart: nearest.length === 0 || heardAt.length === 0 ? NaN : Math.max(...nearest),
  };
}

/** How much later in `packaged` than in `source`, of each content that the source has once only. */
function distances(packaged: Times, source: Times): number[] {
  const found: number[] = [];
  for (const [content, at] of packaged) {
    const [once, ...more] = source.get(content) ?? [];
    if (once !== undefined && more.length === 0) found.push(...at.map((time) => time - once));
  }
  return found;
}

async function times(input: string, args: readonly string[]): Promise<Times> {
  const { stdout } = await runProgram("ffmpeg", ["-v", "error", "-copyts", "-i", input, ...args, "-"], {
    timeoutMs: 120_000,
  });
  const found = new Map<string, number[]>();
  let [over, under] = [1, 90_000];
  for (const line of stdout.split("\n")) {
    const base = /^#tb 0: (\d+)\/(\d+)/.exec(line);
    if (base !== null) [over, under] = [Number(base[1]), Number(base[2])];
    const [, , pts, , , hash] = line.split(",").map((text) => text.trim());
    if (line.startsWith("#") || pts === undefined || hash === undefined) continue;
    found.set(hash, [...(found.get(hash) ?? []), (Number(pts) * over) / under]);
  }
  return found;
}

/** The init segment of a rendition, and the segments behind it that it is for. */
async function fetched(multivariant: string, rendition: string): Promise<Buffer> {
  const text = await (await fetch(multivariant)).text();
  const path = new RegExp(`[^"\\n]*/${rendition}/index\\.m3u8`).exec(text)?.[0];
  if (path === undefined) throw new Error(`there is no ${rendition}:\n${text}`);
  const address = new URL(path, multivariant);
  const playlist = await (await fetch(address)).text();
  const last = playlist.lastIndexOf("#EXT-X-MAP:");
  const init = /URI="([^"]+)"/.exec(playlist.slice(last))?.[1] ?? "";
  const names = [
    init,
    ...playlist
      .slice(last)
      .split("\n")
      .filter((line) => /^[^#]/.test(line)),
  ];
  const pieces: Buffer[] = [];
  for (const name of names) {
    const answer = await fetch(new URL(name, address));
    if (answer.status === 200) pieces.push(Buffer.from(await answer.arrayBuffer()));
  }
  return Buffer.concat(pieces);
}
