import type { FastifyPluginAsync } from "fastify";
import { OWNER } from "../../protocol/access.ts";
import type { AuditEntry } from "../../protocol/access-api.ts";
import {
  Watched,
  WatchedChange,
  WatchedKept,
  WatchedPage,
  type WatchedEntry,
} from "../../protocol/watched.ts";
import type { AuditLog } from "../audit/log.ts";

/**
 * Who watched what, for owners. It is the part of the audit log with that name, bounded by itself.
 * @param deps.save keeps over restarts whether it is written down. @throws TellyportError `state-unusable`
 */
export function watchedRoutes(deps: {
  audit: AuditLog;
  save: (keeps: boolean) => Promise<void>;
}): FastifyPluginAsync {
  const { audit, save } = deps;
  return async (app) => {
    app.get<{ Querystring: WatchedPage }>(
      "/api/v1/watched",
      {
        config: { access: OWNER },
        schema: {
          summary: "Who watched what, when and how long; newest first",
          querystring: WatchedPage,
          response: { 200: Watched },
        },
      },
      (request, reply) => {
        const { before, limit = 50, seconds = 0 } = request.query;
        const entries = audit.list({ before, limit, watched: seconds }).map(watchedEntry);
        return reply.header("cache-control", "no-store").send({ keeps: audit.keepsWatched, entries });
      },
    );
    app.patch<{ Body: WatchedChange }>(
      "/api/v1/watched",
      {
        config: { access: OWNER },
        schema: {
          summary: "Write down who watches what from now on, or do not",
          body: WatchedChange,
          response: { 200: WatchedKept },
        },
      },
      async (request) => {
        const { keeps } = request.body;
        await save(keeps);
        audit.keepsWatched = keeps;
        return { keeps };
      },
    );
    app.delete(
      "/api/v1/watched",
      { config: { access: OWNER }, schema: { summary: "Forget who watched what" } },
      async (_request, reply) => {
        audit.clearWatched();
        return reply.code(204).send();
      },
    );
  };
}

/** Entries of earlier versions say neither when it began nor what was on. */
function watchedEntry({ id, at, client, name, detail }: AuditEntry): WatchedEntry {
  const seconds = typeof detail["seconds"] === "number" ? Math.max(0, detail["seconds"]) : 0;
  const { from, channel, title, home } = detail;
  return {
    id,
    client,
    name,
    channel: textOf(channel),
    channelName: textOf(detail["name"]) ?? "",
    title: textOf(title),
    from: textOf(from) ?? new Date(Date.parse(at) - seconds * 1000).toISOString(),
    to: at,
    seconds,
    home: typeof home === "boolean" ? home : null,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
