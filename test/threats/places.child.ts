import type { Daemon } from "../helpers/daemon.ts";
import { KeyPhone, onTheWire, type WireAnswer } from "../helpers/key-phone.ts";

/**
 * Phones on other machines than the box's. `argv`: what is to be done as JSON; prints what came of it as JSON.
 * - `leave`: two phones with keys start a channel at home, and both leave the house with it.
 * - `lan`: a phone without a key starts it at home, and its media address is used elsewhere.
 */
export interface PlacesWish {
  readonly what: "leave" | "lan";
  readonly http: string;
  readonly https: string;
  /** To pair with, one for each phone. */
  readonly offers: readonly { readonly code: string; readonly url: string }[];
  readonly channel: string;
  readonly home: readonly [string, string];
  readonly away: readonly [string, string];
}

/** What was answered, in the order in which it was asked. */
export type PlacesReport = { readonly what: string; readonly status: number; readonly body: unknown }[];

const wish = JSON.parse(process.argv[2] ?? "") as PlacesWish;
const { http, https, channel } = wish;
const [home, television] = wish.home;
const report: PlacesReport = [];
const say = (what: string, { status, body }: WireAnswer): void => void report.push({ what, status, body });

/** From here the box's own socket is out of reach; what a phone must know before it pairs is open to all. */
async function phoneAt(origin: string): Promise<KeyPhone> {
  const local = (method: string, path: string) => onTheWire(origin, path, { method, from: home });
  const phone = await KeyPhone.make({ url: origin, local } as unknown as Daemon, origin);
  phone.from = home;
  return phone;
}

if (wish.what === "leave") {
  const playing: [name: string, hls: string][] = [];
  for (const [n, offer] of wish.offers.entries()) {
    const phone = await phoneAt(https);
    say(`pair ${n}`, await phone.pair(offer));
    const started = await phone.call("POST", "/api/v1/playback", { channel });
    say(`start ${n}`, started);
    playing.push([String(n), String(started.body.hls)]);
  }
  for (const [n, hls] of playing) say(`home ${n}`, await onTheWire(https, hls, { from: home }));
  for (const [n, hls] of playing)
    say(`away ${n}`, await onTheWire(https, hls, { from: wish.away[Number(n)] ?? "" }));
  for (const [n, hls] of playing) say(`home again ${n}`, await onTheWire(https, hls, { from: home }));
} else {
  const [offer] = wish.offers;
  const phone = await phoneAt(http);
  const cookie = await phone.pairWithoutKey(offer ?? { code: "", url: "" });
  const started = await phone.send("/api/v1/playback", {
    method: "POST",
    headers: { cookie, "x-tellyport": "1" },
    body: { channel },
  });
  say("start", started);
  const hls = String(started.body.hls);
  for (const from of [home, television, ...wish.away, home])
    for (const origin of [http, https]) say(from, await onTheWire(origin, hls, { from }));
}
console.log(JSON.stringify(report));
