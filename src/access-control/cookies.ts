/** RFC 6265, as much of it as two cookies need. */

export const REFRESH_COOKIE = "__Host-tp_rt";
export const LAN_COOKIE = "tp_lan";

/** @returns the one value of that name; null when absent, or given twice with different values (somebody tosses cookies) */
export function readCookie(header: string | undefined, name: string): string | null {
  if (header === undefined || header.length > 8192) return null;
  const values = new Set<string>();
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) values.add(pair.slice(equals + 1).trim());
  }
  const [value] = values;
  return values.size === 1 && value !== undefined ? value : null;
}

/** @param seconds lifetime; 0 deletes */
export function refreshCookie(value: string, seconds: number): string {
  return `${REFRESH_COOKIE}=${value}; Max-Age=${Math.floor(seconds)}; Path=/; HttpOnly; Secure; SameSite=Strict`;
}

/** Without `Secure`: it serves pages that came over plain http. @param seconds lifetime; 0 deletes */
export function lanCookie(value: string, seconds: number): string {
  return `${LAN_COOKIE}=${value}; Max-Age=${Math.floor(seconds)}; Path=/; HttpOnly; SameSite=Strict`;
}
