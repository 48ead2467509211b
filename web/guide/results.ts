import type { Channel, GuideFound, Programme } from "../../src/protocol/api.ts";
import { matching } from "../player/obstacle.ts";

/** A programme that was found, with its channel. */
export interface Hit {
  readonly channel: Channel;
  readonly programme: Programme;
}

export interface Results {
  readonly channels: readonly Channel[];
  readonly now: readonly Hit[];
  readonly later: readonly Hit[];
}

/** What leaves a channel nothing to be found by but its programme. */
const NAMELESS = { name: "", number: -1 };
/** Channels shown; who types more finds the others. */
const MOST_CHANNELS = 12;

/**
 * What is shown for what was typed: channels by name and number and what is on them now, which is known here, and what the box
 * found.
 * @param found null while it is on its way
 * @param now ms since 1970
 */
export function resultsOf(
  channels: readonly Channel[],
  typed: string,
  found: GuideFound["found"] | null,
  now: number,
): Results {
  if (typed.trim() === "") return { channels: [], now: [], later: [] };
  // what is on is a group of its own
  const named = new Set(
    matching(
      channels.map((one) => ({ ...one, now: null })),
      typed,
    ).map(({ id }) => id),
  );
  const byId = new Map(channels.map((channel) => [channel.id, channel]));
  const onNow = matching(
    channels.map((one) => ({ ...one, ...NAMELESS })),
    typed,
  ).flatMap(({ id, now: programme }): Hit[] => {
    const channel = byId.get(id);
    return channel === undefined || programme === null ? [] : [{ channel, programme }];
  });
  const told = (found ?? []).flatMap(({ channel: id, programme }): Hit[] => {
    const channel = byId.get(id);
    return channel === undefined ? [] : [{ channel, programme }];
  });
  const hits = unique([...onNow, ...told]).filter(({ programme }) => Date.parse(programme.endsAt) > now);
  const isOn = ({ programme }: Hit): boolean => Date.parse(programme.startsAt) <= now;
  return {
    channels: channels.filter(({ id }) => named.has(id)).slice(0, MOST_CHANNELS),
    now: hits.filter(isOn),
    later: hits
      .filter((hit) => !isOn(hit))
      .sort((a, b) => Date.parse(a.programme.startsAt) - Date.parse(b.programme.startsAt)),
  };
}

function unique(hits: readonly Hit[]): Hit[] {
  return [...new Map(hits.map((hit) => [`${hit.channel.id} ${hit.programme.startsAt}`, hit])).values()];
}

/** Whether the box is asked: it looks through a week of texts for one letter in vain, but a Han character is a word. */
export function isWorthAsking(typed: string): boolean {
  const text = typed.trim();
  return [...text].length >= 2 || /\p{Script=Han}/u.test(text);
}
