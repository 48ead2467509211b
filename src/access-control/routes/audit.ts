import type { FastifyPluginAsync } from "fastify";
import * as Type from "typebox";
import type { Static } from "typebox";
import { OWNER } from "../../protocol/access.ts";
import { Audit } from "../../protocol/access-api.ts";
import { ALARMS } from "../../protocol/audit-events.ts";
import type { AuditLog } from "../audit/log.ts";

const Page = Type.Object(
  {
    before: Type.Optional(
      Type.Integer({ minimum: 1, description: "Entries older than the one with this id" }),
    ),
    alarms: Type.Optional(
      Type.Boolean({ description: `Alarms alone: ${ALARMS.join(", ")}`, default: false }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  },
  { additionalProperties: false },
);

/** What happened, for owners. */
export function auditRoutes(deps: { audit: AuditLog }): FastifyPluginAsync {
  return async (app) => {
    app.get<{ Querystring: Static<typeof Page> }>(
      "/api/v1/audit",
      {
        config: { access: OWNER },
        schema: {
          summary: "What happened around access: pairings, removals, refusals; newest first",
          querystring: Page,
          response: { 200: Audit },
        },
      },
      (request, reply) => {
        const { before, alarms, limit = 50 } = request.query;
        return reply
          .header("cache-control", "no-store")
          .send({ entries: deps.audit.list({ before, alarms, limit }) });
      },
    );
  };
}
