import type { FastifyPluginAsync } from "fastify";
import { type Static } from "typebox";
import { MEMBERS, OWNER } from "../../protocol/access.ts";
import { EndOthersRequest, EndedOthers } from "../../protocol/access-api.ts";
import {
  ChangedClient,
  Client,
  ClientPatch,
  type ClientName,
  Clients,
  RemovalQuery,
  RemovedClients,
} from "../../protocol/api.ts";
import type { Principal } from "../../protocol/principal.ts";
import { describeClient, type ClientRecord } from "../clients.ts";
import { clientCookie } from "../cookies.ts";
import type { Members } from "../members.ts";
import type { ViewingRules } from "../rules/viewing-rules.ts";
import { Id, principalOfRequest } from "./shared.ts";

/** The list of clients: owners see and change all, everybody sees and removes itself. */
export function clientRoutes(deps: {
  members: Members;
  rules: Pick<ViewingRules, "limitsOf">;
}): FastifyPluginAsync {
  const { members, rules } = deps;
  const describe = (record: ClientRecord, asking: Principal): Client => {
    const limits = rules.limitsOf(record.id, record.role);
    return { ...describeClient(record, asking.client), ...(limits !== undefined && { limits }) };
  };
  const name = ({ id, name }: ClientRecord): ClientName => ({ id, name });
  const ids = (records: readonly ClientRecord[]): string[] => records.map(({ id }) => id);
  /** With what an owner is to know before changing it. */
  const describeToOwner = (record: ClientRecord, asking: Principal): Client => ({
    ...describe(record, asking),
    changedWith: ids(members.changedWith(record)),
    removedWith: ids(members.removedWith(record, asking)),
  });
  return async (app) => {
    app.get(
      "/api/v1/clients",
      { config: { access: OWNER }, schema: { summary: "Paired clients", response: { 200: Clients } } },
      (request) => {
        const asking = principalOfRequest(request);
        return { clients: members.list().map((record) => describeToOwner(record, asking)) };
      },
    );

    app.get(
      "/api/v1/clients/self",
      { config: { access: MEMBERS }, schema: { summary: "The client that asks", response: { 200: Client } } },
      (request) => {
        const asking = principalOfRequest(request);
        return describe(members.find("self", asking), asking);
      },
    );

    app.post<{ Body: Static<typeof EndOthersRequest> }>(
      "/api/v1/clients/end-others",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "Revoke the user's other clients, or (owner) all but the one that asks",
          body: EndOthersRequest,
          response: { 200: EndedOthers },
        },
      },
      (request) => {
        const asking = principalOfRequest(request);
        return { ended: members.endOthers(request.body.everybody ?? false, asking) };
      },
    );

    app.patch<{ Params: Static<typeof Id>; Body: Static<typeof ClientPatch> }>(
      "/api/v1/clients/:id",
      {
        config: { access: OWNER },
        schema: {
          summary: "Rename, change role, limit a kid or guest, say when a guest's stay ends",
          description:
            "What came of a client by hand-off is one person's: role, limits and the end of a stay are changed for all of it together. Owners keep their role when a browser of theirs that has no key is changed, and browsers that are a kid's or guest's do not become more with the others.",
          params: Id,
          body: ClientPatch,
          response: { 200: ChangedClient },
        },
      },
      (request) => {
        const asking = principalOfRequest(request);
        const { client, others } = members.change(request.params.id, request.body, asking);
        return { ...describeToOwner(client, asking), changed: others.map(name) };
      },
    );

    app.delete<{ Params: Static<typeof Id>; Querystring: Static<typeof RemovalQuery> }>(
      "/api/v1/clients/:id",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "Revoke (owner), or unpair oneself; `self` is the client that asks",
          description:
            "Whom an owner removes goes with all that came of it by hand-off: whoever has a stolen phone may have opened a browser from it. The one that asks stays, and so does what came of that. Who removes itself goes alone.",
          params: Id,
          querystring: RemovalQuery,
          response: { 200: RemovedClients },
        },
      },
      async (request, reply) => {
        const asking = principalOfRequest(request);
        const gone = members.remove(request.params.id, request.query.alone ?? false, asking);
        const [removed] = gone;
        // A cookie that is `Secure` was never given anywhere else than over https.
        if (removed.id === asking.client && (removed.kind === "lan" || request.origin.listener === "https")) {
          void reply.header("set-cookie", clientCookie(removed.kind, "", 0));
        }
        return { removed: gone.map(name) };
      },
    );
  };
}
