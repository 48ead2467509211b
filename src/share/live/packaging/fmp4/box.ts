/** ISO base media file format boxes, built once per init segment. @see ISO/IEC 14496-12 §4.2 */

export function box(type: string, ...children: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 4, "latin1");
  const whole = Buffer.concat([head, ...children]);
  whole.writeUInt32BE(whole.length, 0);
  return whole;
}

/** A box with version and flags. */
export function fullBox(
  type: string,
  version: number,
  flags: number,
  ...children: readonly Buffer[]
): Buffer {
  return box(type, u32(version * 2 ** 24 + flags), ...children);
}

export const u8 = (...values: readonly number[]): Buffer => Buffer.from(values);

export function u16(...values: readonly number[]): Buffer {
  const data = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => data.writeUInt16BE(value, index * 2));
  return data;
}

export function u32(...values: readonly number[]): Buffer {
  const data = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => data.writeUInt32BE(value, index * 4));
  return data;
}

/** An MPEG-4 descriptor with a four-byte expanded length. @see ISO/IEC 14496-1 §8.3.3 */
export function descriptor(tag: number, ...children: readonly Buffer[]): Buffer {
  const body = Buffer.concat(children);
  const size = body.length;
  return Buffer.concat([
    u8(tag, 0x80 | ((size >> 21) & 127), 0x80 | ((size >> 14) & 127), 0x80 | ((size >> 7) & 127), size & 127),
    body,
  ]);
}
