import { signal } from "@preact/signals";
import { recall, remember } from "../../memory.ts";

/** How the guide is shown: all channels along the time, or one channel after the other. */
export type Mode = "grid" | "list";
const NAME = "guide-mode";

function recalled(): Mode | null {
  const mode = recall(NAME);
  return mode === "grid" || mode === "list" ? mode : null;
}

const chosen = signal(recalled());
const narrow = matchMedia("(max-width: 640px) and (orientation: portrait)");
const isNarrow = signal(narrow.matches);
narrow.addEventListener("change", ({ matches }) => (isNarrow.value = matches));

/** As the person has chosen; else what suits the screen. */
export const mode = (): Mode => chosen.value ?? (isNarrow.value ? "list" : "grid");

export function chooseMode(choice: Mode): void {
  chosen.value = choice;
  remember(NAME, choice);
}

/** Where one was in the guide, to come back to it. */
export const place: {
  /** At the left of the grid, ms since 1970; null: now. */
  time: number | null;
  /** The first row of the grid that is in sight. */
  top: number;
  /** Whose programmes the list shows, and the day, ms since 1970; null: the first, today. */
  readonly channel: ReturnType<typeof signal<string | null>>;
  readonly day: ReturnType<typeof signal<number | null>>;
} = { time: null, top: 0, channel: signal<string | null>(null), day: signal<number | null>(null) };
