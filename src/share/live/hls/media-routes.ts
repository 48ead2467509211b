import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { TellyportError } from "../../../kernel/errors.ts";
import { MEDIA } from "../../../protocol/access.ts";
import { takesAudio } from "../choose-playable.ts";
import { serverTiming, timingsSince, type Playbacks, type RunningPlayback } from "../playbacks.ts";
import type { AudioTrack, VideoTrack } from "../media-source.ts";
import type { MediaBytes, MediaFormat, Rendition } from "../packaging/ports.ts";
import { ShiftedBytes } from "../timeshift/extent.ts";
import { cutOff, whenGone } from "../when-gone.ts";
import { parseMediaName, type MediaName } from "./media-names.ts";
import {
  multivariantPlaylist,
  type ListedRendition,
  type ListedSubtitles,
  type MultivariantPlaylist,
} from "./multivariant-playlist.ts";
import { readReloadRequest } from "./reload-request.ts";
import type { PlaylistText } from "./segment-store.ts";
import { sendMedia, sendShifted, type MediaLimits } from "./send-media.ts";

const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
/** Segments never change under their address; the grant in it is one client's, so no shared cache may keep them. */
const FOR_EVER = "private, max-age=3600, immutable";
/** The grant in the path is what lets a client in, not a cookie: any page that was given it may play it. */
const ANY_ORIGIN = { "access-control-allow-origin": "*", "timing-allow-origin": "*" };
/** What a playlist that is held waits for at most, in target durations. @see draft-pantos-hls-rfc8216bis §6.2.5.2 */
const HOLD = 3;

export interface MediaRoutesOptions {
  readonly playbacks: Playbacks;
  /** How long the first playlist of a stream may be held until its first part is there, ms. */
  readonly firstMediaMs: number;
  /** A receiver that takes nothing for so many ms is cut off. */
  readonly noProgressMs: number;
}

/** Media of one rendition that a client asked for. */
interface Asked {
  readonly body: MediaBytes | ShiftedBytes | Buffer;
  readonly etag: string;
  /** Programme time in it. Absent: none, an init segment. */
  readonly stretch?: { readonly from: number; readonly seconds: number };
}

interface MediaPath {
  grant: string;
  stream: string;
  rendition: string;
  name: string;
}

/** `/m/{grant}/…`: playlists, init segments, segments, parts. Native players carry neither headers nor cookies. */
export function mediaRoutes(options: MediaRoutesOptions): FastifyPluginAsync {
  const { playbacks, firstMediaMs, noProgressMs } = options;
  const schema = { hide: true };
  return async (app) => {
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
        const playback = admit(request, reply, request.params.grant);
        const plain = Buffer.from(multivariantPlaylist(multivariantOf(playback)));
        return sendPlaylist(request, reply, playback, { plain, gzip: () => plain });
      },
    );
    app.get<{ Params: MediaPath; Querystring: Record<string, unknown> }>(
      "/m/:grant/:stream/:rendition/:name",
      { config: { access: MEDIA }, schema },
      async (request, reply) => {
        const { grant, stream: run, rendition, name } = request.params;
        const playback = admit(request, reply, grant);
        const { stream } = playback;
        if (run !== stream.id)
          throw new TellyportError("segment-not-found", "This is another stream's address.");
        const what = parseMediaName(name);
        if (what.kind === "playlist") {
          const text = await playlistOf(playback, rendition, request.query);
          playbacks.byGrant(grant); // it may have ended meanwhile, while others keep the stream
          return sendPlaylist(request, reply, playback, text);
        }
        if (what.kind === "part") {
          await partThere(playback, rendition, what.serial);
          playbacks.byGrant(grant);
        }
        return sendBytes(request, reply, playback, rendition, what);
      },
    );
  };

  /** @throws TellyportError as `Playbacks.byGrant` and `Playbacks.answering` */
  function admit(request: FastifyRequest, reply: FastifyReply, grant: string): RunningPlayback {
    const playback = playbacks.byGrant(grant);
    const { raw } = reply;
    // One that has not begun is told in words why it ended.
    const cut = (): void => void (raw.headersSent && cutOff(request.raw, raw));
    whenGone(request.raw, raw, playbacks.answering(playback.id, cut));
    return playback;
  }

  /** Waits for what the client asked for, as long as that may take. */
  async function playlistOf(
    { stream, lowLatency }: RunningPlayback,
    rendition: string,
    query: Readonly<Record<string, unknown>>,
  ): Promise<PlaylistText> {
    const { store } = stream;
    store.ring(rendition);
    await stream.firstMedia(rendition, firstMediaMs, lowLatency);
    const ring = store.ring(rendition);
    const { until, delta } = readReloadRequest(query, ring.last);
    if (until !== null) {
      const hold = HOLD * 1000 * store.targetDuration;
      await stream.update(rendition, () => ring.reached(until.sequence, until.part), hold);
    }
    return store.playlist(rendition, lowLatency ? (delta ? "delta" : "full") : "whole");
  }

  /** The part that a playlist hints at may be asked for before it is there. */
  async function partThere({ stream }: RunningPlayback, rendition: string, serial: number): Promise<void> {
    const ring = stream.store.ring(rendition, "any");
    if (!ring.current || serial !== ring.nextPart) return;
    await stream.update(rendition, () => ring.nextPart > serial, HOLD * 1000 * stream.store.targetDuration);
  }

  /** @throws TellyportError `segment-not-found`, `segment-gone` */
  function find({ stream }: RunningPlayback, rendition: string, what: MediaName): Asked {
    const { store, id } = stream;
    const tag = (name: string): string => `"${id}-${rendition}-${name}"`;
    if (what.kind === "part") {
      const part = store.part(rendition, what.serial);
      return {
        body: part.data,
        etag: tag(`p${what.serial}`),
        stretch: { from: part.programDateTime / 1000 + part.offset, seconds: part.duration },
      };
    }
    if (what.kind === "segment") {
      const segment = store.shifted(rendition, what.sequence) ?? store.segment(rendition, what.sequence);
      return {
        body: "disk" in segment ? segment.disk : segment.data,
        etag: tag(`${what.sequence}`),
        stretch: { from: segment.programDateTime / 1000, seconds: segment.duration },
      };
    }
    const version = what.kind === "init" ? what.version : 0;
    return { body: store.init(rendition, version), etag: tag(`init-${version}`) };
  }

  function sendBytes(
    request: FastifyRequest,
    reply: FastifyReply,
    playback: RunningPlayback,
    rendition: string,
    what: MediaName,
  ): FastifyReply | Promise<FastifyReply> {
    const { track, format } = playback.stream.store.ring(rendition, "any").rendition;
    const { body, etag, stretch } = find(playback, rendition, what);
    const counts = rendition === leadRendition(playback)?.id ? stretch : undefined;
    const answer = {
      type: contentType(format, track.kind),
      cacheControl: FOR_EVER,
      headers: { ...ANY_ORIGIN, etag },
      ranges: true,
      sent: (bytes: number) => playbacks.meter(playback.id, bytes, bytes > 0 ? counts : undefined),
    };
    return body instanceof ShiftedBytes
      ? sendShifted(request, reply, { ...answer, body }, limits(playback))
      : sendMedia(request, reply, { ...answer, body }, limits(playback));
  }

  /** Who takes several times as long for a segment as it plays cannot watch it anyway. */
  function limits({ stream }: RunningPlayback): MediaLimits {
    return {
      noProgress: noProgressMs,
      inAll: Math.max(30_000, 4000 * stream.store.targetDuration),
      exceeded: () => playbacks.countCutOff(),
    };
  }

  function sendPlaylist(
    request: FastifyRequest,
    reply: FastifyReply,
    playback: RunningPlayback,
    text: PlaylistText,
  ): FastifyReply {
    const compress = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    const body = compress ? text.gzip() : text.plain;
    const headers: Record<string, string> = { ...ANY_ORIGIN, vary: "accept-encoding" };
    // Of the first playlists alone: reloads name what they wait for.
    if (!request.url.includes("?"))
      headers["server-timing"] = serverTiming(timingsSince(playback.requestedAt, playback.stream.milestones));
    if (compress && body !== text.plain) headers["content-encoding"] = "gzip";
    const sent = (bytes: number): void => playbacks.meter(playback.id, bytes);
    const answer = { type: PLAYLIST_TYPE, cacheControl: "no-cache", headers, body, ranges: false, sent };
    return sendMedia(request, reply, answer, limits(playback));
  }
}

/** @see RFC 8216 §10, RFC 4337, W3C WebVTT §8 */
function contentType(format: MediaFormat, kind: Rendition["track"]["kind"]): string {
  if (format === "ts") return "video/mp2t";
  if (format === "webvtt") return "text/vtt; charset=utf-8";
  if (format === "overlay") return "application/json; charset=utf-8";
  return kind === "video" ? "video/mp4" : "audio/mp4";
}

/** Whose time counts as watched: the picture's, or on the radio the first sound's. */
function leadRendition(playback: RunningPlayback): Rendition | undefined {
  const { renditions } = playback.stream.store;
  return renditions.find(({ track }) => track.kind === "video") ?? renditions[0];
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
