import type { Slot } from "./tuner-slot.ts";

/** What says a recording's time, or the box's own. */
const NO_AIR: ReadonlySet<string> = new Set(["file", "mock"]);

/**
 * The time that a broadcaster said last.
 * @returns `utc`: epoch ms; `at`: when it came, monotonic ms; null: none has said it
 */
export function latestTime(
  slots: readonly Pick<Slot, "session">[],
): { readonly utc: number; readonly at: number } | null {
  const times = slots.flatMap(({ session }) =>
    session === null || NO_AIR.has(session.multiplex.delivery.system) ? [] : (session.broadcastTime ?? []),
  );
  return times.sort((a, b) => b.at - a.at)[0] ?? null;
}
