import type { Box } from "../../src/protocol/api.ts";

/** An address at which the box may be found. */
export interface Way {
  /** `home`: its name at home; `local`: the name without a name server; `address`: where it stands; `away`: from anywhere. */
  readonly kind: "home" | "local" | "address" | "away";
  readonly url: string;
}

/** What a device knows of where its box was. */
export interface Reached {
  readonly box: string;
  readonly name: string;
  /** When it answered last, ms since 1970. */
  readonly at: number;
  readonly ways: readonly Way[];
}

const AT_MOST = 6;

/** The ways that a box names. What is no http address is left out. */
export function waysOf({ addresses, nearby }: Pick<Box, "addresses" | "nearby">): readonly Way[] {
  const named: readonly (readonly [Way["kind"], string | null | undefined])[] = [
    ["home", addresses?.home],
    ["local", nearby?.name],
    ...(nearby?.addresses ?? []).map((url) => ["address", url] as const),
    ["away", addresses?.away],
  ];
  const ways = named.flatMap(([kind, url]) => (url != null && originOf(url) !== null ? [{ kind, url }] : []));
  return ways.slice(0, AT_MOST);
}

/** @param text what an earlier visit left; @returns null when it is nothing of ours */
export function reachedOf(text: string | null): Reached | null {
  try {
    const { box, name, at, ways } = JSON.parse(text ?? "null") as Reached;
    if (typeof box !== "string" || typeof name !== "string" || typeof at !== "number") return null;
    const good = ways.filter(
      ({ kind, url }) => ["home", "local", "address", "away"].includes(kind) && originOf(url) !== null,
    );
    return { box, name, at, ways: good.slice(0, AT_MOST) };
  } catch {
    return null;
  }
}

/** What it probably is that keeps the box from being reached. */
export type Cause =
  /** This device has no network. */
  | "offline"
  /** The page is at the address for away: at home some routers do not lead back in. */
  | "outside"
  /** The page is at an address of home, and this device perhaps is not. */
  | "inside"
  /** The box, or the way to it. */
  | "silent";

/** @param online what the browser says: when it says no, it is right. @param here the page's own origin */
export function causeOf(online: boolean, here: string, ways: readonly Way[]): Cause {
  if (!online) return "offline";
  const others = otherWays(here, ways);
  const own = ways.find(({ url }) => originOf(url) === here)?.kind;
  if (own === "away") return others.some(({ kind }) => kind !== "away") ? "outside" : "silent";
  return others.some(({ kind }) => kind === "away") ? "inside" : "silent";
}

/** Ways that are not the page's own, one of a kind but for the bare addresses. */
export function otherWays(here: string, ways: readonly Way[]): readonly Way[] {
  const seen = new Set([here]);
  return ways.filter(({ url }) => {
    const origin = originOf(url);
    if (origin === null || seen.has(origin)) return false;
    seen.add(origin);
    return true;
  });
}

/** null: no address that a page could be opened at. */
function originOf(url: string): string | null {
  try {
    const { protocol, origin } = new URL(url);
    return protocol === "https:" || protocol === "http:" ? origin : null;
  } catch {
    return null;
  }
}
