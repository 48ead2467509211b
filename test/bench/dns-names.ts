import { createHash } from "node:crypto";
import type { NameRecords } from "../../src/protocol/dns/records.ts";

export const BENCH_ZONE = "tv.example";

/** The id of a box, such as it is. */
export function benchBox(n: number): string {
  return createHash("sha256")
    .update(String(n))
    .digest("hex")
    .slice(0, 16)
    .replace(/[0189]/g, (digit) => ({ "0": "g", "1": "h", "8": "i", "9": "j" })[digit] ?? "");
}

/** Boxes with an address of each family. */
export function benchNames(from: number, count: number): NameRecords[] {
  return Array.from({ length: count }, (_, at): NameRecords => {
    const n = from + at;
    return {
      name: `${benchBox(n)}.${BENCH_ZONE}`,
      sets: [
        { type: "A", ttl: 60, values: [`198.${18 + ((n >> 16) & 1)}.${(n >> 8) & 255}.${n & 255}`] },
        {
          type: "AAAA",
          ttl: 60,
          values: [`2001:db8:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}::7`],
        },
      ],
    };
  });
}

/** What phones and resolvers ask: seven of ten for IPv4, two for IPv6, one for what is not there. */
export function benchQueries(names: number, count: number): string {
  return Array.from({ length: count }, (_, n) => {
    const box = benchBox((n * 7919) % names);
    if (n % 10 === 9) return `missing-${box}.${BENCH_ZONE} A\n`;
    return `${box}.${BENCH_ZONE} ${n % 10 < 7 ? "A" : "AAAA"}\n`;
  }).join("");
}
