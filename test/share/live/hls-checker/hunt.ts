import type { Test } from "tap";
import { checkHls, type CheckReport, type Finding } from "../../../helpers/hls-checker/check-hls.ts";
import { startOrigin } from "./fake-origin.ts";
import type { Fault } from "./fault.ts";

/** Of faults that show only after a while, and of second looks. */
const SECONDS = 8;
/** Of faults that show sooner. */
const FEW_SECONDS = 5;
/** More at once would measure this process and not the streams. */
const AT_ONCE = 3;

/** Each fault is found under its rule, and nothing else is. */
export async function hunt(t: Test, faults: readonly Fault[]): Promise<void> {
  const waiting = [...faults];
  const again: Fault[] = [];
  const look = async (fault: Fault, seconds: number): Promise<Verdict> =>
    judge(fault, await checkHls(await startOrigin(t, fault), { seconds }));
  const work = async (): Promise<void> => {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
      const { found, others } = await look(fault, fault.seconds ?? FEW_SECONDS);
      if (found && others.length === 0) t.pass(nameOf(fault));
      else again.push(fault);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  // A busy machine hides what is late, or makes it late: such a fault is looked at once more, alone and longer.
  for (const fault of again) {
    const { found, others } = await look(fault, 1.5 * (fault.seconds ?? SECONDS));
    t.ok(found, `${nameOf(fault)} (second look)`);
    t.same(others, [], `${nameOf(fault)}: nothing else`);
  }
}

interface Verdict {
  readonly found: boolean;
  readonly others: readonly Finding[];
}

const nameOf = ({ rule, what }: Fault): string => `${rule}: ${what}`;

function judge(fault: Fault, { findings }: CheckReport): Verdict {
  // Others' readers may dislike it, too.
  const known = [fault.rule, "F-06", ...(fault.also ?? [])];
  return {
    found: findings.some(({ rule }) => rule === fault.rule),
    others: findings.filter(({ rule }) => !known.includes(rule)),
  };
}
