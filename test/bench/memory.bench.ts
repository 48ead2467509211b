import { startDaemon } from "../helpers/daemon.ts";
import { note, rounded, withTeardown, type Figure } from "./figure.ts";
import { describeResident, pidOf, residentOf, whileWatched } from "./memory.ts";
import { channelsOf, pair, settled } from "./viewer.ts";

export const ids = ["rss-idle", "rss-2-viewers"] as const;

const LINEUP = 12;
const WATCH_SECONDS = 30;
const IDLE_SECONDS = 15;

/**
 * `rss-idle`: the daemon after it has surveyed the mock's line-up and looked at every channel, its tuners idle.
 * `rss-2-viewers`: the same daemon, two clients on two services of one multiplex for 30 s.
 */
export function run(): Promise<Figure[]> {
  return withTeardown(async (t) => {
    const box = await startDaemon(t);
    await settled(box, LINEUP);
    // Nobody asks it anything: a box that answers ten times a second is not idle.
    await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
    const idle = residentOf(pidOf(box));
    describeResident("rss-idle", idle);

    const sessions = [await pair(t, box, "one"), await pair(t, box, "two")] as const;
    const channels = await channelsOf(sessions[0]);
    const channel = (wanted: number): string => channels.find(({ number }) => number === wanted)?.id ?? "";
    const { resident, rate } = await whileWatched(
      box,
      sessions.map((session, index) => ({ session, channel: channel(index + 1) })),
      WATCH_SECONDS,
    );
    describeResident("rss-2-viewers", resident);
    note(`rss-2-viewers: each viewer received ${rate.toFixed(2)} Mb/s`);
    return [
      { id: "rss-idle", value: rounded(idle.all, 1), unit: "MB", goal: "<= 85, aim 70" },
      { id: "rss-2-viewers", value: rounded(resident.all, 1), unit: "MB", goal: "print" },
    ];
  });
}
