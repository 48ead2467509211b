import { serviceKeyText, type GuideEvent, type GuideStretch, type ServiceKey } from "../../../tuner/index.ts";
import { ChannelMatch, type MatchedChannel } from "./channel-match.ts";
import { ChannelStarts } from "./channel-starts.ts";
import { importedEvent } from "./imported-event.ts";
import { XmltvReader, type XmltvProgramme } from "./xmltv-reader.ts";

const DAY = 24 * 60 * 60_000;
/** How far ahead the guide keeps programmes, ms. */
const AHEAD = 8 * DAY;
/** Events gathered before they are handed on by service, so that a listing by time does not touch every service with every event. */
const GATHERED = 4000;
/** Events handed on at a time, about: nobody waits longer for them than a picture takes. */
const PORTION = 100;

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
  /** Writes them. */
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
 * Takes a listing into the guide, in portions; it is never in memory as a whole. What earlier imports had of a channel, within the time
 * that the listing covers, and the listing has not, goes at the end, when the listing is known to be whole.
 * @throws TellyportError `guide-source-invalid`, and those of `text`; what was read until then stays in the guide
 */
export async function importListing(listing: ListingImport): Promise<Imported> {
  const { now, take, pause } = listing;
  const match = new ChannelMatch(listing.channels, listing.decided);
  const starts = new Map<string, ChannelStarts>();
  const services = new Map<string, { key: ServiceKey; of: ChannelStarts }>();
  const gathered = new Map<string, GuideEvent[]>();
  let count = 0;
  let programmes = 0;

  const programme = (one: XmltvProgramme): void => {
    if (one.startsAt < now - DAY || one.startsAt > now + AHEAD || (one.endsAt ?? Infinity) <= now) return;
    const keys = match.servicesOf(one.channel).filter((key) => !listing.isTaken(key));
    if (keys.length === 0) return;
    let of = starts.get(one.channel);
    if (of === undefined) starts.set(one.channel, (of = new ChannelStarts()));
    for (const { programme: ended, endsAt } of of.add(one)) {
      if (endsAt <= now) continue;
      for (const key of keys) {
        const text = serviceKeyText(key);
        services.set(text, { key, of });
        const events = gathered.get(text);
        const event = importedEvent(ended, key, endsAt, listing.languages);
        if (events === undefined) gathered.set(text, [event]);
        else if (events.at(-1)?.eventId === event.eventId) events.splice(-1, 1, event);
        else events.push(event);
        count++;
        programmes++;
      }
    }
  };
  const reader = new XmltvReader({ channel: (entry) => match.add(entry), programme });

  const handOn = async (): Promise<void> => {
    let events: GuideEvent[] = [];
    let listed: GuideStretch[] = [];
    for (const [text, list] of gathered) {
      const { key, of } = services.get(text) ?? {};
      events.push(...list);
      // Without a span it takes nothing away, but tells what stands side by side in the listing.
      if (key !== undefined && of?.overlaps === true) listed.push(stretchOf(key, of.eventIds, 0, 0));
      if (events.length < PORTION) continue;
      take(events, listed);
      [events, listed] = [[], []];
      await pause();
    }
    take(events, listed);
    gathered.clear();
    count = 0;
    await pause();
  };
  for await (const text of listing.text) {
    reader.write(text);
    if (count >= GATHERED) await handOn();
    await pause();
  }
  reader.end();
  await handOn();
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
