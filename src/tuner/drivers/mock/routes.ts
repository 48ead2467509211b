import type { FastifyPluginAsync } from "fastify";
import * as Type from "typebox";
import type { Static } from "typebox";
import { LOCAL } from "../../../protocol/access.ts";
import { MockFault } from "./faults.ts";
import type { MockSource } from "./index.ts";

const Entry = Type.Object({
  counter: Type.Integer({ description: "Value that the picture shows" }),
  at: Type.Number({ description: "When its access unit had been sent completely, epoch milliseconds" }),
});
const OnAirReport = Type.Object(
  {
    ...Entry.properties,
    frames: Type.Integer({ description: "The counter counts modulo this" }),
    frameMs: Type.Number(),
    entries: Type.Array(Entry, { description: "The last values, the latest first" }),
  },
  { title: "MockOnAir" },
);
const OnAirQuery = Type.Object({
  multiplex: Type.String({ description: "e.g. mock-1" }),
  service: Type.Integer({ minimum: 1, maximum: 0xffff, description: "service_id" }),
});
const Faults = Type.Object({ faults: Type.Array(MockFault) }, { title: "MockFaults" });

/** What is on air, and faults on command; for the box's own command line alone. */
export function mockRoutes(source: MockSource): FastifyPluginAsync {
  const { control } = source;
  return async (app) => {
    app.get<{ Querystring: Static<typeof OnAirQuery> }>(
      "/api/v1/mock/on-air",
      {
        config: { access: LOCAL },
        schema: {
          summary: "Which picture of a mock service is on air",
          querystring: OnAirQuery,
          response: { 200: OnAirReport },
        },
      },
      (request) => control.onAir(request.query.multiplex, request.query.service),
    );

    app.post<{ Body: MockFault }>(
      "/api/v1/mock/faults",
      {
        config: { access: LOCAL },
        schema: { summary: "Let something go wrong", body: MockFault, response: { 200: Faults } },
      },
      (request) => {
        control.setFault(request.body);
        return { faults: control.faults() };
      },
    );

    app.delete(
      "/api/v1/mock/faults",
      { config: { access: LOCAL }, schema: { summary: "Clear all faults", response: { 200: Faults } } },
      () => {
        control.clear();
        return { faults: control.faults() };
      },
    );
  };
}
