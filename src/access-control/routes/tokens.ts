import type { FastifyPluginAsync } from "fastify";
import * as Type from "typebox";
import type { Static } from "typebox";
import { OPEN } from "../../protocol/access.ts";
import { TokenRequest, Tokens } from "../../protocol/api.ts";
import { DPOP_NONCE_HEADER } from "../../protocol/dpop.ts";
import { unauthenticated } from "../challenge.ts";
import { REFRESH_COOKIE, readCookie } from "../cookies.ts";
import type { Nonces } from "../nonce.ts";
import type { PublicKey } from "../public-keys.ts";
import type { TokenIssuer } from "../tokens.ts";
import { deliver } from "./pairing.ts";

/** RFC 7517 §5; members of a key by its kind. */
const JwkSet = Type.Object(
  { keys: Type.Array(Type.Record(Type.String(), Type.String())) },
  { title: "JwkSet" },
);

/** Refresh, and the keys that tokens and grants are verified with. */
export function tokenRoutes(deps: {
  issuer: TokenIssuer;
  nonces: Nonces;
  keys: () => PublicKey[];
}): FastifyPluginAsync {
  const { issuer, nonces, keys } = deps;
  return async (app) => {
    app.post<{ Body: Static<typeof TokenRequest> }>(
      "/api/v1/token",
      {
        config: { access: OPEN },
        schema: {
          summary: "New tokens for a refresh token (body, or cookie over https) and a proof (header DPoP)",
          body: TokenRequest,
          response: { 200: Tokens },
        },
      },
      async (request, reply) => {
        const { headers, method, origin, url } = request;
        void reply.header("cache-control", "no-store").header(DPOP_NONCE_HEADER, nonces.current());
        const inBody = request.body.refreshToken;
        // A `__Host-` cookie comes over https; anywhere else somebody made it up.
        const inCookie = origin.listener === "https" ? readCookie(headers.cookie, REFRESH_COOKIE) : null;
        const refreshToken = inBody ?? inCookie;
        if (refreshToken === null) {
          throw unauthenticated(
            "refresh-invalid",
            "There is no refresh token in body or cookie. Pair this client.",
            nonces.current(),
          );
        }
        const issued = await issuer.refresh(refreshToken, { method, url, headers, origin });
        return deliver(reply, { ...issued, by: inBody === undefined ? "key" : "body" });
      },
    );

    app.get(
      "/.well-known/jwks.json",
      {
        config: { access: OPEN },
        schema: { summary: "Keys that verify access tokens and grants", response: { 200: JwkSet } },
      },
      (_request, reply) => reply.header("cache-control", "public, max-age=300").send({ keys: keys() }),
    );
  };
}
