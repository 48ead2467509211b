import type { FastifyPluginAsync } from "fastify";
import type { Static } from "typebox";
import { OWNER } from "../../protocol/access.ts";
import { OfferDecision, OfferState, OfferStates } from "../../protocol/access-api.ts";
import { Offer, OfferRequest } from "../../protocol/api.ts";
import { LOCAL_PRINCIPAL } from "../members.ts";
import type { Pairing } from "../pairing.ts";
import { Id, NoContent, principalOfRequest } from "./shared.ts";

/** Owners open offers, say who of those that claim them may in, and close them. */
export function offerRoutes(deps: { pairing: Pairing }): FastifyPluginAsync {
  const { pairing } = deps;
  return async (app) => {
    app.post<{ Body: Static<typeof OfferRequest> }>(
      "/api/v1/offers",
      {
        config: { access: OWNER },
        schema: {
          summary: "Open an offer to pair one client; it needs an owner's yes unless it is opened on the box",
          body: OfferRequest,
          response: { 201: Offer },
        },
      },
      async (request, reply) => {
        const asking = principalOfRequest(request);
        const physical = asking.client === LOCAL_PRINCIPAL.client;
        const offer = pairing.openOffer(request.body.role, {
          physical,
          payer: asking.user,
          ...(!physical && { openedBy: asking.client }),
        });
        return reply.code(201).header("cache-control", "no-store").send(offer);
      },
    );

    app.get(
      "/api/v1/offers",
      {
        config: { access: OWNER },
        schema: { summary: "Open offers, and claims that wait for a yes", response: { 200: OfferStates } },
      },
      (_request, reply) => reply.header("cache-control", "no-store").send({ offers: pairing.offerStates() }),
    );

    app.get<{ Params: Static<typeof Id> }>(
      "/api/v1/offers/:id",
      {
        config: { access: OWNER },
        schema: {
          summary: "An offer, also for a while after its end",
          params: Id,
          response: { 200: OfferState },
        },
      },
      (request, reply) =>
        reply.header("cache-control", "no-store").send(pairing.offerState(request.params.id)),
    );

    app.post<{ Params: Static<typeof Id>; Body: OfferDecision }>(
      "/api/v1/offers/:id/decision",
      {
        config: { access: OWNER },
        schema: {
          summary: "Say yes, by the number on the new client, or no",
          params: Id,
          body: OfferDecision,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        pairing.decide(request.params.id, request.body.match, principalOfRequest(request));
        return reply.code(204).send();
      },
    );

    app.delete<{ Params: Static<typeof Id> }>(
      "/api/v1/offers/:id",
      {
        config: { access: OWNER },
        schema: { summary: "Close an offer", params: Id, response: { 204: NoContent } },
      },
      async (request, reply) => {
        pairing.closeOffer(request.params.id);
        return reply.code(204).send();
      },
    );
  };
}
