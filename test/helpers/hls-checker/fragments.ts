import { find, flagsOf, versionOf, walk, type Box } from "./boxes.ts";
import type { Expect } from "./findings.ts";
import type { Init } from "./init-segment.ts";

export interface Sample {
  /** Ticks. */
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
  /** PTS − DTS, ticks. */
  readonly offset: number;
}

export interface Fragment {
  /** Of its first sample, ticks. */
  readonly decodeTime: number;
  readonly samples: readonly Sample[];
}

const BASE_OFFSET = 0x1;
const BASE_IS_MOOF = 0x20000;
const NON_SYNC = 0x10000;

export const isSync = ({ flags }: Sample): boolean => (flags & NON_SYNC) === 0;
export const ticksOf = ({ samples }: Fragment): number =>
  samples.reduce((sum, { duration }) => sum + duration, 0);

/** Reads segment or part: `moof` and `mdat` again and again, nothing that a live stream must not have. */
export function readFragments(data: Buffer, init: Init, where: string, expect: Expect): Fragment[] | null {
  let boxes: Box[];
  try {
    boxes = walk(data);
  } catch (error) {
    expect("F-02", false, where, String(error));
    return null;
  }
  const order = boxes
    .map(({ type }) => type)
    .filter((type) => !["styp", "prft", "emsg", "free"].includes(type));
  const pairs = /^(moof mdat ?)+$/.test(`${order.join(" ")} `.trimEnd());
  expect("F-02", pairs, where, `holds ${[...new Set(order)].join(" ")}, not pairs of moof and mdat`);
  const fragments: Fragment[] = [];
  boxes.forEach((box, i) => {
    if (box.type !== "moof") return;
    const fragment = readFragment(box, boxes[i + 1], init, where, expect);
    if (fragment !== null) fragments.push(fragment);
  });
  return fragments;
}

function readFragment(
  moof: Box,
  mdat: Box | undefined,
  init: Init,
  where: string,
  expect: Expect,
): Fragment | null {
  const trafs = moof.children.filter(({ type }) => type === "traf");
  expect("F-02", find([moof], "moof", "mfhd") !== undefined, where, "no mfhd");
  expect("F-02", trafs.length === 1, where, `${trafs.length} tracks in one fragment`);
  const [tfhd, tfdt, ...truns] = ["tfhd", "tfdt", "trun"].map((type) => find(trafs, "traf", type));
  const trun = truns[0];
  if (tfhd === undefined || tfdt === undefined || trun === undefined) {
    expect("F-02", false, where, "no tfhd, tfdt and trun");
    return null;
  }
  const based = (flagsOf(tfhd) & BASE_IS_MOOF) !== 0 && (flagsOf(tfhd) & BASE_OFFSET) === 0;
  expect("F-02", based, where, "tfhd without default-base-is-moof");
  expect("F-02", versionOf(tfdt) === 1, where, "tfdt is not version 1");
  expect("F-02", versionOf(trun) === 1, where, "trun is not version 1");
  const samples = readSamples(tfhd, trun, init);
  const bytes = samples.reduce((sum, { size }) => sum + size, 0);
  const payload = mdat?.type === "mdat" ? mdat.body.length : 0;
  expect("F-02", bytes === payload, where, `samples of ${bytes} bytes in an mdat of ${payload}`);
  if (flagsOf(trun) & 1) {
    const offset = trun.body.readInt32BE(8);
    expect(
      "F-02",
      offset === moof.size + 8,
      where,
      `data offset ${offset}, the mdat begins at ${moof.size + 8}`,
    );
  } else expect("F-02", false, where, "trun without a data offset");
  const { body } = tfdt;
  const decodeTime = versionOf(tfdt) === 1 ? Number(body.readBigUInt64BE(4)) : body.readUInt32BE(4);
  return { decodeTime, samples };
}

function readSamples(tfhd: Box, trun: Box, init: Init): Sample[] {
  let { duration, size, flags } = init.defaults;
  let at = 8;
  const own = flagsOf(tfhd);
  const next = (box: Box): number => {
    const value = box.body.length >= at + 4 ? box.body.readUInt32BE(at) : 0;
    at += 4;
    return value;
  };
  if (own & 0x1) at += 8;
  if (own & 0x2) at += 4;
  if (own & 0x8) duration = next(tfhd);
  if (own & 0x10) size = next(tfhd);
  if (own & 0x20) flags = next(tfhd);
  const has = flagsOf(trun);
  const count = trun.body.readUInt32BE(4);
  at = 8 + (has & 0x1 ? 4 : 0);
  const first = has & 0x4 ? next(trun) : null;
  const samples: Sample[] = [];
  for (let i = 0; i < count && at <= trun.body.length; i++) {
    const sample = {
      duration: has & 0x100 ? next(trun) : duration,
      size: has & 0x200 ? next(trun) : size,
      flags: has & 0x400 ? next(trun) : i === 0 && first !== null ? first : flags,
      offset: has & 0x800 ? next(trun) | 0 : 0,
    };
    samples.push(sample);
  }
  return samples;
}
