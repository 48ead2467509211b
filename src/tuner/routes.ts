import type { FastifyPluginAsync } from "fastify";
import { OWNER } from "../protocol/access.ts";
import { Tuners as TunersBody, type Tuner } from "../protocol/api.ts";
import type { Tuners, TunerSnapshot } from "./ports.ts";

/** `GET /api/v1/tuners`: what every tuner does. For owners, the box's own command line among them. */
export function tunerRoutes(tuners: Tuners): FastifyPluginAsync {
  return async (app) => {
    app.get(
      "/api/v1/tuners",
      {
        config: { access: OWNER },
        schema: { summary: "State of the tuners", tags: ["tuners"], response: { 200: TunersBody } },
      },
      async () => ({ tuners: tuners.snapshot().map(toBody) }),
    );
  };
}

function toBody(snapshot: TunerSnapshot): Tuner {
  const { signal } = snapshot;
  return {
    ...snapshot,
    signal: signal === null ? null : { strength: signal.strength, cnr: signal.cnr },
    services: [...snapshot.services],
    consumers: [...snapshot.consumers],
  };
}
