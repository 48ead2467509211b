import type { FastifyPluginAsync } from "fastify";
import * as Type from "typebox";
import { OWNER } from "../protocol/access.ts";
import {
  AliasChange,
  HostToken,
  HostWish,
  OnlineChange,
  OnlineState,
  type OnlineChange as Change,
} from "../protocol/online.ts";

/** What the owner's pages and the command line ask of the way into the internet. */
export interface OnlineActions {
  state(): OnlineState;
  /** @throws TellyportError `config-invalid`, `state-unusable` */
  change(change: Change): Promise<OnlineState>;
  /** Looks at everything anew. @throws TellyportError `online-disabled` */
  test(): Promise<OnlineState>;
  /** @throws TellyportError `online-disabled`, or as the cloud answers */
  setAlias(label: string | null): Promise<OnlineState>;
  addHost(label: string): Promise<HostToken>;
  dropHost(label: string): Promise<OnlineState>;
}

/** `/api/v1/online`. @param noted told what an owner changed, with the client's id */
export function onlineRoutes(
  online: OnlineActions,
  noted: (client: string, detail: Readonly<Record<string, string | number | boolean | null>>) => void,
): FastifyPluginAsync {
  return async (app) => {
    const config = { access: OWNER };
    const answers = { response: { 200: OnlineState } };

    app.get(
      "/api/v1/online",
      { config, schema: { summary: "How the box is found from anywhere", ...answers } },
      () => online.state(),
    );

    app.patch<{ Body: Change }>(
      "/api/v1/online",
      { config, schema: { summary: "Change how the box is found", body: OnlineChange, ...answers } },
      async (request) => {
        const state = await online.change(request.body);
        noted(clientOf(request), request.body);
        return state;
      },
    );

    app.post(
      "/api/v1/online/test",
      {
        config,
        schema: { summary: "Look at the way from the internet anew; takes up to a minute", ...answers },
      },
      () => online.test(),
    );

    app.put<{ Body: { label: string | null } }>(
      "/api/v1/online/alias",
      { config, schema: { summary: "Choose a name that people can say", body: AliasChange, ...answers } },
      async (request) => {
        const { label } = request.body;
        const state = await online.setAlias(label);
        noted(clientOf(request), { alias: label });
        return state;
      },
    );

    app.post<{ Body: { label: string } }>(
      "/api/v1/online/hosts",
      {
        config,
        schema: {
          summary: "A name that a router may update by dyndns2; its password is shown this one time",
          body: HostWish,
          response: { 201: HostToken },
        },
      },
      async (request, reply) => {
        const token = await online.addHost(request.body.label);
        noted(clientOf(request), { host: token.name });
        return reply.code(201).header("cache-control", "no-store").send(token);
      },
    );

    app.delete<{ Params: { label: string } }>(
      "/api/v1/online/hosts/:label",
      {
        config,
        schema: {
          summary: "Take such a name away",
          params: Type.Object({ label: Type.String({ minLength: 1, maxLength: 64 }) }),
          ...answers,
        },
      },
      async (request) => {
        const { label } = request.params;
        const state = await online.dropHost(label);
        noted(clientOf(request), { host: label, removed: true });
        return state;
      },
    );
  };
}

function clientOf({ principal }: { principal?: { client: string } | null }): string {
  return principal?.client ?? "";
}
