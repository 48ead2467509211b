import type { ClientLimits } from "../../src/protocol/client-limits.ts";

export type Hours = NonNullable<ClientLimits["hours"]>;
export type Span = Hours[number];

const WORKDAYS = [1, 2, 3, 4, 5];
const WEEKEND = [6, 7];
const EVERY_DAY = [...WORKDAYS, ...WEEKEND];

/** Times that most families want, so that nobody has to type them. */
export const PRESETS = {
  evening: [
    { days: WORKDAYS, from: "16:00", to: "20:00" },
    { days: WEEKEND, from: "08:00", to: "21:00" },
  ],
  daytime: [{ days: EVERY_DAY, from: "07:00", to: "20:00" }],
  weekend: [{ days: WEEKEND, from: "08:00", to: "21:00" }],
} as const satisfies Readonly<Record<string, Hours>>;
export type Preset = keyof typeof PRESETS;

/** As many spans as the box takes. */
export const MOST_SPANS = 28;
export const NEW_SPAN: Span = { days: EVERY_DAY, from: "16:00", to: "20:00" };

/** Which preset the hours are; `any` for no limit, `own` for anything else. */
export function presetOf(hours: ClientLimits["hours"]): Preset | "any" | "own" {
  if (hours === undefined) return "any";
  const text = canonical(hours);
  return (Object.keys(PRESETS) as Preset[]).find((name) => canonical(PRESETS[name]) === text) ?? "own";
}

function canonical(hours: readonly Span[]): string {
  const spans = hours.map(({ days, from, to }) => `${[...days].sort().join("")} ${from} ${to}`);
  return spans.sort().join("; ");
}

/** Hours and minutes of a day; midnight at its end is written 24:00 by the box, and 00:00 by a time field. */
export function toFieldTime(to: string): string {
  return to === "24:00" ? "00:00" : to;
}

/** The reverse of {@link toFieldTime}, for the end of a span. */
export function fromFieldTime(to: string): string {
  return to === "00:00" ? "24:00" : to;
}

/** Whether the box can take a span: some day, and an end after the beginning. */
export function isSound({ days, from, to }: Span): boolean {
  return days.length > 0 && /^\d\d:\d\d$/.test(from) && /^\d\d:\d\d$/.test(to) && from < to;
}

/** The same days with one more, or one less, in the week's order. */
export function toggled(days: readonly number[], day: number): number[] {
  return days.includes(day) ? days.filter((one) => one !== day) : [...days, day].sort((a, b) => a - b);
}

/** The values to choose from, with the one that is set when it is none of them. */
export function withOwn(choices: readonly number[], own: number | undefined): readonly number[] {
  if (own === undefined || choices.includes(own)) return choices;
  return [...choices, own].sort((a, b) => a - b);
}
