import type { Channel } from "../../src/protocol/api.ts";
import type { Problem } from "../api/problem.ts";

/** So many fit beside a message. */
const AT_MOST = 4;

/** The channels that the box offers instead of a refused one, as far as the list knows them: the nearest numbers. */
export function freeChannels(problem: Problem, channels: readonly Channel[], refused: string): Channel[] {
  const { detail } = problem;
  const free = typeof detail === "object" && detail !== null && "free" in detail ? detail.free : null;
  if (!Array.isArray(free)) return [];
  const ids = free.map((entry: unknown) =>
    typeof entry === "object" && entry !== null && "id" in entry ? String(entry.id) : String(entry),
  );
  const { number: from = 0 } = channels.find(({ id }) => id === refused) ?? {};
  return channels
    .filter(({ id }) => id !== refused && ids.includes(id))
    .sort((a, b) => Math.abs(a.number - from) - Math.abs(b.number - from))
    .slice(0, AT_MOST)
    .sort((a, b) => a.number - b.number);
}
