import type { Channel } from "../../src/protocol/api.ts";

/** A part of the list that one may want to see alone. */
export interface Group {
  /** What is remembered of it; a provider's begins with `by-`. */
  readonly id: string;
  readonly kind: "all" | "favourites" | "tv" | "radio" | "free" | "provider";
  /** The provider's name; empty for the others, which have words. */
  readonly name: string;
}

type Listed = Pick<Channel, "id" | "kind" | "provider">;

/** From so many channels on it helps to see those of one provider. */
const MANY = 31;
/** A provider of fewer is no part worth a choice, and more than so many choices are none. */
const WORTH_IT = 3;
const PROVIDERS = 6;

/**
 * What one may choose from, the whole list first; nothing when the whole list is all there is.
 * @param canWatch whether a channel can be watched here and now
 */
export function groupsOf<T extends Listed>(
  channels: readonly T[],
  isFavourite: (channel: T) => boolean,
  canWatch: (channel: T) => boolean,
): readonly Group[] {
  const plain = (kind: Exclude<Group["kind"], "provider">): Group => ({ id: kind, kind, name: "" });
  const some = (test: (channel: T) => boolean): boolean => channels.some(test);
  const groups: Group[] = [];
  if (some(isFavourite)) groups.push(plain("favourites"));
  if (some(({ kind }) => kind === "tv") && some(({ kind }) => kind === "radio"))
    groups.push(plain("tv"), plain("radio"));
  if (channels.length >= MANY) {
    if (some(canWatch) && !channels.every(canWatch)) groups.push(plain("free"));
    groups.push(...providers(channels));
  }
  return groups.length === 0 ? [] : [plain("all"), ...groups];
}

/** Those with most channels, by name. */
function providers(channels: readonly Listed[]): Group[] {
  const counts = new Map<string, number>();
  for (const { provider } of channels) {
    const name = provider?.trim() ?? "";
    if (name !== "") counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const found = [...counts]
    .filter(([, count]) => count >= WORTH_IT && count < channels.length)
    .sort(([, a], [, b]) => b - a)
    .slice(0, PROVIDERS)
    .map(([name]) => ({ id: `by-${name}`, kind: "provider" as const, name }));
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

/** The channels of a group, in the order of the list. */
export function inGroup<T extends Listed>(
  channels: readonly T[],
  { kind, name }: Pick<Group, "kind" | "name">,
  isFavourite: (channel: T) => boolean,
  canWatch: (channel: T) => boolean,
): readonly T[] {
  switch (kind) {
    case "all":
      return channels;
    case "favourites":
      return channels.filter(isFavourite);
    case "free":
      return channels.filter(canWatch);
    case "provider":
      return channels.filter(({ provider }) => provider?.trim() === name);
    default:
      return channels.filter((channel) => channel.kind === kind);
  }
}
