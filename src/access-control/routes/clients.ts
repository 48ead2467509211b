import type { FastifyPluginAsync } from "fastify";
import { type Static } from "typebox";
import { MEMBERS, OWNER } from "../../protocol/access.ts";
import { EndOthersRequest, EndedOthers } from "../../protocol/access-api.ts";
import { ChangedClient, Client, ClientPatch, Clients } from "../../protocol/api.ts";
import type { Principal } from "../../protocol/principal.ts";
import { describeClient, type ClientRecord } from "../clients.ts";
import { clientCookie } from "../cookies.ts";
import type { Members } from "../members.ts";
import type { ViewingRules } from "../rules/viewing-rules.ts";
import { Id, NoContent, principalOfRequest } from "./shared.ts";

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
  const ids = (records: readonly ClientRecord[]): string[] => records.map(({ id }) => id);
  /** With what an owner is to know before changing it. */
  const describeToOwner = (record: ClientRecord, asking: Principal): Client => ({
    ...describe(record, asking),
    changedWith: ids(members.changedWith(record)),
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
        const changed = others.map(({ id, name }) => ({ id, name }));
        return { ...describeToOwner(client, asking), changed };
      },
    );

    app.delete<{ Params: Static<typeof Id> }>(
      "/api/v1/clients/:id",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "Revoke (owner), or unpair oneself; `self` is the client that asks",
          params: Id,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        const asking = principalOfRequest(request);
        const removed = members.remove(request.params.id, asking);
        // A cookie that is `Secure` was never given anywhere else than over https.
        if (removed.id === asking.client && (removed.kind === "lan" || request.origin.listener === "https")) {
          void reply.header("set-cookie", clientCookie(removed.kind, "", 0));
        }
        return reply.code(204).send();
      },
    );
  };
}
