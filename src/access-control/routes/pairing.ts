import type { FastifyPluginAsync, FastifyReply } from "fastify";
import type { Static } from "typebox";
import { AnswerRequest, Asked, AskRequest, OfferState } from "../../protocol/access-api.ts";
import { OPEN, OWNER } from "../../protocol/access.ts";
import { PairingClaim, PairingClaimed, PairingPoll, PairingState } from "../../protocol/api.ts";
import { DPOP_NONCE_HEADER } from "../../protocol/dpop.ts";
import { clientCookie } from "../cookies.ts";
import type { Nonces } from "../nonce.ts";
import type { Pairing } from "../pairing.ts";
import type { Delivery, TokenDelivery } from "../token-delivery.ts";
import { principalOfRequest } from "./shared.ts";

/** Claims and polls: they come from strangers. */
export function pairingRoutes(deps: {
  pairing: Pairing;
  delivery: TokenDelivery;
  nonces: Nonces;
}): FastifyPluginAsync {
  const { pairing, delivery, nonces } = deps;
  return async (app) => {
    app.post<{ Body: PairingClaim }>(
      "/api/v1/pairing/claim",
      {
        config: { access: OPEN },
        schema: {
          summary: "Claim an open offer, or a hand-off",
          body: PairingClaim,
          response: { 200: PairingClaimed },
        },
      },
      (request, reply) => {
        const claimed = pairing.claim(request.body, request.origin);
        return reply.header("cache-control", "no-store").send(claimed);
      },
    );

    app.post<{ Body: AskRequest }>(
      "/api/v1/pairing/ask",
      {
        config: { access: OPEN },
        schema: {
          summary: "Ask to be let in, at home: a code to show to an owner, and a claim to poll with",
          body: AskRequest,
          response: { 200: Asked },
        },
      },
      (request, reply) =>
        reply.header("cache-control", "no-store").send(pairing.ask(request.body, request.origin)),
    );

    app.post<{ Body: AnswerRequest }>(
      "/api/v1/pairing/answer",
      {
        config: { access: OWNER },
        schema: {
          summary: "An owner has seen the code of a device that asks: it shows a number now, to be chosen",
          body: AnswerRequest,
          response: { 200: OfferState },
        },
      },
      (request, reply) =>
        reply
          .header("cache-control", "no-store")
          .send(pairing.answer(request.body, principalOfRequest(request))),
    );

    app.post<{ Body: Static<typeof PairingPoll> }>(
      "/api/v1/pairing/poll",
      {
        config: { access: OPEN },
        schema: {
          summary: "Collect the tokens of a claim, every two seconds while it is pending",
          body: PairingPoll,
          response: { 200: PairingState },
        },
      },
      async (request, reply) => {
        const delivered = await delivery.poll(request.body.claim, request.origin);
        void reply.header("cache-control", "no-store").header(DPOP_NONCE_HEADER, nonces.current());
        const match = delivered === null ? delivery.matchOf(request.body.claim) : null;
        if (delivered === null) return { state: "pending", ...(match !== null && { match }) };
        return { state: "paired", tokens: deliver(reply, delivered) };
      },
    );
  };
}

/** Puts the secret where the client wanted it. @returns the body's tokens */
export function deliver(reply: FastifyReply, delivery: Delivery): Delivery["tokens"] {
  const { by, secret, maxAgeSeconds, tokens } = delivery;
  if (by === "body") return { ...tokens, refreshToken: secret };
  void reply.header("set-cookie", clientCookie(by, secret, maxAgeSeconds));
  return tokens;
}
