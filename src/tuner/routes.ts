import type { FastifyPluginAsync } from "fastify";
import { OWNER } from "../protocol/access.ts";
import { Tuners as TunersBody, type NamedSource, type Tuner } from "../protocol/api.ts";
import type { Tuners, TunerSnapshot } from "./ports.ts";

/**
 * `GET /api/v1/tuners`: what every tuner does. For owners, the box's own command line among them.
 * @param named where the tuners come from; default: not told
 * @param viewers names of those who watch by a multiplex; default: not told
 */
export function tunerRoutes(
  tuners: Tuners,
  named?: () => readonly NamedSource[],
  viewers?: (multiplex: string) => readonly string[],
): FastifyPluginAsync {
  return async (app) => {
    app.get(
      "/api/v1/tuners",
      {
        config: { access: OWNER },
        schema: { summary: "State of the tuners", tags: ["tuners"], response: { 200: TunersBody } },
      },
      async () => ({
        tuners: tuners.snapshot().map((snapshot) => ({
          ...describeTuner(snapshot),
          ...(viewers !== undefined && {
            viewers: snapshot.multiplex === null ? [] : [...viewers(snapshot.multiplex)],
          }),
        })),
        ...(named !== undefined && { sources: [...named()] }),
        ...(tuners.notReceived !== undefined && { notReceived: [...tuners.notReceived()] }),
      }),
    );
  };
}

/** A tuner as the API has it. */
export function describeTuner(snapshot: TunerSnapshot): Tuner {
  const { signal, verdict } = snapshot;
  return {
    id: snapshot.id,
    name: snapshot.name,
    state: snapshot.state,
    multiplex: snapshot.multiplex,
    ...(snapshot.place !== undefined && { place: snapshot.place }),
    error: snapshot.error,
    signal:
      signal === null
        ? null
        : {
            strength: signal.strength,
            cnr: signal.cnr,
            quality: signal.quality ?? null,
            bitErrorRatio: signal.bitErrorRatio ?? null,
            uncorrectedBlocks: signal.uncorrectedBlocks ?? null,
            verdict: verdict ?? null,
          },
    services: snapshot.services.map(({ id, name }) => ({ id, name })),
    consumers: [...snapshot.consumers],
    counters: { ...snapshot.counters },
    ...(snapshot.pids !== undefined && { pids: snapshot.pids.map((one) => ({ ...one })) }),
    ...(snapshot.timings !== undefined && { timings: { ...snapshot.timings } }),
  };
}
