import { edgeOf, edgeOrder, type Edge } from "./edge.ts";
import type { Answer } from "./http.ts";
import { readMediaPlaylist } from "./media-playlist.ts";
import type { MediaPlaylist } from "./playlist-model.ts";
import { judgePlaylist } from "./second-judges.ts";
import { SLACK_MS, type RenditionRef, type Session } from "./session.ts";

/** Delivery directives of a request. @see draft-pantos-hls-rfc8216bis §6.2.5 */
export type Directives = Readonly<Record<string, string | number>>;

/** Asks for a segment, or for a part of it. */
export const directivesFor = ({ msn, part }: Edge): Directives =>
  part < 0 ? { _HLS_msn: msn } : { _HLS_msn: msn, _HLS_part: part };

/** Where one rendition's playlist comes from. */
export class PlaylistSource {
  readonly ref: RenditionRef;
  readonly session: Session;
  /** As the last version had it, s. */
  #target = 5;

  constructor(ref: RenditionRef, session: Session) {
    this.ref = ref;
    this.session = session;
  }

  /** @throws when there is no answer within the time that it may be held */
  async fetch(directives: Directives): Promise<Answer> {
    const url = new URL(this.ref.url);
    for (const [name, value] of Object.entries(directives)) url.searchParams.set(name, String(value));
    return this.session.http.get(url.href, { timeoutMs: 3000 * this.#target + 5000 });
  }

  /** Reads it to the letter. */
  read(answer: Answer): { playlist: MediaPlaylist; text: string } {
    const { expect } = this.session;
    const { name, url } = this.ref;
    let text = answer.body.toString("utf8");
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(answer.body);
    } catch {
      expect("P-01", false, name, "is not UTF-8");
    }
    const faults: string[] = [];
    const playlist = readMediaPlaylist(text, url, (fault) => faults.push(fault));
    for (const fault of faults) expect("P-01", false, name, fault);
    const other = judgePlaylist(text, "media");
    expect("F-06", other === null, name, `hls-parser: ${other}`);
    this.#target = playlist.targetDuration ?? this.#target;
    return { playlist, text };
  }

  /** Whether an answer to `wanted` came neither early nor late. */
  checkHold(wanted: Edge, playlist: MediaPlaylist, answer: Answer): void {
    const { expect, lag } = this.session;
    const name = wanted.part < 0 ? `segment ${wanted.msn}` : `part ${wanted.msn}.${wanted.part}`;
    const there = edgeOrder(edgeOf(playlist)) >= edgeOrder(wanted) || playlist.ended;
    expect("L-06", there, this.ref.name, `an answer before ${name} is there`);
    const held = answer.endedAt - answer.sentAt - lag.since(answer.sentAt);
    const most = 3000 * (playlist.targetDuration ?? 1) + SLACK_MS;
    expect("L-06", held <= most, this.ref.name, `held ${(held / 1000).toFixed(1)} s for ${name}`);
  }
}
