import {
  currentNumber,
  pictureNumber,
  wrapped,
  type Current,
  type Reference,
  type References,
} from "./references.ts";
import type { Fields } from "./slice-header.ts";

/** Decoded reference picture marking for short-term references. @see ISO/IEC 14496-10 §8.2.5 */

/** Marks fields of one frame as unused. */
const without = (references: References, target: Reference, fields: number): References =>
  references.flatMap((reference) => {
    if (reference !== target) return [reference];
    const left = reference.fields & ~fields;
    return left === 0 ? [] : [{ ...reference, fields: left }];
  });

const oldest = (references: References, current: Current): Reference | undefined =>
  references.reduce<Reference | undefined>(
    (best, reference) =>
      best === undefined || wrapped(reference.frameNum, current) < wrapped(best.frameNum, current)
        ? reference
        : best,
    undefined,
  );

/** Makes room for one frame. @param capacity max_num_ref_frames. @see ISO/IEC 14496-10 §8.2.5.3 */
export function slide(references: References, current: Current, capacity: number): References {
  let left = references;
  while (left.length >= Math.max(capacity, 1)) {
    const target = oldest(left, current);
    if (target === undefined) break;
    left = without(left, target, 3);
  }
  return left;
}

/** The field at hand is the second one of a frame whose first field is a reference. */
export const isSecond = (references: References, current: Current): boolean =>
  current.fields !== 3 && references.some(({ picture }) => picture === current.picture);

/** @param differences difference_of_pic_nums_minus1. @see ISO/IEC 14496-10 §8.2.5.4.1 */
function unmark(references: References, current: Current, differences: readonly number[]): References {
  let left = references;
  for (const difference of differences) {
    const number = currentNumber(current) - (difference + 1);
    for (const reference of left) {
      const candidates: number[] = current.fields === 3 ? [3] : [1, 2];
      const fields = candidates.find(
        (some) =>
          (reference.fields & some) === some &&
          pictureNumber({ ...reference, fields: some }, current) === number,
      );
      if (fields === undefined) continue;
      left = without(left, reference, fields);
      break;
    }
  }
  return left;
}

/**
 * What is marked behind a reference picture.
 * @param differences null: sliding window
 * @param idr everything before it goes
 */
export function afterMarking(
  references: References,
  current: Current,
  differences: readonly number[] | null,
  capacity: number,
  idr = false,
): References {
  let left: References = idr ? [] : references;
  if (differences !== null) left = unmark(left, current, differences);
  const second = left.find(({ picture }) => picture === current.picture);
  if (second !== undefined)
    return left.map((reference) =>
      reference === second ? { ...reference, fields: reference.fields | current.fields } : reference,
    );
  // With commands there must be room; where there is none, the stream has an error.
  left = slide(left, current, capacity);
  return [...left, { picture: current.picture, frameNum: current.frameNum, fields: current.fields }];
}

/**
 * Frames that never came take their places. @param from PrevRefFrameNum. @see ISO/IEC 14496-10 §8.2.5.2
 */
export function fillGap(
  references: References,
  current: Current,
  from: number,
  capacity: number,
): References {
  const { maxFrameNum } = current;
  const missing = (current.frameNum - from - 1 + 2 * maxFrameNum) % maxFrameNum;
  let left = references;
  for (let back = Math.min(missing, capacity); back > 0; back--) {
    const frameNum = (current.frameNum - back + maxFrameNum) % maxFrameNum;
    left = [...slide(left, { ...current, frameNum }, capacity), { picture: null, frameNum, fields: 3 }];
  }
  return left;
}

/**
 * The commands of a reference picture after which no more is marked than `wanted`.
 * @param references before it, in the stream that is written
 * @param wanted after it, in the stream that is read
 * @returns null when the sliding window does it
 */
export function commandsToMark(
  references: References,
  current: Current,
  wanted: References,
  capacity: number,
): readonly number[] | null {
  const stays = (reference: Reference): number =>
    wanted.find(({ picture }) => picture === reference.picture)?.fields ?? 0;
  const others = references.filter(({ picture }) => picture !== current.picture);
  const left = afterMarking(references, current, null, capacity);
  const isRight = others.every((reference) => {
    const now = left.find(({ picture }) => picture === reference.picture)?.fields ?? 0;
    return now === (reference.fields & stays(reference));
  });
  if (isRight) return null;
  const differences: number[] = [];
  const parts: readonly Fields[] = current.fields === 3 ? [3] : [1, 2];
  for (const reference of references) {
    for (const fields of parts) {
      const isMarked = (reference.fields & fields) === fields;
      if (!isMarked || stays(reference) & fields) continue;
      differences.push(currentNumber(current) - pictureNumber({ ...reference, fields }, current) - 1);
    }
  }
  return differences.length === 0 ? null : differences;
}
