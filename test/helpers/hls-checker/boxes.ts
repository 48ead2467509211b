/** ISO base media boxes, walked without a library. @see ISO/IEC 14496-12 §4.2 */

export interface Box {
  readonly type: string;
  /** Of its first byte in what was walked. */
  readonly start: number;
  /** With its header. */
  readonly size: number;
  /** Behind the header. */
  readonly body: Buffer;
  readonly children: readonly Box[];
}

const CONTAINERS = new Set(["moov", "trak", "mdia", "minf", "stbl", "dinf", "mvex", "edts", "moof", "traf"]);

/** @throws Error when the boxes do not fill the data exactly */
export function walk(data: Buffer, from = 0): Box[] {
  const boxes: Box[] = [];
  let at = 0;
  while (at < data.length) {
    if (data.length - at < 8) throw new Error(`${data.length - at} bytes behind the last box`);
    let size = data.readUInt32BE(at);
    const type = data.toString("latin1", at + 4, at + 8);
    let header = 8;
    if (size === 1 && data.length - at >= 16) {
      size = Number(data.readBigUInt64BE(at + 8));
      header = 16;
    }
    if (size < header || at + size > data.length)
      throw new Error(`box ${type} of ${size} bytes does not fit`);
    const body = data.subarray(at + header, at + size);
    const children = CONTAINERS.has(type) ? walk(body, from + at + header) : [];
    boxes.push({ type, start: from + at, size, body, children });
    at += size;
  }
  return boxes;
}

/** The first box on a path of types. */
export function find(boxes: readonly Box[], ...path: string[]): Box | undefined {
  const [type, ...rest] = path;
  const box = boxes.find((one) => one.type === type);
  return rest.length === 0 ? box : find(box?.children ?? [], ...rest);
}

/** Every box, children behind their parent. */
export function* every(boxes: readonly Box[]): Generator<Box> {
  for (const box of boxes) {
    yield box;
    yield* every(box.children);
  }
}

export const versionOf = ({ body }: Box): number => body[0] ?? -1;
export const flagsOf = ({ body }: Box): number => (body.length < 4 ? 0 : body.readUIntBE(1, 3));
