import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { OWNER } from "../../protocol/access.ts";
import { Scan, ScanOptions, ScanRequest } from "../../protocol/api.ts";
import type { Multiplex } from "../ports.ts";
import type { ChannelScan } from "./channel-scan.ts";

/** Initial tuning data of a whole satellite are a few tens of KiB; bytes. */
const BODY_LIMIT = 1024 * 1024;

/**
 * `POST`, `GET` and `DELETE /api/v1/scan`, `GET .../options`: for owners, the box's own command line among them.
 * @param accepts whether a tuner that is there could receive a multiplex; default: none could
 */
export function scanRoutes(
  scan: ChannelScan,
  accepts: (multiplex: Multiplex) => boolean = () => false,
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/api/v1/scan/options",
      {
        config: { access: OWNER },
        schema: {
          summary: "What a channel scan can begin with here",
          tags: ["tuners"],
          response: { 200: ScanOptions },
        },
      },
      async (_request, reply) => reply.header("cache-control", "no-store").send(scan.options(accepts)),
    );
    app.post(
      "/api/v1/scan",
      {
        bodyLimit: BODY_LIMIT,
        config: { access: OWNER },
        schema: {
          summary: "Begin a channel scan",
          description: "Answers at once; `GET` tells how far it is, and the event `scan` too.",
          tags: ["tuners"],
          body: ScanRequest,
          response: { 202: Scan },
        },
      },
      async (request, reply) => reply.code(202).send(scan.begin(request.body)),
    );
    app.get(
      "/api/v1/scan",
      {
        config: { access: OWNER },
        schema: {
          summary: "The channel scan that runs, or the last one",
          tags: ["tuners"],
          response: { 200: Scan },
        },
      },
      async (_request, reply) => reply.header("cache-control", "no-store").send(scan.state()),
    );
    app.delete(
      "/api/v1/scan",
      {
        config: { access: OWNER },
        schema: {
          summary: "Cancel the channel scan; nothing that it found is kept",
          tags: ["tuners"],
          response: { 200: Scan },
        },
      },
      async () => await scan.cancel(),
    );
  };
}
