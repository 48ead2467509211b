import type { FastifyPluginAsync } from "fastify";
import type { Static } from "typebox";
import { PinRequest, PinState, Unlocked, UnlockRequest } from "../../protocol/access-api.ts";
import { MEMBERS, OWNER } from "../../protocol/access.ts";
import type { ViewingRules } from "../rules/viewing-rules.ts";
import { NoContent, principalOfRequest } from "./shared.ts";

/** The owner's PIN, and what it lifts. */
export function pinRoutes(deps: {
  rules: Pick<ViewingRules, "pinIsSet" | "setPin" | "unlock">;
}): FastifyPluginAsync {
  const { rules } = deps;
  return async (app) => {
    app.get(
      "/api/v1/parental-pin",
      {
        config: { access: MEMBERS },
        schema: { summary: "Whether there is a PIN that lifts limits", response: { 200: PinState } },
      },
      (_request, reply) => reply.header("cache-control", "no-store").send({ set: rules.pinIsSet }),
    );

    app.put<{ Body: Static<typeof PinRequest> }>(
      "/api/v1/parental-pin",
      {
        config: { access: OWNER },
        schema: {
          summary: "Set the PIN that lifts the limits of kids and guests, or take it away",
          body: PinRequest,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        await rules.setPin(request.body.pin, principalOfRequest(request).client);
        return reply.code(204).send();
      },
    );

    app.post<{ Body: Static<typeof UnlockRequest> }>(
      "/api/v1/clients/self/unlock",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "Lift the asking client's limits for half an hour with the owner's PIN",
          body: UnlockRequest,
          response: { 200: Unlocked },
        },
      },
      async (request, reply) => {
        const until = await rules.unlock(principalOfRequest(request), request.body.pin);
        return reply.header("cache-control", "no-store").send({ until: new Date(until).toISOString() });
      },
    );
  };
}
