import { isIPv4, isIPv6 } from "node:net";

/** The 4 octets of an IPv4 address. @throws RangeError when it is none */
export function encodeIpv4(address: string): Buffer {
  if (!isIPv4(address)) throw new RangeError(`"${address}" is no IPv4 address`);
  return Buffer.from(address.split(".").map(Number));
}

/** The 16 octets of an IPv6 address. @throws RangeError when it is none, or has a zone */
export function encodeIpv6(address: string): Buffer {
  if (!isIPv6(address) || address.includes("%")) throw new RangeError(`"${address}" is no IPv6 address`);
  const plain = address.replace(/\d+\.\d+\.\d+\.\d+$/, (last) => {
    const four = encodeIpv4(last);
    return `${four.readUInt16BE(0).toString(16)}:${four.readUInt16BE(2).toString(16)}`;
  });
  const [head = "", tail] = plain.split("::");
  const groups = (text: string | undefined): string[] =>
    text === undefined || text === "" ? [] : text.split(":");
  const [left, right] = [groups(head), groups(tail)];
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  const out = Buffer.alloc(16);
  for (const [index, group] of [...left, ...zeros, ...right].entries())
    out.writeUInt16BE(parseInt(group, 16), index * 2);
  return out;
}

/** @param octets 4 of them */
export function ipv4Text(octets: Uint8Array): string {
  return octets.join(".");
}

/** The canonical text: lower case, the first of the longest runs of zeros left out. @param octets 16 of them. @see RFC 5952 §4 */
export function ipv6Text(octets: Uint8Array): string {
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0));
  let [from, length] = [0, 0];
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > length) [from, length] = [start, end - start];
  }
  const text = (some: number[]): string => some.map((group) => group.toString(16)).join(":");
  // One group alone is not shortened (§4.2.2).
  return length < 2 ? text(groups) : `${text(groups.slice(0, from))}::${text(groups.slice(from + length))}`;
}
