import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as Type from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";
import { messageOf, TellyportError } from "../../../kernel/errors.ts";

const Count = Type.Integer({ minimum: 1 });

/** Thousands of figures, looked at in one loop: item by item a schema takes a tenth of the daemon's start. */
const Counts = Type.Unsafe<number[]>(
  Type.Refine(
    Type.Unknown(),
    (value) =>
      Array.isArray(value) && value.length > 0 && value.every((one) => Number.isSafeInteger(one) && one >= 0),
  ),
);

/** One entry of loops.json, which scripts/make-mock-loops.mjs writes. */
const LoopEntry = Type.Object({
  file: Type.String({ pattern: "^[\\w-]+\\.\\w+$" }),
  codec: Type.Union(
    (["h264", "hevc", "mpeg2-video", "aac-adts", "ac-3", "mpeg-audio"] as const).map((codec) =>
      Type.Literal(codec),
    ),
  ),
  duration: Type.Integer({ minimum: 300, description: "One access unit, in ticks of 27 MHz" }),
  /** Bytes of each access unit. */
  sizes: Counts,
  width: Type.Optional(Count),
  height: Type.Optional(Count),
  sampleRate: Type.Optional(Count),
  channels: Type.Optional(Count),
  /** PTS less DTS, in access units. */
  ptsOffsets: Type.Optional(Counts),
  /** Which access units are random access points. */
  randomAccess: Type.Optional(Counts),
});
const Manifest = Type.Record(Type.String(), LoopEntry);

/** One elementary stream that can be repeated without a seam. */
export interface Loop {
  readonly codec: Static<typeof LoopEntry>["codec"];
  /** Ticks of 27 MHz per access unit. */
  readonly duration: number;
  /** In decoding order; all together the whole loop. */
  readonly units: readonly Buffer[];
  /** PTS less DTS of each unit, in access units; zeros for sound. */
  readonly ptsOffsets: readonly number[];
  readonly randomAccess: ReadonlySet<number>;
}

export type Loops = ReadonlyMap<string, Loop>;

/**
 * Reads the loops of a folder.
 * @throws TellyportError `source-missing` when they are not there or not what the manifest says
 */
export function loadLoops(folder: string): Loops {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, "loops.json"), "utf8"));
    const entries = Value.Parse(Manifest, manifest);
    return new Map(Object.entries(entries).map(([name, entry]) => [name, loadLoop(folder, entry)]));
  } catch (error) {
    throw new TellyportError(
      "source-missing",
      `the mock tuner's loops cannot be read (${messageOf(error)}): build again, or make them with scripts/make-mock-loops.mjs`,
      { cause: error },
    );
  }
}

function loadLoop(folder: string, entry: Static<typeof LoopEntry>): Loop {
  const data = readFileSync(join(folder, entry.file));
  const units: Buffer[] = [];
  let at = 0;
  for (const size of entry.sizes) units.push(data.subarray(at, (at += size)));
  if (at !== data.length) throw new Error(`${entry.file} has ${data.length} bytes, ${at} expected`);
  const ptsOffsets = entry.ptsOffsets ?? units.map(() => 0);
  if (ptsOffsets.length !== units.length) throw new Error(`${entry.file}: one PTS offset per access unit`);
  return {
    codec: entry.codec,
    duration: entry.duration,
    units,
    ptsOffsets,
    randomAccess: new Set(entry.randomAccess),
  };
}
