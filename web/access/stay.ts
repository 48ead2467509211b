/** Until when a guest may be let stay. */
export interface Stay {
  readonly name: "today" | "tomorrow" | "days" | "week";
  /** ISO 8601, UTC. */
  readonly endsAt: string;
}

/** Hours of the night at which "today" ends: who watches late is not thrown out at midnight. */
const NIGHT = 3;
const DAYS = { today: 1, tomorrow: 2, days: 3, week: 7 } as const;

/** What an owner may choose from, as ends of evenings where the owner is. @param now ms since 1970 */
export function staysOf(now: number): readonly Stay[] {
  return (Object.keys(DAYS) as Stay["name"][]).map((name) => {
    const end = new Date(now - NIGHT * 3_600_000);
    end.setDate(end.getDate() + DAYS[name]);
    end.setHours(NIGHT, 0, 0, 0);
    // a box lets guests stay for seven days at most
    return { name, endsAt: new Date(Math.min(end.getTime(), now + 7 * 86_400_000 - 60_000)).toISOString() };
  });
}
