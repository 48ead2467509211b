import { checkChange } from "./change-rules.ts";
import { checkDelta } from "./delta.ts";
import { checkAnswer, checkPlaylistHeaders } from "./delivery.ts";
import { edgeOf, edgeOrder, listedSeconds, type Edge } from "./edge.ts";
import { isOver, pause, type Answer } from "./http.ts";
import type { MediaPlaylist, RenditionReport } from "./playlist-model.ts";
import { checkPlaylist } from "./playlist-rules.ts";
import { directivesFor, PlaylistSource, type Directives } from "./playlist-source.ts";
import { probeReload } from "./reload-probes.ts";
import { RenditionMedia } from "./rendition-media.ts";
import { SLACK_MS, type RenditionRef, type Session } from "./session.ts";

/** Reloads one rendition's playlist as a player does, and now and then as none should. */
export class RenditionWatch {
  readonly ref: RenditionRef;
  readonly media: RenditionMedia;
  /** Seconds of the longest version seen. */
  longest = 0;
  readonly #session: Session;
  readonly #source: PlaylistSource;
  #others: readonly RenditionWatch[] = [];
  #otherUrls: readonly string[] = [];
  #playlist: MediaPlaylist | null = null;
  #text = "";
  #changedAt = 0;
  /** Of the newest answer. */
  #answeredAt = 0;
  #grewAt = 0;
  #probes = 0;
  #probedAt = 0;
  /** When which end was first seen. */
  readonly #edges: { readonly edge: Edge; readonly at: number }[] = [];
  /** What others said of this one, until an answer asked for later is here. */
  #claims: { readonly report: RenditionReport; readonly by: string; readonly at: number }[] = [];

  constructor(ref: RenditionRef, session: Session) {
    this.ref = ref;
    this.#session = session;
    this.#source = new PlaylistSource(ref, session);
    this.media = new RenditionMedia(ref, session);
  }

  get playlist(): MediaPlaylist | null {
    return this.#playlist;
  }

  /** The first version. @returns false when there is none */
  async begin(): Promise<boolean> {
    return (await this.#load({})) !== null;
  }

  /**
   * Until the check is over, or the stream.
   * @param others those that are watched; @param otherUrls of all others that the stream has
   */
  async run(others: readonly RenditionWatch[], otherUrls: readonly string[]): Promise<void> {
    const { signal } = this.#session;
    this.#others = others;
    this.#otherUrls = otherUrls;
    if (this.#playlist !== null) this.#examine(this.#playlist, null, 0);
    while (!isOver(signal) && this.#playlist !== null && !this.#playlist.ended) {
      const blocking = this.#playlist.serverControl?.canBlockReload === true;
      const target = (this.#playlist.targetDuration ?? 1) * 1000;
      await this.#probe(target / 2);
      if (blocking) await this.#wait(this.#playlist);
      else {
        await pause(target / 4, signal);
        await this.#load({});
      }
      this.#checkAge(target);
    }
  }

  /** P-06: a new version within one and a half target durations. */
  #checkAge(target: number): void {
    if (isOver(this.#session.signal)) return;
    const age = performance.now() - this.#changedAt - this.#session.lag.since(this.#changedAt);
    const what = `nothing new for ${(age / 1000).toFixed(1)} s`;
    this.#session.expect("P-06", age <= 1.5 * target + SLACK_MS, this.ref.name, what);
  }

  /** Asks for what comes next, as hls.js and AVPlayer do. */
  async #wait(playlist: MediaPlaylist): Promise<void> {
    const { next, partTarget } = playlist;
    const wanted: Edge = { msn: next.sequence, part: partTarget === null ? -1 : next.parts.length };
    const answer = await this.#load(directivesFor(wanted));
    // One that does not hold is not asked as fast as it answers.
    const grown = answer !== null && edgeOrder(edgeOf(answer)) >= edgeOrder(wanted);
    if (!grown) await pause(100, this.#session.signal);
  }

  /** One version, examined by itself and against the one before. @returns null when there is none */
  async #load(directives: Directives): Promise<MediaPlaylist | null> {
    const { expect, signal, totals } = this.#session;
    const { name } = this.ref;
    const blocking = "_HLS_msn" in directives;
    const rule = blocking ? "L-06" : "P-06";
    let answer: Answer;
    try {
      answer = await this.#source.fetch(directives);
    } catch (error) {
      if (!isOver(signal)) expect(rule, false, name, `not answered: ${String(error)}`);
      return null;
    }
    checkAnswer(answer, "playlist", name, expect);
    expect(
      rule,
      answer.status === 200,
      name,
      `${JSON.stringify(directives)} is answered with ${answer.status}`,
    );
    if (answer.status !== 200) return null;
    const { playlist, text } = this.#source.read(answer);
    totals.playlists++;
    if (!blocking) checkPlaylistHeaders(answer, playlist.targetDuration ?? 1, name, expect);
    const before = this.#playlist;
    if (text !== this.#text) this.#changedAt = answer.endedAt;
    this.#text = text;
    this.#playlist = playlist;
    this.longest = Math.max(this.longest, listedSeconds(playlist));
    if (before !== null) {
      this.#examine(playlist, before, answer.sentAt);
      if (blocking) {
        const part = Number(directives["_HLS_part"] ?? -1);
        this.#source.checkHold({ msn: Number(directives["_HLS_msn"]), part }, playlist, answer);
      }
    }
    this.#noteEdge(playlist, answer);
    this.#answeredAt = answer.endedAt;
    return playlist;
  }

  #examine(playlist: MediaPlaylist, before: MediaPlaylist | null, sentAt: number): void {
    const { expect, lowLatency } = this.#session;
    const { name: where, kind } = this.ref;
    checkPlaylist(playlist, { where, kind, lowLatency, others: this.#otherUrls, now: Date.now() }, expect);
    if (before !== null) checkChange(before, playlist, where, expect);
    for (const report of playlist.reports)
      this.#others.find(({ ref }) => ref.url === report.url)?.claimed(report, where, sentAt);
    this.media.update(playlist, before, this.longest);
  }

  /** L-05 and L-08: how the end moved, and whether others knew. */
  #noteEdge(playlist: MediaPlaylist, answer: Answer): void {
    const { expect, lag } = this.#session;
    const edge = edgeOf(playlist);
    const last = this.#edges.at(-1);
    for (const claim of this.#claims) {
      if (answer.sentAt < claim.at) continue;
      const { lastMsn, lastPart } = claim.report;
      const reached = edgeOrder(edge) >= edgeOrder({ msn: lastMsn ?? 0, part: lastPart ?? -1 });
      const what = `reports ${lastMsn}.${lastPart} of ${this.ref.name}, which is not there`;
      expect("L-08", reached, claim.by, what);
    }
    this.#claims = this.#claims.filter(({ at }) => answer.sentAt < at);
    if (last !== undefined && edgeOrder(edge) <= edgeOrder(last.edge)) return;
    if (last !== undefined && playlist.partTarget !== null) {
      // While nobody asked, nobody was told.
      const unasked = Math.max(0, answer.sentAt - this.#answeredAt);
      const apart = answer.endedAt - this.#grewAt - unasked - lag.since(this.#grewAt);
      const what = `${(apart / 1000).toFixed(2)} s without a new part, target ${playlist.partTarget} s`;
      expect("L-05", apart <= playlist.partTarget * 1000 + SLACK_MS, this.ref.name, what);
    }
    this.#grewAt = answer.endedAt;
    this.#edges.push({ edge, at: answer.endedAt });
    if (this.#edges.length > 200) this.#edges.shift();
  }

  /** Another rendition's playlist, asked for at `sentAt`, says how far this one has come. */
  claimed(report: RenditionReport, by: string, sentAt: number): void {
    const { lag, expect } = this.#session;
    if (report.lastMsn === null) return;
    const said: Edge = { msn: report.lastMsn, part: report.lastPart ?? -1 };
    const parts = this.#playlist?.partTarget ?? null;
    if (parts !== null)
      expect("L-08", report.lastPart !== null, by, `RENDITION-REPORT of ${this.ref.name} without LAST-PART`);
    // As fresh as the playlist: what was here a part (or a segment) before it was asked for is in it.
    const period = (parts ?? this.#playlist?.targetDuration ?? 1) * 1500 + SLACK_MS;
    const known = sentAt - period - lag.since(sentAt - period);
    const later = this.#edges.find(({ edge, at }) => at < known && isBehind(said, edge));
    const what = `reports ${said.msn}.${said.part} of ${this.ref.name}, which had ${later?.edge.msn}.${later?.edge.part}`;
    expect("L-08", later === undefined, by, what);
    this.#claims.push({ report, by, at: performance.now() });
    if (this.#claims.length > 20) this.#claims.shift();
  }

  /** One request now and then that a player would not make, or makes seldom. */
  async #probe(everyMs: number): Promise<void> {
    const playlist = this.#playlist;
    if (playlist === null || performance.now() - this.#probedAt < everyMs) return;
    this.#probedAt = performance.now();
    const { expect, signal } = this.#session;
    const { name } = this.ref;
    const control = playlist.serverControl;
    const round = this.#probes++;
    if (control?.canSkipUntil != null && round % 3 === 0) {
      // Between two whole playlists, so that it has its turn among them.
      await this.#probeDelta().catch((error: unknown) => {
        if (!isOver(signal)) expect("L-09", false, name, `not answered: ${String(error)}`);
      });
    }
    this.#session.beside(name, probeReload(this.#source, playlist, round));
  }

  /** L-09: a delta update between two whole playlists. */
  async #probeDelta(): Promise<void> {
    const { totals, expect } = this.#session;
    const before = await this.#load({});
    if (before === null) return;
    const answer = await this.#source.fetch({ _HLS_skip: "YES" });
    expect("L-09", answer.status === 200, this.ref.name, `a delta update is answered with ${answer.status}`);
    if (answer.status !== 200) return;
    const { playlist: delta } = this.#source.read(answer);
    const after = await this.#load({});
    if (after === null) return;
    totals.deltas++;
    expect(
      "P-07",
      (delta.version ?? 1) >= delta.needsVersion,
      this.ref.name,
      `VERSION of a delta is ${delta.version}`,
    );
    checkDelta(before, delta, after, this.ref.name, expect);
  }
}

const isBehind = (said: Edge, seen: Edge): boolean =>
  seen.msn > said.msn || (seen.msn === said.msn && said.part >= 0 && seen.part > said.part);
