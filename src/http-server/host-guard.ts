import { isIP } from "node:net";

/** Names by which the box may be called, in lower case; they may come and go. */
export interface HostNames {
  has(name: string): boolean;
}

/**
 * Which `Host` a request may name. A page of a stranger that rebinds its own name to this box's address still sends its
 * own name: names are checked against a list. An IP literal cannot be rebound.
 */
export function hostAllowed(host: string | undefined, names: HostNames): boolean {
  if (host === undefined) return false;
  const name = hostName(host);
  return (
    name !== null &&
    (isIP(name) !== 0 || name === "localhost" || name.endsWith(".localhost") || names.has(name))
  );
}

/** The name in a Host header, lower case, without port and brackets; null when it is none. @see RFC 9112 §3.2 */
export function hostName(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]/@]+?)\.?)(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null;
}

/** How many of the header lines (name, value, name, value, ...) are a Host. */
export function hostHeaders(lines: readonly string[]): number {
  return headerLines(lines, "host");
}

/** How many of the header lines have a name. @param wanted in lower case */
export function headerLines(lines: readonly string[], wanted: string): number {
  let count = 0;
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index]!;
    if (name.length === wanted.length && name.toLowerCase() === wanted) count++;
  }
  return count;
}
