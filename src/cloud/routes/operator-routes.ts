import type { FastifyPluginAsync } from "fastify";
import * as Type from "typebox";
import type { Static } from "typebox";
import { LOCAL } from "../../protocol/access.ts";
import {
  BlockRequest,
  BoxDetails,
  BoxRows,
  BoxState,
  OutboxState,
  ZoneCheck,
  ZonePage,
} from "../../protocol/cloud-admin.ts";
import { differences, type Publishing } from "../publishing/index.ts";
import type { DnsPublisher } from "../ports.ts";
import {
  blockBox,
  listBoxes,
  showBox,
  unblockBox,
  zonePage,
  type RecordRules,
  type RegistryDeps,
} from "../registry/index.ts";

export interface OperatorRoutesDeps {
  readonly registry: RegistryDeps;
  readonly rules: RecordRules;
  readonly publishing: Publishing;
  readonly publisher: DnsPublisher;
}

/** Boxes on a page, at the most. */
const PAGE = 200;
/** A check of a page takes no longer, ms. */
const CHECK_MS = 20_000;

const Limit = Type.Integer({ minimum: 1, maximum: PAGE, default: 100 });
const BoxesQuery = Type.Object({
  after: Type.String({ default: "", maxLength: 16 }),
  limit: Limit,
  state: Type.Optional(BoxState),
  search: Type.Optional(Type.String({ maxLength: 40 })),
});
const ZoneQuery = Type.Object({ from: Type.Optional(Type.String({ maxLength: 64 })), limit: Limit });
const Params = Type.Object({ id: Type.String({ maxLength: 40 }) });

/** What the operator asks, over the command line's socket alone. */
export function operatorRoutes(deps: OperatorRoutesDeps): FastifyPluginAsync {
  const { registry, rules, publishing, publisher } = deps;
  const { store, clock } = registry;
  const config = { access: LOCAL };
  return async (app) => {
    app.get<{ Querystring: Static<typeof BoxesQuery> }>(
      "/v1/admin/boxes",
      { config, schema: { summary: "List boxes", querystring: BoxesQuery, response: { 200: BoxRows } } },
      async ({ query }) => {
        const boxes = await listBoxes(registry, query);
        return { boxes, next: boxes.length < query.limit ? null : (boxes.at(-1)?.id ?? null) };
      },
    );
    app.get<{ Params: { id: string } }>(
      "/v1/admin/boxes/:id",
      { config, schema: { summary: "One box", params: Params, response: { 200: BoxDetails } } },
      ({ params }) => showBox(registry, params.id),
    );
    app.post<{ Params: { id: string }; Body: Static<typeof BlockRequest> }>(
      "/v1/admin/boxes/:id/block",
      {
        config,
        schema: {
          summary: "Publish nothing of a box, and take nothing from it",
          params: Params,
          body: BlockRequest,
          response: { 200: BoxDetails },
        },
      },
      async ({ params, body }) => {
        await blockBox(registry, params.id, body.reason);
        return showBox(registry, params.id);
      },
    );
    app.post<{ Params: { id: string } }>(
      "/v1/admin/boxes/:id/unblock",
      { config, schema: { summary: "Let a box be again", params: Params, response: { 200: BoxDetails } } },
      async ({ params }) => {
        await unblockBox(registry, params.id);
        return showBox(registry, params.id);
      },
    );
    app.get<{ Querystring: Static<typeof ZoneQuery> }>(
      "/v1/admin/zone",
      {
        config,
        schema: { summary: "What the DNS shall say", querystring: ZoneQuery, response: { 200: ZonePage } },
      },
      ({ query }) => zonePage(store, rules, query.from ?? null, query.limit, clock.now()),
    );
    app.get<{ Querystring: Static<typeof ZoneQuery> }>(
      "/v1/admin/zone/check",
      {
        config,
        schema: {
          summary: "Compare it with what the name server says",
          querystring: ZoneQuery,
          response: { 200: ZoneCheck },
        },
      },
      async ({ query }) => {
        const page = await zonePage(store, rules, query.from ?? null, query.limit, clock.now());
        const signal = AbortSignal.timeout(CHECK_MS);
        const differing = [];
        let checked = 0;
        for (const records of page.names) {
          differing.push(...(await differences(publisher, records, signal)));
          checked += records.sets.length;
        }
        const { pending } = await publishing.state();
        return { checked, pending, differing, next: page.next };
      },
    );
    app.get(
      "/v1/admin/outbox",
      { config, schema: { summary: "What is not published yet", response: { 200: OutboxState } } },
      () => publishing.state(),
    );
  };
}
