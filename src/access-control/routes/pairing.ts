import type { FastifyPluginAsync, FastifyReply } from "fastify";
import type { Static } from "typebox";
import { TellyportError } from "../../kernel/errors.ts";
import { OPEN, OWNER } from "../../protocol/access.ts";
import {
  Offer,
  OfferRequest,
  PairingClaim,
  PairingClaimed,
  PairingPoll,
  PairingState,
} from "../../protocol/api.ts";
import { DPOP_NONCE_HEADER } from "../../protocol/dpop.ts";
import { lanCookie, refreshCookie } from "../cookies.ts";
import { LOCAL_PRINCIPAL } from "../members.ts";
import type { Nonces } from "../nonce.ts";
import type { Offers } from "../offers.ts";
import type { Delivery, Pairing } from "../pairing.ts";
import { Id, NoContent, principalOfRequest } from "./shared.ts";

/** Offers are opened and closed by owners; claims and polls come from strangers. */
export function pairingRoutes(deps: {
  pairing: Pairing;
  offers: Offers;
  nonces: Nonces;
}): FastifyPluginAsync {
  const { pairing, offers, nonces } = deps;
  return async (app) => {
    app.post<{ Body: Static<typeof OfferRequest> }>(
      "/api/v1/offers",
      {
        config: { access: OWNER },
        schema: { summary: "Open an offer to pair one client", body: OfferRequest, response: { 201: Offer } },
      },
      async (request, reply) => {
        const asking = principalOfRequest(request);
        const offer = pairing.openOffer(request.body.role, {
          physical: asking.client === LOCAL_PRINCIPAL.client,
          payer: asking.user,
        });
        return reply.code(201).header("cache-control", "no-store").send(offer);
      },
    );

    app.delete<{ Params: Static<typeof Id> }>(
      "/api/v1/offers/:id",
      {
        config: { access: OWNER },
        schema: { summary: "Close an offer", params: Id, response: { 204: NoContent } },
      },
      async (request, reply) => {
        if (!offers.close(request.params.id)) {
          throw new TellyportError("offer-not-found", "That offer is no longer open.");
        }
        return reply.code(204).send();
      },
    );

    app.post<{ Body: PairingClaim }>(
      "/api/v1/pairing/claim",
      {
        config: { access: OPEN },
        schema: {
          summary: "Claim an open offer with a proof of its code or secret",
          body: PairingClaim,
          response: { 200: PairingClaimed },
        },
      },
      async (request, reply) => {
        const claimed = pairing.claim(request.body, request.origin);
        return reply.header("cache-control", "no-store").send(claimed);
      },
    );

    app.post<{ Body: Static<typeof PairingPoll> }>(
      "/api/v1/pairing/poll",
      {
        config: { access: OPEN },
        schema: {
          summary: "Collect the tokens of a claim",
          body: PairingPoll,
          response: { 200: PairingState },
        },
      },
      async (request, reply) => {
        const delivery = await pairing.poll(request.body.claim, request.origin);
        void reply.header("cache-control", "no-store").header(DPOP_NONCE_HEADER, nonces.current());
        return { state: "paired", tokens: deliver(reply, delivery) };
      },
    );
  };
}

/** Puts the secret where the client wanted it. @returns the body's tokens */
export function deliver(reply: FastifyReply, delivery: Delivery): Delivery["tokens"] {
  const { by, secret, maxAgeSeconds, tokens } = delivery;
  if (by === "body") return { ...tokens, refreshToken: secret };
  const cookie = by === "refresh-cookie" ? refreshCookie : lanCookie;
  void reply.header("set-cookie", cookie(secret, maxAgeSeconds));
  return tokens;
}
