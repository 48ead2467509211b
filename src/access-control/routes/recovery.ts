import type { FastifyPluginAsync } from "fastify";
import { LOCAL, OWNER } from "../../protocol/access.ts";
import { RecoveryCodes, RecoveryState } from "../../protocol/access-api.ts";
import { Offer } from "../../protocol/api.ts";
import type { AuditPort } from "../audit/port.ts";
import type { Pairing } from "../pairing.ts";
import type { Recovery } from "../recovery.ts";
import { principalOfRequest } from "./shared.ts";

/** The ways back in for an owner without a phone: codes on paper, or standing at the box. */
export function recoveryRoutes(deps: {
  recovery: Recovery;
  pairing: Pairing;
  audit: AuditPort;
}): FastifyPluginAsync {
  const { recovery, pairing, audit } = deps;
  return async (app) => {
    app.post(
      "/api/v1/recovery-codes",
      {
        config: { access: OWNER },
        schema: {
          summary: "Make ten recovery codes, in place of all earlier ones; shown this one time",
          response: { 201: RecoveryCodes },
        },
      },
      (request, reply) => {
        const codes = recovery.make(principalOfRequest(request).client);
        return reply.code(201).header("cache-control", "no-store").send({ codes });
      },
    );

    app.get(
      "/api/v1/recovery-codes",
      {
        config: { access: OWNER },
        schema: { summary: "How many recovery codes are left", response: { 200: RecoveryState } },
      },
      () => recovery.state(),
    );

    app.post(
      "/api/v1/owner/recover",
      {
        config: { access: LOCAL },
        schema: { summary: "Open an offer for an owner, at the box alone", response: { 201: Offer } },
      },
      (_request, reply) => {
        const offer = pairing.openOffer("owner", { physical: true, recovery: true });
        audit.note({ event: "owner-recovered", detail: { by: "box", offer: offer.id } });
        return reply.code(201).header("cache-control", "no-store").send(offer);
      },
    );
  };
}
