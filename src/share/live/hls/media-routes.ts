import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { TellyportError } from "../../../kernel/errors.ts";
import { MEDIA } from "../../../protocol/access.ts";
import { takesAudio } from "../choose-playable.ts";
import type { Playbacks, RunningPlayback } from "../playbacks.ts";
import type { AudioTrack, VideoTrack } from "../media-source.ts";
import type { Rendition } from "../packaging/ports.ts";
import { multivariantPlaylist, type ListedRendition } from "./multivariant-playlist.ts";
import type { PlaylistText } from "./segment-store.ts";
import { cutOff, whenGone } from "../when-gone.ts";
import { parseMediaName, sendMedia, type MediaLimits } from "./send-media.ts";

const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
/** Segments never change under their address; the grant in it is one client's, so no shared cache may keep them. */
const FOR_EVER = "private, max-age=3600, immutable";

export interface MediaRoutesOptions {
  readonly playbacks: Playbacks;
  /** How long the first playlist of a stream may be held until its first segment is there, ms. */
  readonly firstSegmentMs: number;
  /** A receiver that takes nothing for so many ms is cut off. */
  readonly noProgressMs: number;
}

/** `/m/{grant}/…`: playlists, init segments, segments. Native players carry neither headers nor cookies. */
export function mediaRoutes(options: MediaRoutesOptions): FastifyPluginAsync {
  const { playbacks, firstSegmentMs, noProgressMs } = options;
  const schema = { hide: true };
  return async (app) => {
    app.get<{ Params: { grant: string } }>(
      "/m/:grant/index.m3u8",
      { config: { access: MEDIA }, schema },
      async (request, reply) => {
        const playback = admit(request, reply, request.params.grant);
        const plain = Buffer.from(multivariantPlaylist(multivariantOf(playback)));
        return sendPlaylist(request, reply, playback, { plain, gzip: () => plain });
      },
    );
    app.get<{ Params: { grant: string; stream: string; rendition: string; name: string } }>(
      "/m/:grant/:stream/:rendition/:name",
      { config: { access: MEDIA }, schema },
      async (request, reply) => {
        const { grant, stream: run, rendition, name } = request.params;
        const playback = admit(request, reply, grant);
        const { stream } = playback;
        if (run !== stream.id)
          throw new TellyportError("segment-not-found", "This is another stream's address.");
        const { store } = stream;
        const what = parseMediaName(name);
        if (what.kind === "playlist") {
          store.ring(rendition);
          await stream.firstSegment(rendition, firstSegmentMs);
          playbacks.byGrant(grant); // it may have ended meanwhile, while others keep the stream
          return sendPlaylist(request, reply, playback, store.playlist(rendition));
        }
        const type =
          store.ring(rendition, "any").rendition.track.kind === "video" ? "video/mp4" : "audio/mp4";
        const common = { type, cacheControl: FOR_EVER, ranges: true } as const;
        if (what.kind === "init") {
          const etag = `"${run}-${rendition}-init-${what.version}"`;
          const body = store.init(rendition, what.version);
          const sent = (bytes: number): void => playbacks.meter(playback.id, bytes);
          return sendMedia(request, reply, { ...common, headers: { etag }, body, sent }, limits(playback));
        }
        const segment = store.segment(rendition, what.sequence);
        const lead = rendition === leadRendition(playback)?.id ? segment : undefined;
        const sent = (bytes: number): void =>
          playbacks.meter(playback.id, bytes, bytes > 0 ? lead : undefined);
        const etag = `"${run}-${rendition}-${what.sequence}"`;
        return sendMedia(
          request,
          reply,
          { ...common, headers: { etag }, body: segment.data, sent },
          limits(playback),
        );
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

  /** Who takes several times as long for a segment as it plays cannot watch it anyway. */
  function limits({ stream }: RunningPlayback): MediaLimits {
    return { noProgress: noProgressMs, inAll: Math.max(30_000, 4000 * stream.store.targetDuration) };
  }

  function sendPlaylist(
    request: FastifyRequest,
    reply: FastifyReply,
    playback: RunningPlayback,
    text: PlaylistText,
  ): FastifyReply {
    const compress = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    const body = compress ? text.gzip() : text.plain;
    const headers: Record<string, string> = { vary: "accept-encoding" };
    if (compress && body !== text.plain) headers["content-encoding"] = "gzip";
    const sent = (bytes: number): void => playbacks.meter(playback.id, bytes);
    const answer = { type: PLAYLIST_TYPE, cacheControl: "no-cache", headers, body, ranges: false, sent };
    return sendMedia(request, reply, answer, limits(playback));
  }
}

/** Whose segments count as time watched: the picture, or on the radio the first sound. */
function leadRendition(playback: RunningPlayback): Rendition | undefined {
  const { renditions } = playback.stream.store;
  return renditions.find(({ track }) => track.kind === "video") ?? renditions[0];
}

function multivariantOf(playback: RunningPlayback): Parameters<typeof multivariantPlaylist>[0] {
  const { store, id } = playback.stream;
  let video: ListedRendition<VideoTrack> | null = null;
  const audio: ListedRendition<AudioTrack>[] = [];
  for (const rendition of store.renditions) {
    const { track } = rendition;
    const listed = { id: rendition.id, ...store.rates(rendition) };
    if (track.kind === "video") video ??= { ...listed, track };
    else if (takesAudio(track.family, playback.capabilities)) audio.push({ ...listed, track });
  }
  return { stream: id, video, audio };
}
