import type { Fields, Modification } from "./slice-header.ts";

/** A decoded frame or pair of fields, whichever numbers it goes by. */
export interface Picture {
  /** Picture order counts of its fields, null for one that did not come. */
  top: number | null;
  bottom: number | null;
}

/** A frame that others may refer to. */
export interface Reference {
  /** Null: a frame that never came, in the place where it would be. */
  readonly picture: Picture | null;
  readonly frameNum: number;
  /** Fields marked as used for short-term reference: 1, 2 or 3. */
  readonly fields: number;
}

/** The frames marked as used for short-term reference. @see ISO/IEC 14496-10 §8.2.5 */
export type References = readonly Reference[];

/** The picture that is being decoded, in the numbers of one stream. */
export interface Current {
  readonly picture: Picture;
  readonly frameNum: number;
  /** MaxFrameNum */
  readonly maxFrameNum: number;
  readonly fields: Fields;
}

/** FrameNumWrap. @see ISO/IEC 14496-10 §8.2.4.1 */
export const wrapped = (frameNum: number, current: Current): number =>
  frameNum > current.frameNum ? frameNum - current.maxFrameNum : frameNum;

/** What one entry of a reference list is: a frame, or one of its fields. */
export interface Entry {
  readonly picture: Picture | null;
  readonly frameNum: number;
  readonly fields: number;
}

/** PicNum. @see ISO/IEC 14496-10 §8.2.4.1 */
export function pictureNumber(entry: Entry, current: Current): number {
  const number = wrapped(entry.frameNum, current);
  if (current.fields === 3) return number;
  return 2 * number + (entry.fields === current.fields ? 1 : 0);
}

/** CurrPicNum */
export const currentNumber = (current: Current): number =>
  current.fields === 3 ? current.frameNum : 2 * current.frameNum + 1;

/** MaxPicNum */
const numberRange = (current: Current): number =>
  current.fields === 3 ? current.maxFrameNum : 2 * current.maxFrameNum;

export const sameEntry = (a: Entry | undefined, b: Entry | undefined): boolean =>
  a?.picture === b?.picture && a?.fields === b?.fields && (a?.picture !== null || a.frameNum === b?.frameNum);

/** PicOrderCnt of a frame, or of those fields of it that have come. @see ISO/IEC 14496-10 §8.2.1 */
export function orderOf(picture: Picture, fields: number): number {
  const top = fields & 1 ? (picture.top ?? Infinity) : Infinity;
  const bottom = fields & 2 ? (picture.bottom ?? Infinity) : Infinity;
  return Math.min(top, bottom);
}

/** Fields in turn, beginning with the parity at hand. @see ISO/IEC 14496-10 §8.2.4.2.5 */
function alternate(frames: References, current: Current): Entry[] {
  const list: Entry[] = [];
  const own = frames.filter(({ fields }) => fields & current.fields);
  const other = frames.filter(({ fields }) => fields & ~current.fields & 3);
  const put = ({ picture, frameNum }: Reference, fields: number): void => {
    list.push({ picture, frameNum, fields });
  };
  for (let i = 0; i < own.length || i < other.length; i++) {
    const first = own[i];
    const second = other[i];
    if (first !== undefined) put(first, current.fields);
    if (second !== undefined) put(second, 3 - current.fields);
  }
  return list;
}

/** As the standard orders them before any command. @see ISO/IEC 14496-10 §8.2.4.2 */
export function initialLists(
  references: References,
  current: Current,
  bipredicted: boolean,
): readonly [readonly Entry[], readonly Entry[]] {
  const frame = current.fields === 3;
  const usable = frame ? references.filter(({ fields }) => fields === 3) : references;
  const listed = (frames: References): Entry[] => (frame ? [...frames] : alternate(frames, current));
  const newest = (a: Reference, b: Reference): number =>
    wrapped(b.frameNum, current) - wrapped(a.frameNum, current);
  if (!bipredicted) return [listed([...usable].sort(newest)), []];
  const order = ({ picture }: Reference): number => (picture === null ? Infinity : orderOf(picture, 3));
  const shown = usable.filter(({ picture }) => picture !== null);
  const now = orderOf(current.picture, current.fields);
  const isPast = (reference: Reference): boolean =>
    frame ? order(reference) < now : order(reference) <= now;
  const past = shown.filter(isPast).sort((a, b) => order(b) - order(a));
  const future = shown.filter((reference) => !isPast(reference)).sort((a, b) => order(a) - order(b));
  const first = listed([...past, ...future]);
  const second = listed([...future, ...past]);
  if (second.length > 1 && second.every((entry, index) => sameEntry(entry, first[index]))) {
    const [a, b] = second;
    if (a !== undefined && b !== undefined) second.splice(0, 2, b, a);
  }
  return [first, second];
}

/** The short-term reference with a picture number. @see ISO/IEC 14496-10 §8.2.4.1 */
function numbered(references: References, current: Current, number: number): Entry | undefined {
  if (current.fields === 3)
    return references.find(({ frameNum, fields }) => fields === 3 && wrapped(frameNum, current) === number);
  const fields = number & 1 ? current.fields : 3 - current.fields;
  const found = references.find(
    (reference) => reference.fields & fields && wrapped(reference.frameNum, current) === number >> 1,
  );
  return found === undefined ? undefined : { ...found, fields };
}

/**
 * A list after its commands, as long as the slice says; what it does not have is undefined.
 * @see ISO/IEC 14496-10 §8.2.4.3
 */
export function modifiedList(
  initial: readonly Entry[],
  commands: readonly Modification[] | null,
  references: References,
  current: Current,
  length: number,
): (Entry | undefined)[] {
  const list: (Entry | undefined)[] = Array.from({ length }, (_, index) => initial[index]);
  let predicted = currentNumber(current);
  const range = numberRange(current);
  commands?.forEach(({ operation, value }, index) => {
    predicted += operation === 0 ? -(value + 1) : value + 1;
    if (predicted < 0) predicted += range;
    else if (predicted >= range) predicted -= range;
    const number = predicted > currentNumber(current) ? predicted - range : predicted;
    const entry = numbered(references, current, number);
    if (index >= length) return;
    const rest = list.slice(index).filter((old) => entry === undefined || !sameEntry(old, entry));
    list.splice(index, length - index, entry, ...rest);
    list.length = length;
  });
  return list;
}

/** Commands that put exactly these entries at the head of a list. @see ISO/IEC 14496-10 §7.4.3.1 */
export function commandsFor(entries: readonly Entry[], current: Current): Modification[] {
  const range = numberRange(current);
  let predicted = currentNumber(current);
  return entries.map((entry) => {
    const number = pictureNumber(entry, current);
    const difference = number - predicted;
    predicted = number;
    // The same picture twice in a row: once around.
    if (difference === 0) return { operation: 0, value: range - 1 };
    return { operation: difference < 0 ? 0 : 1, value: Math.abs(difference) - 1 };
  });
}
