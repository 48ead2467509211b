import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import * as Type from "typebox";
import { systemClock, type Clock } from "../kernel/clock.ts";
import { signJws } from "../kernel/ed25519-jws.ts";
import { TellyportError } from "../kernel/errors.ts";
import { networkOf } from "../kernel/network-address.ts";
import { TokenBuckets } from "../kernel/token-buckets.ts";
import { OPEN } from "../protocol/access.ts";
import {
  DIAL_BACK_PATH,
  DIAL_BACK_TYPE,
  DialBackQuery,
  type DialBackAnswer,
} from "../protocol/registration.ts";

export interface DialBackRouteDeps {
  readonly boxId: string;
  /** Ed25519 with the box's identity; 64 bytes. */
  readonly sign: (data: Uint8Array) => Uint8Array;
  /** Whether the box takes this for an address and port of its own in the internet, now. */
  readonly isOurs: (address: string, port: number) => boolean;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** Of one network. The cloud asks once for each address that the box reports. */
const ASKED = { burst: 10, perSecond: 0.5 };

/**
 * Signs for whoever asks that this box is at an address: but only for its own, so that nobody who passes the question on has its
 * signature over his.
 */
export function dialBackRoute(deps: DialBackRouteDeps): FastifyPluginAsyncTypebox {
  const { boxId, clock = systemClock } = deps;
  const asked = new TokenBuckets(ASKED);

  return async (app) => {
    app.get(
      DIAL_BACK_PATH,
      {
        config: { access: OPEN, weight: 4 },
        schema: {
          hide: true,
          querystring: DialBackQuery,
          response: { 200: Type.Object({ answer: Type.String() }) },
        },
      },
      (request, reply) => {
        const { nonce, address, port } = request.query;
        const from = request.origin.address;
        const wait = asked.take(from === null ? "" : networkOf(from), clock.monotonic());
        if (wait > 0) throw tooMany(wait);
        // As if there were nothing at all.
        if (!deps.isOurs(address, port))
          throw new TellyportError("route-not-found", "There is nothing at this address.");
        const payload: DialBackAnswer = {
          iss: boxId,
          nonce,
          address,
          port,
          iat: Math.floor(clock.now() / 1000),
        };
        void reply.header("cache-control", "no-store");
        return { answer: signJws({ typ: DIAL_BACK_TYPE, kid: boxId }, payload, deps.sign) };
      },
    );
  };
}

function tooMany(retryAfterMs: number): TellyportError {
  return new TellyportError(
    "rate-limited",
    "Too many requests came from here. Wait a moment, and ask again.",
    {
      retryAfterMs,
    },
  );
}
