import { join } from "node:path";
import { systemClock } from "../../src/kernel/clock.ts";
import { Channels, type Channel, type Playback, type Tuner } from "../../src/protocol/api.ts";
import { parseBoxUrl } from "../../src/cli/remote/box-address.ts";
import { CredentialsFile } from "../../src/cli/remote/credentials.ts";
import { pairWithBox } from "../../src/cli/remote/pairing.ts";
import { releasePlayback, startPlayback } from "../../src/cli/remote/playback.ts";
import { Session } from "../../src/cli/remote/session.ts";
import { eventually, type Daemon } from "../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

const forever = (): AbortSignal => new AbortController().signal;

/** Pairs a client with a key of its own, in this process: the command line's modules, every call with its DPoP proof. */
export async function pair(t: Teardown, box: Daemon, name: string): Promise<Session> {
  const { code } = await box.openOffer();
  const credentials = await pairWithBox({
    address: parseBoxUrl(box.url).address,
    secret: { kind: "code", code },
    name,
    clock: systemClock,
    signal: forever(),
  });
  const file = new CredentialsFile(join(await temporaryFolder(t), "credentials.json"), systemClock);
  await file.create(credentials, forever());
  return new Session(file, credentials, systemClock);
}

export async function channelsOf(session: Session): Promise<readonly Channel[]> {
  const call = { method: "GET", path: "/api/v1/channels", signal: forever() } as const;
  return (await session.call(Channels, call)).channels;
}

/** The daemon's own view of its tuners. */
export async function tunersOf(box: Daemon): Promise<readonly Tuner[]> {
  return (await box.local<{ tuners: Tuner[] }>("GET", "/api/v1/tuners")).body.tuners;
}

/**
 * Waits until the box has seen its whole line-up, has looked at every channel and has left its tuners alone for a while.
 * @param channels how many the line-up has
 */
export async function settled(box: Daemon, channels: number, quietMs = 3000): Promise<void> {
  await eventually(
    `${channels} channels are listed`,
    async () => (await box.local<Channels>("GET", "/api/v1/channels")).body.channels.length === channels,
    60_000,
  );
  let quietSince = performance.now();
  await eventually(
    "nothing holds a tuner",
    async () => {
      const now = performance.now();
      if ((await tunersOf(box)).some(({ consumers }) => consumers.length > 0)) quietSince = now;
      return now - quietSince >= quietMs;
    },
    90_000,
  );
}

/** Text of a playlist. @throws Error when the box refuses it */
async function playlist(url: URL): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url.pathname}: ${response.status} ${text}`);
  return text;
}

/** Absolute addresses of the lines that are no tags. */
const addresses = (text: string, base: URL): URL[] =>
  text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => new URL(line, base));

export interface FirstPlaylist {
  readonly text: string;
  /** Where a player could begin: the first segment, or the first part that is independent. */
  readonly begin: URL | null;
}

/** One client's playback of one channel, and what a player would fetch of it. */
export class Viewer {
  readonly playback: Playback;
  readonly #session: Session;
  readonly #origin: URL;
  #over = false;
  #watching: Promise<void> = Promise.resolve();
  /** Bytes of media received so far. */
  bytes = 0;
  /** Segments received so far, all renditions. */
  segments = 0;

  private constructor(session: Session, playback: Playback, origin: URL) {
    this.#session = session;
    this.playback = playback;
    this.#origin = origin;
  }

  static async start(box: Daemon, session: Session, channel: string): Promise<Viewer> {
    const playback = await startPlayback(session, channel, forever(), { lowLatency: true });
    return new Viewer(session, playback, new URL(box.url));
  }

  /** The way of a player to the first media playlist: multivariant, then its first variant. */
  async firstPlaylist(): Promise<FirstPlaylist> {
    const [variant] = await this.#renditions();
    if (variant === undefined) throw new Error("the multivariant playlist has no variant");
    const text = await playlist(variant);
    const first = /^#EXT-X-PART:.*URI="([^"]+)",INDEPENDENT=YES|^([^#].*)$/m.exec(text);
    const name = first?.[1] ?? first?.[2];
    return { text, begin: name === undefined ? null : new URL(name, variant) };
  }

  /** Seconds that the next whole segment of the picture lasts; it is waited for. */
  async segmentDuration(): Promise<number> {
    const [variant] = await this.#renditions();
    if (variant === undefined) throw new Error("the multivariant playlist has no variant");
    for (;;) {
      const text = await playlist(variant);
      const found = [...text.matchAll(/^#EXTINF:([\d.]+),/gm)].at(-1);
      if (found !== undefined) return Number(found[1]);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Each rendition's playlist and the whole segments that it lists now: picture first, then one sound. */
  async renditionSegments(): Promise<{ playlist: URL; segments: URL[] }[]> {
    const found: { playlist: URL; segments: URL[] }[] = [];
    for (const url of await this.#renditions())
      found.push({ playlist: url, segments: addresses(await playlist(url), url) });
    return found;
  }

  /** Fetches every new segment of picture and sound, as a player does that buffers, until {@link stop}. */
  watch(): void {
    this.#watching = this.#fetchAll();
    // Told by `stop`, not by a crash in the middle of a measurement.
    this.#watching.catch(() => undefined);
  }

  /** @throws Error what went wrong while it watched */
  async stop(): Promise<void> {
    this.#over = true;
    await this.#watching;
    await releasePlayback(this.#session, this.playback.id);
  }

  async #renditions(): Promise<URL[]> {
    const url = new URL(this.playback.hls, this.#origin);
    const text = await playlist(url);
    const alternatives = [...text.matchAll(/^#EXT-X-MEDIA:.*DEFAULT=YES.*URI="([^"]+)"/gm)];
    const variants = addresses(text, url);
    return [
      ...variants.slice(0, 1),
      ...alternatives.slice(0, 1).map((match) => new URL(match[1] ?? "", url)),
    ];
  }

  async #fetchAll(): Promise<void> {
    const renditions = await this.#renditions();
    const had = new Set<string>();
    while (!this.#over) {
      const from = performance.now();
      for (const rendition of renditions) {
        const text = await playlist(rendition);
        const init = /^#EXT-X-MAP:URI="([^"]+)"/m.exec(text)?.[1];
        const wanted = [
          ...(init === undefined ? [] : [new URL(init, rendition)]),
          ...addresses(text, rendition),
        ];
        for (const url of wanted) {
          if (had.has(url.pathname)) continue;
          had.add(url.pathname);
          await this.#take(url);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1000 - (performance.now() - from))));
    }
  }

  async #take(url: URL): Promise<void> {
    const response = await fetch(url);
    if (response.status !== 200 || response.body === null)
      throw new Error(`${url.pathname}: ${response.status} ${await response.text()}`);
    for await (const chunk of response.body) this.bytes += (chunk as Uint8Array).length;
    this.segments++;
  }
}
