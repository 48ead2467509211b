import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import * as Type from "typebox";
import { TellyportError } from "../../kernel/errors.ts";
import { MEMBERS } from "../../protocol/access.ts";
import { Playback, PlaybackReport, PlaybackRequest, PlaybackRenewal, Problem } from "../../protocol/api.ts";
import { principalOf } from "../principal-of.ts";
import type { Playbacks } from "./playbacks.ts";
import { serverTiming } from "./server-timing.ts";
import { whenGone } from "./when-gone.ts";

const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) });
const tags = ["playback"];

/** Lock a channel, keep it, let it go. */
export function playbackRoutes(playbacks: Playbacks): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      "/api/v1/playback",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "Lock a channel and get the address of its stream",
          tags,
          body: PlaybackRequest,
          response: {
            200: Playback,
            403: Problem,
            404: Problem,
            409: Problem,
            503: Problem,
            504: Problem,
          },
        },
      },
      async (request, reply) => {
        const { capabilities, target, container = "fmp4", quality = "original" } = request.body;
        const { lowLatency = true } = request.body;
        const channel = target?.channel ?? request.body.channel;
        if (channel === undefined) {
          throw new TellyportError("body-invalid", "Say what to play: `channel`, or a `target`.");
        }
        const signal = clientGone(request, reply);
        const principal = principalOf(request);
        const playback = await playbacks.start({
          principal,
          channel,
          home: request.origin.onLink,
          wish: { capabilities, container, lowLatency, quality },
          signal,
        });
        return reply
          .header("cache-control", "no-store")
          .header("server-timing", serverTiming(playback.timings))
          .send(playback);
      },
    );
    app.post(
      "/api/v1/playback/:id/renew",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "Keep a paused playback alive",
          tags,
          params: Params,
          response: { 200: PlaybackRenewal, 404: Problem, 410: Problem },
        },
      },
      async (request, reply) => {
        const { expiresAt } = playbacks.renew(request.params.id, principalOf(request));
        return reply
          .header("cache-control", "no-store")
          .send({ expiresAt: new Date(expiresAt).toISOString() });
      },
    );
    app.post(
      "/api/v1/playback/:id/report",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "Say how watching goes, and let the channel go if it is over",
          tags,
          params: Params,
          body: PlaybackReport,
          response: { 204: Type.Null(), 404: Problem, 410: Problem },
        },
      },
      async (request, reply) => {
        playbacks.report(request.params.id, principalOf(request), request.body);
        return reply.code(204).send(null);
      },
    );
    app.delete(
      "/api/v1/playback/:id",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "Let the channel go",
          tags,
          params: Params,
          response: { 204: Type.Null(), 404: Problem },
        },
      },
      async (request, reply) => {
        playbacks.release(request.params.id, principalOf(request));
        return reply.code(204).send(null);
      },
    );
  };
}

/** Fires when the connection closed before it was answered: then nobody waits for the channel. */
function clientGone(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const abort = new AbortController();
  whenGone(request.raw, reply.raw, () => {
    if (!reply.raw.writableFinished) abort.abort();
  });
  return abort.signal;
}
