import { serviceKeyText, type GuideEvent, type GuideStretch, type ServiceKey } from "../../../tuner/index.ts";
import { ChannelMatch, type MatchedChannel } from "./channel-match.ts";
import { ChannelStarts } from "./channel-starts.ts";
import { importedEvent } from "./imported-event.ts";
import { XmltvReader, type XmltvProgramme } from "./xmltv-reader.ts";

const DAY = 24 * 60 * 60_000;
/** How far ahead the guide keeps programmes, ms. */
const AHEAD = 8 * DAY;
/** Events handed on at a time: from so many on when the channel changes, and at most. */
const SLICE = 250;
const LONGEST_SLICE = 1000;

export interface ListingImport {
  /** Of {@link documentText}. */
  readonly text: AsyncIterable<string>;
  readonly channels: readonly MatchedChannel[];
  /** Id in the listing → number, name or id of a channel. */
  readonly decided: Readonly<Record<string, string | number>>;
  /** Wanted, the first most. */
  readonly languages: readonly string[];
  /** Epoch ms: what is over is left out. */
  readonly now: number;
  /** Services that somebody else gives the guide of. */
  readonly isTaken: (service: ServiceKey) => boolean;
  readonly take: (events: readonly GuideEvent[], stretches: readonly GuideStretch[]) => void;
  /** Lets others run. */
  readonly pause: () => Promise<void>;
}

/** What an import brought. */
export interface Imported {
  readonly programmes: number;
  /** Left out: no start, no channel, no title. */
  readonly unreadable: number;
  readonly services: readonly ServiceKey[];
  readonly channels: ChannelMatch["counts"];
  /** Channels that the owner named and the box has not. */
  readonly unknown: readonly string[];
}

/**
 * Takes a listing into the guide, in slices; it is never in memory as a whole. What earlier imports had of a channel, within the time
 * that the listing covers, and the listing has not, goes at the end, when the listing is known to be whole.
 * @throws TellyportError `guide-source-invalid`, and those of `text`; what was read until then stays in the guide
 */
export async function importListing(listing: ListingImport): Promise<Imported> {
  const { now, take, pause } = listing;
  const match = new ChannelMatch(listing.channels, listing.decided);
  const starts = new Map<string, ChannelStarts>();
  const services = new Map<string, { key: ServiceKey; of: ChannelStarts }>();
  let slice: GuideEvent[] = [];
  /** Where the slice may end. */
  let ready = 0;
  let channel = "";
  let programmes = 0;

  const programme = (one: XmltvProgramme): void => {
    if (one.startsAt < now - DAY || one.startsAt > now + AHEAD || (one.endsAt ?? Infinity) <= now) return;
    if (one.channel !== channel) ready = slice.length;
    channel = one.channel;
    const keys = match.servicesOf(one.channel).filter((key) => !listing.isTaken(key));
    if (keys.length === 0) return;
    let of = starts.get(one.channel);
    if (of === undefined) starts.set(one.channel, (of = new ChannelStarts()));
    for (const { programme: ended, endsAt } of of.add(one)) {
      if (endsAt <= now) continue;
      for (const key of keys) {
        services.set(serviceKeyText(key), { key, of });
        slice.push(importedEvent(ended, key, endsAt, listing.languages));
        programmes++;
      }
    }
  };
  const reader = new XmltvReader({ channel: (entry) => match.add(entry), programme });

  const hand = async (count: number): Promise<void> => {
    const events = slice.slice(0, count);
    slice = slice.slice(count);
    ready = 0;
    const touched = new Set(events.map(({ service }) => serviceKeyText(service)));
    // Without a span they take nothing away, but tell what stands side by side in the listing.
    const listed = [...touched].flatMap((text) => {
      const { key, of } = services.get(text) ?? {};
      return key === undefined || of?.overlaps !== true ? [] : [stretchOf(key, of.eventIds, 0, 0)];
    });
    take(events, listed);
    await pause();
  };
  for await (const text of listing.text) {
    reader.write(text);
    while (ready >= SLICE || slice.length >= LONGEST_SLICE)
      await hand(ready >= SLICE ? Math.min(ready, LONGEST_SLICE) : LONGEST_SLICE);
    await pause();
  }
  reader.end();
  while (slice.length > 0) await hand(LONGEST_SLICE);
  for (const { key, of } of services.values()) {
    take([], [stretchOf(key, of.eventIds, of.first, of.last + 1)]);
    await pause();
  }
  return {
    programmes,
    unreadable: reader.unreadable,
    services: [...services.values()].map(({ key }) => key),
    channels: match.counts,
    unknown: match.unknown,
  };
}

const stretchOf = (
  service: ServiceKey,
  eventIds: readonly number[],
  from: number,
  to: number,
): GuideStretch => ({ service, from, to, eventIds, actual: false, imported: true });
