import { checkAcross, checkBitRates } from "./across.ts";
import { checkAnswer } from "./delivery.ts";
import { shortName } from "./edge.ts";
import { Findings, type Finding } from "./findings.ts";
import { Http, isOver, type Fetch } from "./http.ts";
import { Lag } from "./lag.ts";
import { checkMultivariant, readMultivariant, type Multivariant } from "./multivariant.ts";
import { RenditionWatch } from "./rendition-watch.ts";
import { judgePlaylist } from "./second-judges.ts";
import type { RenditionRef, Session } from "./session.ts";

export type { Finding } from "./findings.ts";

export interface CheckOptions {
  /** How long to look; it is over then, whatever is under way. */
  readonly seconds: number;
  /** Default: the platform's. */
  readonly fetch?: Fetch;
  /** true: parts are promised; false: they are not; default: what the playlists say. */
  readonly lowLatency?: boolean;
  /** Which renditions; default all. */
  readonly renditions?: "all" | ((rendition: RenditionRef) => boolean);
  /** Findings that are known and waived. */
  readonly allow?: (finding: Finding) => boolean;
}

export interface CheckReport {
  readonly findings: readonly Finding[];
  /** How often each rule was examined: one that never was is not proved. */
  readonly counts: Readonly<Record<string, number>>;
  readonly renditions: number;
  readonly playlists: number;
  readonly segments: number;
  readonly parts: number;
  readonly hints: number;
  readonly deltas: number;
  /** How long it took. */
  readonly seconds: number;
  /** p95 of answers that nothing held, ms. */
  readonly roundTrip: number;
}

/**
 * Plays a live stream as a demanding player would, black box over HTTP, and says what is wrong.
 * @param url of a multivariant or a media playlist
 * @see docs/hls-conformance.md for the rules
 */
export async function checkHls(url: string, options: CheckOptions): Promise<CheckReport> {
  const from = performance.now();
  const findings = new Findings(() => performance.now() - from, options.allow);
  const { expect } = findings;
  const abort = new AbortController();
  const over = setTimeout(() => abort.abort(), options.seconds * 1000);
  const lag = new Lag();
  const work = new Set<Promise<void>>();
  const session: Session = {
    http: new Http(options.fetch ?? ((address, init) => fetch(address, init)), abort.signal),
    expect,
    lag,
    signal: abort.signal,
    until: from + options.seconds * 1000,
    lowLatency: false,
    busy: { hint: false, probe: false },
    totals: { segments: 0, parts: 0, playlists: 0, hints: 0, deltas: 0 },
    beside(where, promise) {
      const guarded = promise.catch((error: unknown) => {
        if (!isOver(abort.signal)) expect("L-06", false, where, `not answered: ${String(error)}`);
      });
      work.add(guarded);
      void guarded.finally(() => work.delete(guarded));
    },
  };
  let watches: RenditionWatch[] = [];
  let playlist: Multivariant | null = null;
  try {
    playlist = await readTop(url, session);
    const chosen = options.renditions ?? "all";
    const refs = playlist === null ? [soleRendition(url)] : renditionsOf(playlist);
    watches = refs
      .filter((ref) => chosen === "all" || chosen(ref))
      .map((ref) => new RenditionWatch(ref, session));
    await Promise.all(watches.map((watch) => watch.begin()));
    const some = watches.some((watch) => (watch.playlist?.partTarget ?? null) !== null);
    session.lowLatency = options.lowLatency ?? some;
    await Promise.all(
      watches.flatMap((watch) => [
        watch.run(
          watches.filter((other) => other !== watch),
          refs.map((ref) => ref.url).filter((address) => address !== watch.ref.url),
        ),
        watch.media.run(),
      ]),
    );
    await Promise.all(work);
  } catch (error) {
    if (!isOver(abort.signal)) expect("P-06", false, shortName(url), String(error));
  } finally {
    clearTimeout(over);
    abort.abort();
    lag.stop();
  }
  const roundTrip = percentile(session.http.roundTrips, 0.95);
  finish(watches, playlist, roundTrip, session);
  return {
    findings: findings.list,
    counts: findings.counts,
    renditions: watches.length,
    ...session.totals,
    seconds: (performance.now() - from) / 1000,
    roundTrip,
  };
}

/** The multivariant playlist, examined; null when the address is a media playlist's. */
async function readTop(url: string, { http, expect }: Session): Promise<Multivariant | null> {
  const where = shortName(url);
  const answer = await http.get(url);
  checkAnswer(answer, "playlist", where, expect);
  if (answer.status !== 200) throw new Error(`answered with ${answer.status}`);
  const text = answer.body.toString("utf8");
  if (/^#EXT(?:INF|-X-TARGETDURATION):/m.test(text)) return null;
  const playlist = readMultivariant(text, url, where, expect);
  checkMultivariant(playlist, where, expect);
  const other = judgePlaylist(text, "multivariant");
  expect("F-06", other === null, where, `hls-parser: ${other}`);
  return playlist;
}

const soleRendition = (url: string): RenditionRef => ({
  url,
  kind: "video",
  name: shortName(url),
  codecs: [],
});

function renditionsOf({ variants, media }: Multivariant): RenditionRef[] {
  const found = new Map<string, RenditionRef>();
  for (const { url, attributes } of variants) {
    const codecs = (attributes.get("CODECS") ?? "").split(",").filter(Boolean);
    const picture = codecs.some((codec) => /^(avc|hvc|hev|mp4v|mp2v|av01|vp09|dvh)/.test(codec));
    const known = found.get(url)?.codecs ?? [];
    const kind = picture ? ("video" as const) : ("audio" as const);
    found.set(url, { url, kind, name: shortName(url), codecs: [...known, ...codecs] });
  }
  for (const { url, attributes } of media) {
    const type = attributes.get("TYPE");
    if (url === null || found.has(url) || (type !== "AUDIO" && type !== "SUBTITLES")) continue;
    const using = variants.filter((one) => one.attributes.get(type) === attributes.get("GROUP-ID"));
    const codecs = using.flatMap((one) => (one.attributes.get("CODECS") ?? "").split(","));
    const kind = type === "AUDIO" ? ("audio" as const) : ("subtitles" as const);
    found.set(url, { url, kind, name: shortName(url), codecs });
  }
  return [...found.values()];
}

/** What can be said only at the end. */
function finish(
  watches: readonly RenditionWatch[],
  playlist: Multivariant | null,
  roundTrip: number,
  { expect, http }: Session,
): void {
  const seen = watches.map(({ ref, media, playlist: last }) => ({
    ref,
    seen: media.seen,
    targetDuration: last?.targetDuration ?? null,
  }));
  checkAcross(seen, expect);
  for (const { ref, playlist: last } of watches) {
    if (last?.partTarget == null || http.roundTrips.length === 0) continue;
    const what = `PART-TARGET ${last.partTarget} s, below a round trip of ${roundTrip.toFixed(0)} ms`;
    expect("L-04", last.partTarget * 1000 >= roundTrip, ref.name, what);
  }
  for (const { url, attributes } of playlist?.variants ?? []) {
    const group = attributes.get("AUDIO");
    const sound = playlist?.media.find(
      (one) => group !== undefined && one.attributes.get("GROUP-ID") === group && one.url !== null,
    );
    const shares = [url, sound?.url]
      .filter((address, i, all) => address != null && all.indexOf(address) === i)
      .map((address) => seen.find(({ ref }) => ref.url === address)?.seen ?? new Map<number, never>());
    const average = attributes.get("AVERAGE-BANDWIDTH");
    const promised = {
      name: shortName(url),
      bandwidth: Number(attributes.get("BANDWIDTH")),
      average: average === undefined ? null : Number(average),
    };
    checkBitRates(promised, shares, expect);
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
