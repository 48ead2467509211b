import { serviceKeyText, type ServiceKey } from "../../../tuner/index.ts";
import { xmltvChannelId } from "./xmltv-document.ts";
import type { XmltvChannelEntry } from "./xmltv-reader.ts";

/** What a channel of the box is matched by. */
export interface MatchedChannel {
  readonly id: string;
  readonly key: ServiceKey;
  readonly name: string;
  /** In the user's list. */
  readonly number: number;
  /** Logical channel number that the broadcaster sends; null: none. */
  readonly lcn: number | null;
}

/** Channels of listings kept at most; more are no listing of anybody's channels. */
const MOST_CHANNELS = 20_000;
/** Words at the end of a name that say how sharp the picture is, not whose it is. */
const SHARPNESS = /^(hd|fhd|uhd|sd|4k|hdtv|高清|超清|超高清)$/;

/**
 * A name as it is compared: without case, accents, spaces and marks; `+` and `&` count, they tell channels apart.
 * @returns with and without what it says of the picture's sharpness; empty: nothing to compare
 */
export function foldedName(name: string): { whole: string; base: string } {
  const words =
    name
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/\+/g, " plus ")
      .replace(/&/g, " and ")
      .replace(/(?<=[^\s])(超高清|超清|高清)$/u, " $1")
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  const base = [...words];
  while (base.length > 1 && SHARPNESS.test(base.at(-1) ?? "")) base.pop();
  return { whole: words.join(""), base: base.join("") };
}

/** Keys, as texts, that an id of a listing may stand for: `1.1019.10301`, `S19.2E-1-1019-10301`, `1:0:19:283D:3FB:1:C00000:0:0:0:`. */
export function tripletsOf(id: string): string[] {
  const enigma = /^\d+:\d+:[\dA-F]+:([\dA-F]{1,4}):([\dA-F]{1,4}):([\dA-F]{1,4}):/i.exec(id);
  if (enigma !== null) {
    const [serviceId = 0, stream = 0, network = 0] = enigma.slice(1, 4).map((part) => parseInt(part, 16));
    return [`${network}.${stream}.${serviceId}`];
  }
  const vdr = /-(\d{1,5})-(\d{1,5})-(\d{1,5})$/.exec(id)?.slice(1, 4);
  if (vdr !== undefined) return [vdr.map(Number).join(".")];
  const dotted = /^(?:[a-z]\D?)?(\d{1,5})[._](\d{1,5})[._](\d{1,5})(?:$|[._]\D)/i.exec(id)?.slice(1, 4);
  // Both orders are about.
  return dotted === undefined ? [] : [dotted.map(Number).join("."), dotted.map(Number).reverse().join(".")];
}

/**
 * Finds the services that a listing's channels are. What the owner says goes first; then a name that is the same, a name but for the
 * sharpness, the numbers of DVB in the id, and the channel number. A service belongs to one channel of the listing only, but one
 * channel of the listing may be several services (a simulcast).
 */
export class ChannelMatch {
  /** Channels that the owner named and the box has not. */
  readonly unknown: readonly string[];
  readonly #lookups: readonly ((entry: XmltvChannelEntry) => readonly ServiceKey[])[];
  readonly #claimed = new Set<string>();
  readonly #matched = new Map<string, ServiceKey[]>();
  #waiting: XmltvChannelEntry[] = [];
  #ids = new Set<string>();

  /** @param decided id in the listing → number, name or id of a channel of the box */
  constructor(channels: readonly MatchedChannel[], decided: Readonly<Record<string, string | number>> = {}) {
    const byId = new Map<string, ServiceKey[]>();
    const byWhole = new Map<string, ServiceKey[]>();
    const byBase = new Map<string, ServiceKey[]>();
    const byTriplet = new Map<string, ServiceKey[]>();
    const byNumber = new Map<string, ServiceKey[]>();
    for (const channel of channels) {
      const { whole, base } = foldedName(channel.name);
      add(byId, xmltvChannelId(channel.id), channel.key);
      add(byWhole, whole, channel.key);
      add(byBase, base, channel.key);
      add(byTriplet, serviceKeyText(channel.key), channel.key);
      add(byNumber, String(channel.number), channel.key);
    }
    const taken = new Set(channels.map(({ number }) => number));
    // The broadcaster's number counts where the user's list has given it to nobody else.
    for (const { lcn, key } of channels) if (lcn !== null && !taken.has(lcn)) add(byNumber, String(lcn), key);

    const own = new Map<string, ServiceKey[]>();
    const unknown: string[] = [];
    for (const [id, value] of Object.entries(decided)) {
      const text = String(value).trim();
      const found =
        byNumber.get(text) ?? byWhole.get(foldedName(text).whole) ?? byId.get(xmltvChannelId(text)) ?? [];
      if (found.length === 0) unknown.push(text);
      own.set(id, [...found]);
    }
    this.unknown = unknown;
    const byAny =
      (index: ReadonlyMap<string, ServiceKey[]>, keysOf: (entry: XmltvChannelEntry) => string[]) =>
      (entry: XmltvChannelEntry): readonly ServiceKey[] =>
        own.has(entry.id) ? [] : keysOf(entry).flatMap((key) => index.get(key) ?? []);
    this.#lookups = [
      (entry) => own.get(entry.id) ?? [],
      byAny(byId, ({ id }) => [id]),
      byAny(byWhole, (entry) => namesOf(entry).map((name) => foldedName(name).whole)),
      byAny(byBase, (entry) => namesOf(entry).map((name) => foldedName(name).base)),
      byAny(byTriplet, ({ id }) => tripletsOf(id)),
      byAny(byNumber, ({ names }) =>
        names.filter((name) => /^\d{1,5}$/.test(name)).map((name) => String(Number(name))),
      ),
    ];
  }

  /** A channel that the listing has. */
  add(entry: XmltvChannelEntry): void {
    if (this.#ids.has(entry.id) || this.#ids.size >= MOST_CHANNELS) return;
    this.#ids.add(entry.id);
    this.#waiting.push(entry);
  }

  /** Services of a channel of the listing; none: it is not received here. */
  servicesOf(id: string): readonly ServiceKey[] {
    // A listing without channels still has their ids.
    if (!this.#ids.has(id)) this.add({ id, names: [] });
    if (this.#waiting.length > 0) this.#settle();
    return this.#matched.get(id) ?? [];
  }

  /** How many channels the listing has, how many of them are received here, and ids of some that are not. */
  get counts(): { readonly listed: number; readonly matched: number; readonly unmatched: readonly string[] } {
    if (this.#waiting.length > 0) this.#settle();
    const unmatched: string[] = [];
    for (const id of this.#ids) {
      if (unmatched.length >= 10) break;
      if (!this.#matched.has(id)) unmatched.push(id);
    }
    return { listed: this.#ids.size, matched: this.#matched.size, unmatched };
  }

  #settle(): void {
    for (const lookup of this.#lookups)
      for (const entry of this.#waiting)
        for (const key of lookup(entry)) {
          const text = serviceKeyText(key);
          if (this.#claimed.has(text)) continue;
          this.#claimed.add(text);
          add(this.#matched, entry.id, key);
        }
    this.#waiting = [];
  }
}

const namesOf = ({ id, names }: XmltvChannelEntry): readonly string[] => (names.length > 0 ? names : [id]);

function add<T>(index: Map<string, T[]>, key: string, value: T): void {
  if (key === "") return;
  const list = index.get(key);
  if (list === undefined) index.set(key, [value]);
  else list.push(value);
}
