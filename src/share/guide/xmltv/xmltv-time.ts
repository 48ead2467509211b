/** `YYYYMMDDhhmmss +0000`: always with its offset, because readers guess where there is none. @param at epoch ms */
export function xmltvTimeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace(/[-:T]/g, "")} +0000`;
}

const TIME =
  /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(?:(\d{2})(\d{2})?)?)?(?:\s*([+-])(\d{2}):?(\d{2})|\s*([A-Za-z]{1,5}))?$/;
/** Zones by name that listings use, hours from UTC; of names that mean several, the one that the format's own programs take. */
const ZONES: Readonly<Record<string, number>> = {
  Z: 0,
  UT: 0,
  UTC: 0,
  GMT: 0,
  WET: 0,
  BST: 1,
  WEST: 1,
  CET: 1,
  MET: 1,
  CEST: 2,
  MEST: 2,
  EET: 2,
  EEST: 3,
  MSK: 3,
  HKT: 8,
  JST: 9,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};
/** No programme is older; what says so has no date. */
const OLDEST = Date.UTC(2000, 0);

/**
 * Reads a time: `YYYYMMDDhhmmss ±hhmm`, from the right as much shorter as to the day; without an offset it is UTC.
 * @returns epoch ms; null for what is no time
 * @see xmltv.dtd, "Date formats"
 */
export function xmltvTime(text: string): number | null {
  const parts = TIME.exec(text.trim());
  if (parts === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number((part as string | undefined) ?? 0));
  const [sign, hours, minutes, zone] = parts.slice(7) as (string | undefined)[];
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  // 24:00 and a 61st second are said here and there; a 31st of June is a mistake.
  if (month < 1 || month > 12 || new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return null;
  if (hour > 24 || minute > 59 || second > 60) return null;
  let offset = 0;
  if (zone !== undefined) {
    const known = ZONES[zone.toUpperCase()];
    if (known === undefined) return null;
    offset = known * 60;
  } else if (sign !== undefined) {
    offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
    if (Math.abs(offset) > 18 * 60 || Number(minutes) > 59) return null;
  }
  const at = local - offset * 60_000;
  return at < OLDEST ? null : at;
}
