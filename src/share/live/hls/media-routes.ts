import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyPluginAsync } from "fastify";
import { TellyportError, isTellyportError } from "../../../kernel/errors.ts";
import { MEDIA } from "../../../protocol/access.ts";
import { takesAudio } from "../choose-playable.ts";
import type { Playbacks } from "../playbacks.ts";
import type { RunningPlayback } from "../running-playback.ts";
import { serverTiming, timingsSince } from "../server-timing.ts";
import type { AudioTrack, VideoTrack } from "../media-source.ts";
import type { MediaBytes, MediaFormat, Rendition } from "../packaging/ports.ts";
import { ShiftedBytes } from "../timeshift/extent.ts";
import { cutOff, whenGone } from "../when-gone.ts";
import { parseMediaName, parseMediaPath, type MediaName, type MediaPath } from "./media-names.ts";
import {
  multivariantPlaylist,
  type ListedRendition,
  type ListedSubtitles,
  type MultivariantPlaylist,
} from "./multivariant-playlist.ts";
import { asksForMore, readReloadRequest } from "./reload-request.ts";
import type { PlaylistText } from "./segment-store.ts";
import { MediaSender, type MediaAnswer } from "./send-media.ts";
import { listedFrom, refuseBefore } from "./view-from.ts";

const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
/** Segments never change under their address; the grant in it is one client's, so no shared cache may keep them. */
const FOR_EVER = "private, max-age=3600, immutable";
/** The grant in the path is what lets a client in, not a cookie: any page that was given it may play it. */
const ANY_ORIGIN = { "access-control-allow-origin": "*", "timing-allow-origin": "*" };
const ANY_ORIGIN_LINES = Object.entries(ANY_ORIGIN).flat();
/** What a playlist that is held waits for at most, in target durations. @see draft-pantos-hls-rfc8216bis §6.2.5.2 */
const HOLD = 3;

export interface MediaRoutesOptions {
  readonly playbacks: Playbacks;
  /** How long the first playlist of a stream may be held until its first segment is there, ms. */
  readonly firstMediaMs: number;
  /** A receiver that takes nothing for so many ms is cut off. */
  readonly noProgressMs: number;
  /** Where a request came from, for whom places are counted; undefined: its socket has closed. Default: the socket's peer. */
  readonly peerOf?: ((request: IncomingMessage) => string | undefined) | undefined;
}

/** Media of one rendition that a client asked for. */
type Asked = Omit<MediaAnswer, "body"> & { readonly body: MediaBytes | ShiftedBytes | Buffer };

/** `/m/{grant}/…`: playlists, init segments, segments, parts. Native players carry neither headers nor cookies. */
export interface MediaRoutes {
  readonly plugin: FastifyPluginAsync;
  /**
   * Answers what is there already without the framework, which takes as long as all else. What has to wait, what is refused
   * and what is asked for in an unusual way goes through the routes.
   * @returns false: nothing was done
   */
  atOnce(request: IncomingMessage, response: ServerResponse): boolean;
}

const socketPeer = ({ socket }: IncomingMessage): string | undefined => socket.remoteAddress;

export function mediaRoutes(options: MediaRoutesOptions): MediaRoutes {
  const { playbacks, firstMediaMs, noProgressMs, peerOf = socketPeer } = options;
  const sender = new MediaSender({ noProgress: noProgressMs, exceeded: () => playbacks.countCutOff() });
  const schema = { hide: true };
  const plugin: FastifyPluginAsync = async (app) => {
    app.options("/m/*", { config: { access: MEDIA }, schema }, async (_request, reply) =>
      reply
        .code(204)
        .headers({
          ...ANY_ORIGIN,
          "access-control-allow-methods": "GET, HEAD",
          "access-control-allow-headers": "range",
          "access-control-max-age": "86400",
        })
        .send(),
    );
    app.get<{ Params: { grant: string } }>(
      "/m/:grant/index.m3u8",
      { config: { access: MEDIA }, schema },
      async (request, reply) => {
        const { playback } = admit(request.raw, reply.raw, request.params.grant);
        const plain = Buffer.from(multivariantPlaylist(multivariantOf(playback)));
        void reply.hijack();
        sendPlaylist(request.raw, reply.raw, playback, { plain, gzip: () => plain });
        return reply;
      },
    );
    app.get<{ Params: MediaPath; Querystring: Record<string, unknown> }>(
      "/m/:grant/:stream/:rendition/:name",
      { config: { access: MEDIA }, schema },
      async (request, reply) => {
        const { grant, stream: run, rendition, name } = request.params;
        const peer = peerOf(request.raw);
        const { playback, ended } = admit(request.raw, reply.raw, grant);
        const { stream } = playback;
        if (run !== stream.id)
          throw new TellyportError("segment-not-found", "This is another stream's address.");
        const what = parseMediaName(name);
        if (what.kind === "playlist") {
          const text = await unlessEnded(playlistOf(playback, rendition, request.query), ended, grant, peer);
          void reply.hijack();
          sendPlaylist(request.raw, reply.raw, playback, text);
          return reply;
        }
        if (what.kind === "part") {
          await unlessEnded(partThere(playback, rendition, what.serial), ended, grant, peer);
        }
        const answer = find(playback, rendition, what);
        if (answer.body instanceof ShiftedBytes) {
          // Refused by the framework as long as nothing of it has been sent.
          await sender.sendShifted(request.raw, reply.raw, { ...answer, body: answer.body }, inAll(playback));
          return reply.hijack();
        }
        void reply.hijack();
        sender.send(request.raw, reply.raw, { ...answer, body: answer.body }, inAll(playback));
        return reply;
      },
    );
  };
  return { plugin, atOnce };

  function atOnce(request: IncomingMessage, response: ServerResponse): boolean {
    const path = parseMediaPath(request.url ?? "");
    if (path === null || request.method !== "GET" || !playbacks.isGranted(path.grant)) return false;
    // One that waits behind another answer of its connection has no socket.
    if (response.socket === null || response.socket.destroyed) return false;
    try {
      const playback = playbacks.byGrant(path.grant, peerOf(request));
      const { store, id } = playback.stream;
      const what = parseMediaName(path.name);
      if (path.stream !== id || !isThere(playback, path.rendition, what)) return false;
      if (what.kind === "playlist") {
        const kind = playback.lowLatency ? "full" : "whole";
        const text = store.playlist(path.rendition, kind, listedFrom(playback));
        const over = answering(request, response, playback);
        sendPlaylist(request, response, playback, text, over);
        return true;
      }
      const answer = find(playback, path.rendition, what);
      if (answer.body instanceof ShiftedBytes) return false;
      const over = answering(request, response, playback);
      sender.send(request, response, { ...answer, body: answer.body }, inAll(playback), over);
      return true;
    } catch (error) {
      if (!isTellyportError(error)) throw error;
      return false; // the routes say it in words
    }
  }

  /** @throws TellyportError as `Playbacks.byGrant` and `Playbacks.answering` */
  function admit(
    request: IncomingMessage,
    response: ServerResponse,
    grant: string,
  ): { playback: RunningPlayback; ended: Promise<null> } {
    const playback = playbacks.byGrant(grant, peerOf(request));
    let end = (): void => undefined;
    // Where the stream itself failed, whoever waits for it is told that first.
    const ended = new Promise<null>((resolve) => (end = () => void setImmediate(resolve, null)));
    whenGone(
      request,
      response,
      answering(request, response, playback, () => end()),
    );
    return { playback, ended };
  }

  /**
   * Waits for what is held for a client, but not beyond its playback: others may keep the stream, and what comes of it is not
   * for this client any more.
   * @throws TellyportError as `Playbacks.byGrant`
   */
  async function unlessEnded<T>(
    held: Promise<T>,
    ended: Promise<null>,
    grant: string,
    peer: string | undefined,
  ): Promise<T> {
    const first = await Promise.race([held.then((value) => ({ value })), ended]);
    playbacks.byGrant(grant, peer);
    if (first === null)
      throw new TellyportError("playback-ended", "This playback has ended. Ask for the channel again.");
    return first.value;
  }

  /** @returns to be called when the answer is over. @throws TellyportError as `Playbacks.answering` */
  function answering(
    request: IncomingMessage,
    response: ServerResponse,
    { id }: RunningPlayback,
    end: () => void = () => undefined,
  ): () => void {
    return playbacks.answering(id, () => {
      if (response.headersSent) cutOff(request, response);
      else end(); // it is told in words
    });
  }

  /** Waits for what the client asked for, as long as that may take. */
  async function playlistOf(
    playback: RunningPlayback,
    rendition: string,
    query: Readonly<Record<string, unknown>>,
  ): Promise<PlaylistText> {
    const { stream, lowLatency } = playback;
    const { store } = stream;
    store.ring(rendition);
    await stream.firstMedia(rendition, firstMediaMs, asksForMore(query) ? "part" : "segment");
    const ring = store.ring(rendition);
    const { until, delta } = readReloadRequest(query, ring.last);
    if (until !== null) {
      const hold = HOLD * 1000 * store.targetDuration;
      await stream.update(rendition, () => ring.reached(until.sequence, until.part), hold);
    }
    const kind = lowLatency ? (delta ? "delta" : "full") : "whole";
    return store.playlist(rendition, kind, listedFrom(playback));
  }

  /** The part that a playlist hints at may be asked for before it is there. */
  async function partThere({ stream }: RunningPlayback, rendition: string, serial: number): Promise<void> {
    const ring = stream.store.ring(rendition, "any");
    if (!ring.current || serial !== ring.nextPart) return;
    await stream.update(rendition, () => ring.nextPart > serial, HOLD * 1000 * stream.store.targetDuration);
  }

  /** Whether it can be answered without a wait, or is gone. */
  function isThere(playback: RunningPlayback, rendition: string, what: MediaName): boolean {
    const { store } = playback.stream;
    if (what.kind === "playlist") return store.hasMedia(rendition);
    return what.kind !== "part" || what.serial < store.ring(rendition, "any").nextPart;
  }

  /** @throws TellyportError `segment-not-found`, `segment-gone`, `guest-live-only` */
  function find(playback: RunningPlayback, rendition: string, what: MediaName): Asked {
    const { store, id } = playback.stream;
    const { track, format } = store.ring(rendition, "any").rendition;
    const type = contentType(format, track.kind);
    // Subtitles alone are read, not watched.
    const isWatched = track.kind !== "subtitle";
    const answer = (
      body: Asked["body"],
      name: string,
      stretch?: { readonly from: number; readonly seconds: number },
    ): Asked => ({
      type,
      cacheControl: FOR_EVER,
      headers: [...ANY_ORIGIN_LINES, "etag", `"${id}-${rendition}-${name}"`],
      ranges: true,
      body,
      sent: (bytes) => playbacks.meter(playback.id, bytes, bytes > 0 && isWatched ? stretch : undefined),
    });
    if (what.kind === "part") {
      const { sequence, data, programDateTime, offset, duration } = store.part(rendition, what.serial);
      refuseBefore(playback, sequence);
      return answer(data, `p${what.serial}`, { from: programDateTime / 1000 + offset, seconds: duration });
    }
    if (what.kind === "segment") {
      refuseBefore(playback, what.sequence);
      const segment = store.shifted(rendition, what.sequence) ?? store.segment(rendition, what.sequence);
      const { programDateTime, duration } = segment;
      const body = "disk" in segment ? segment.disk : segment.data;
      return answer(body, `${what.sequence}`, { from: programDateTime / 1000, seconds: duration });
    }
    const version = what.kind === "init" ? what.version : 0;
    return answer(store.init(rendition, version), `init-${version}`);
  }

  /** Who takes several times as long for a segment as it plays cannot watch it anyway; ms. */
  function inAll({ stream }: RunningPlayback): number {
    return Math.max(30_000, 4000 * stream.store.targetDuration);
  }

  function sendPlaylist(
    request: IncomingMessage,
    response: ServerResponse,
    playback: RunningPlayback,
    text: PlaylistText,
    over?: () => void,
  ): void {
    const compress = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
    const body = compress ? text.gzip() : text.plain;
    const headers = [...ANY_ORIGIN_LINES, "vary", "accept-encoding"];
    // Of the first playlists alone: reloads name what they wait for.
    if (!request.url?.includes("?")) {
      const timings = timingsSince(playback.requestedAt, playback.stream.milestones);
      headers.push("server-timing", serverTiming(timings));
    }
    if (compress && body !== text.plain) headers.push("content-encoding", "gzip");
    const sent = (bytes: number): void => playbacks.meter(playback.id, bytes);
    const answer = { type: PLAYLIST_TYPE, cacheControl: "no-cache", headers, body, ranges: false, sent };
    sender.send(request, response, answer, inAll(playback), over);
  }
}

/** @see RFC 8216 §10, RFC 4337, W3C WebVTT §8 */
function contentType(format: MediaFormat, kind: Rendition["track"]["kind"]): string {
  if (format === "ts") return "video/mp2t";
  if (format === "webvtt") return "text/vtt; charset=utf-8";
  if (format === "overlay") return "application/json; charset=utf-8";
  return kind === "video" ? "video/mp4" : "audio/mp4";
}

function multivariantOf({ stream, capabilities }: RunningPlayback): MultivariantPlaylist {
  const { store, id } = stream;
  let video: ListedRendition<VideoTrack> | null = null;
  const audio: ListedRendition<AudioTrack>[] = [];
  const subtitles: ListedSubtitles[] = [];
  for (const rendition of store.renditions) {
    const { track, muxed } = rendition;
    const listed = { id: rendition.id, muxed, ...store.rates(rendition) };
    if (track.kind === "subtitle") subtitles.push({ id: rendition.id, track });
    else if (track.kind === "video") video ??= { ...listed, track };
    else if (takesAudio(track.family, capabilities)) audio.push({ ...listed, track });
  }
  return { stream: id, video, audio, subtitles };
}
