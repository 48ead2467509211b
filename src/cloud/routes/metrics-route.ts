import type { FastifyPluginAsync } from "fastify";
import { OWNER } from "../../protocol/access.ts";
import { expose, EXPOSITION_TYPE, type Metric } from "../../kernel/prometheus.ts";
import type { Publishing } from "../publishing/index.ts";
import { countBoxes, type Registry } from "../registry/index.ts";
import type { Store } from "../store/ports.ts";
import type { ActionCounts } from "./action-counts.ts";

export interface MetricsDeps {
  readonly store: Store;
  readonly registry: Registry;
  readonly publishing: Publishing;
  readonly actions: ActionCounts;
  readonly clock: { monotonic(): number };
}

/** Counting a million rows takes a while: not more often than this, ms. */
const COUNTED_FOR = 15_000;

/** `GET /metrics`, for the operator's socket and whoever has the token. */
export function metricsRoute(deps: MetricsDeps): FastifyPluginAsync {
  let counted: { at: number; boxes: Record<string, number> } | null = null;

  async function boxes(): Promise<Record<string, number>> {
    const now = deps.clock.monotonic();
    if (counted === null || now - counted.at >= COUNTED_FOR)
      counted = { at: now, boxes: await countBoxes(deps.store) };
    return counted.boxes;
  }

  return async (app) => {
    app.get("/metrics", { config: { access: OWNER }, schema: { hide: true } }, async (_request, reply) => {
      const text = expose(metricsOf(deps, await boxes(), await deps.publishing.state()));
      return reply.type(EXPOSITION_TYPE).send(text);
    });
  };
}

function metricsOf(
  { registry, publishing, actions }: MetricsDeps,
  { published = 0, ...states }: Record<string, number>,
  outbox: Awaited<ReturnType<Publishing["state"]>>,
): Metric[] {
  const { counters } = publishing;
  const gauge = (name: string, help: string, value: number): Metric => ({
    name: `tellyport_cloud_${name}`,
    type: "gauge",
    help,
    samples: [{ value }],
  });
  const counter = (name: string, help: string, value: number): Metric => ({
    ...gauge(`${name}_total`, help, value),
    type: "counter",
  });
  return [
    {
      name: "tellyport_cloud_boxes",
      type: "gauge",
      help: "Boxes on the register.",
      samples: Object.entries(states).map(([state, value]) => ({ labels: { state }, value })),
    },
    gauge("addresses_published", "Addresses of boxes in the DNS.", published),
    {
      name: "tellyport_cloud_actions_total",
      type: "counter",
      help: "Requests of boxes, by what became of them.",
      samples: actions.samples(),
    },
    gauge("dial_backs", "Boxes that are being dialled back.", registry.dialling),
    gauge("outbox_names", "Names that are not published yet.", outbox.pending),
    gauge("outbox_oldest_seconds", "How long the first of them has waited.", outbox.oldestSeconds),
    gauge("publisher_leads", "1 where this instance publishes the zone.", outbox.role === "waiting" ? 0 : 1),
    counter("published_names", "Names that the name server was told.", counters.names),
    counter("publish_batches", "Batches of them.", counters.batches),
    counter("publish_failures", "Batches that failed.", counters.failures),
    counter("publish_refusals", "Times that the name server refused something.", counters.refusals),
    counter("read_back_differences", "Names at which it said something else afterwards.", counters.differing),
  ];
}
