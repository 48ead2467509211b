import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import type { Static } from "typebox";
import { TellyportError } from "../../kernel/errors.ts";
import { LOCAL, OWNER_OR_SCREEN } from "../../protocol/access.ts";
import { OfferDecision, OfferState, OfferStates, ScreenLink } from "../../protocol/access-api.ts";
import { Offer, OfferRequest } from "../../protocol/api.ts";
import { LOCAL_PRINCIPAL } from "../members.ts";
import type { OfferOptions } from "../offers.ts";
import type { Pairing } from "../pairing.ts";
import { Id, NoContent, principalOfRequest } from "./shared.ts";

/**
 * How an offer is opened: at the box, by its command line or before its own screen, and then it needs no further yes; or by an
 * owner from elsewhere.
 * @throws TellyportError `role-forbidden` for an owner's offer that a screen asks for
 */
function wayOf(request: FastifyRequest<{ Body: Static<typeof OfferRequest> }>): OfferOptions {
  const asking = principalOfRequest(request);
  if (asking.client === LOCAL_PRINCIPAL.client) return { physical: true };
  if (asking.screen !== true) return { physical: false, openedBy: asking.client };
  if (request.body.role === "owner")
    throw new TellyportError(
      "role-forbidden",
      "Before the box's screen nobody becomes an owner. An owner opens such an offer, or the command line.",
    );
  return { physical: true, shownBy: asking.client };
}

/** Owners open offers, say who of those that claim them may in, and close them. */
export function offerRoutes(deps: { pairing: Pairing }): FastifyPluginAsync {
  const { pairing } = deps;
  return async (app) => {
    app.post<{ Body: Static<typeof OfferRequest> }>(
      "/api/v1/offers",
      {
        config: { access: OWNER_OR_SCREEN },
        schema: {
          summary: "Open an offer to pair one client; it needs an owner's yes unless it is opened on the box",
          body: OfferRequest,
          response: { 201: Offer },
        },
      },
      async (request, reply) => {
        const asking = principalOfRequest(request);
        const offer = pairing.openOffer(request.body.role, { ...wayOf(request), payer: asking.user });
        return reply.code(201).header("cache-control", "no-store").send(offer);
      },
    );

    app.post(
      "/api/v1/screen",
      {
        config: { access: LOCAL },
        schema: {
          summary: "A link that makes a browser on the box its own screen, good once",
          response: { 201: ScreenLink },
        },
      },
      (_request, reply) => reply.code(201).header("cache-control", "no-store").send(pairing.openScreen()),
    );

    app.get(
      "/api/v1/offers",
      {
        config: { access: OWNER_OR_SCREEN },
        schema: { summary: "Open offers, and claims that wait for a yes", response: { 200: OfferStates } },
      },
      (request, reply) =>
        reply
          .header("cache-control", "no-store")
          .send({ offers: pairing.offerStates(principalOfRequest(request)) }),
    );

    app.get<{ Params: Static<typeof Id> }>(
      "/api/v1/offers/:id",
      {
        config: { access: OWNER_OR_SCREEN },
        schema: {
          summary: "An offer, also for a while after its end",
          params: Id,
          response: { 200: OfferState },
        },
      },
      (request, reply) =>
        reply
          .header("cache-control", "no-store")
          .send(pairing.offerState(request.params.id, principalOfRequest(request))),
    );

    app.post<{ Params: Static<typeof Id>; Body: OfferDecision }>(
      "/api/v1/offers/:id/decision",
      {
        config: { access: OWNER_OR_SCREEN },
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
        config: { access: OWNER_OR_SCREEN },
        schema: { summary: "Close an offer", params: Id, response: { 204: NoContent } },
      },
      async (request, reply) => {
        pairing.closeOffer(request.params.id, principalOfRequest(request));
        return reply.code(204).send();
      },
    );
  };
}
