import type { Channel } from "../../src/protocol/api.ts";

/** By channel: whether this person wants it among the favourites. Where nothing is said the owner's mark counts. */
export type Marks = Readonly<Record<string, boolean>>;

/** So many channels may be marked: more than anybody does by hand. */
const AT_MOST = 500;

type Marked = Pick<Channel, "id" | "favourite">;

export function isFavourite({ id, favourite }: Marked, marks: Marks): boolean {
  return marks[id] ?? favourite === true;
}

/** The marks after a tap on the star. A mark that says what the owner's says is none. */
export function toggled(channel: Marked, marks: Marks): Marks {
  const { [channel.id]: _before, ...others } = marks;
  const wanted = !isFavourite(channel, marks);
  if (wanted === (channel.favourite === true)) return others;
  const all: [string, boolean][] = [...Object.entries(others), [channel.id, wanted]];
  return Object.fromEntries(all.slice(-AT_MOST));
}

/** @param text what an earlier visit left; anything else counts as nothing */
export function marksOf(text: string | null): Marks {
  try {
    const found: unknown = JSON.parse(text ?? "{}");
    if (typeof found !== "object" || found === null) return {};
    const good = Object.entries(found).filter(
      (entry): entry is [string, boolean] => typeof entry[1] === "boolean",
    );
    return Object.fromEntries(good.slice(-AT_MOST));
  } catch {
    return {};
  }
}

/** Favourites before the others, each in the order of the list. */
export function favouritesFirst<T extends Marked>(channels: readonly T[], marks: Marks): readonly T[] {
  const [first, others]: [T[], T[]] = [[], []];
  for (const channel of channels) (isFavourite(channel, marks) ? first : others).push(channel);
  return [...first, ...others];
}
