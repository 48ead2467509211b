/**
 * The text of an address in its canonical form; that of an IPv4-mapped one is the IPv4 one's.
 * @param bytes 4 of IPv4, 16 of IPv6
 * @throws RangeError for any other length
 * @see RFC 5952 §4
 */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) throw new RangeError(`${bytes.length} bytes are no address`);
  if (bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0))
    return bytes.subarray(12).join(".");
  const text = Array.from({ length: 8 }, (_, at) =>
    ((bytes[2 * at]! << 8) | bytes[2 * at + 1]!).toString(16),
  ).join(":");
  // The longest run of two or more groups of nothing is left out, the first of several.
  let [from, length] = [0, 0];
  for (const run of text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g))
    if (run[0].length > length) [from, length] = [run.index, run[0].length];
  if (length === 0) return text;
  return `${text.slice(0, from).replace(/:$/, "")}::${text.slice(from + length).replace(/^:/, "")}`;
}
