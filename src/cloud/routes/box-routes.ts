import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import * as Type from "typebox";
import { OPEN } from "../../protocol/access.ts";
import {
  ACTIONS,
  Cloud,
  HostToken,
  Registration,
  SignedRequest,
  type ActionName,
} from "../../protocol/registration.ts";
import { canonical, type Registry } from "../registry/index.ts";
import type { ActionCounts } from "./action-counts.ts";
import { readSigned, type SignedRequestRules } from "./signed-requests.ts";

export interface BoxRoutesDeps extends SignedRequestRules {
  readonly registry: Registry;
  readonly actions: ActionCounts;
  readonly zone: string;
  readonly version: string;
  /** HOST:PORT of the STUN server that boxes may ask. */
  readonly stun: () => string | null;
}

const SUMMARIES: Readonly<Record<ActionName, string>> = {
  enrol: "Register a box; again, it changes nothing but its version",
  update: "Say where the box is",
  withdraw: "Take its addresses out of the DNS",
  challenge: "Put values at `_acme-challenge`; answered when the name server has them",
  alias: "Take the name that people say, or give it up",
  host: "Make a name for dyndns2, or a new token for it",
  "drop-host": "Give such a name up",
  state: "What the cloud knows of the box",
};

const Params = Type.Object({ id: Type.String({ pattern: "^[a-z2-7]{16}$" }) });

/** What boxes ask. */
export function boxRoutes(deps: BoxRoutesDeps): FastifyPluginAsync {
  const { registry, actions } = deps;
  return async (app) => {
    app.get(
      "/v1/cloud",
      { config: { access: OPEN }, schema: { summary: "The cloud, for anybody", response: { 200: Cloud } } },
      (request, reply): Cloud => {
        void reply.header("cache-control", "no-store");
        return { zone: deps.zone, observed: observedOf(request), stun: deps.stun(), version: deps.version };
      },
    );
    for (const name of namesOfActions()) {
      const path = ACTIONS[name].path(":id");
      const hasBox = path.includes(":id");
      app.post<{ Body: SignedRequest; Params: { id?: string } }>(
        path,
        {
          config: { access: OPEN },
          schema: {
            summary: SUMMARIES[name],
            description: `The payload of the JWS: \`${JSON.stringify(ACTIONS[name].schema)}\``,
            body: SignedRequest,
            ...(hasBox && { params: Params }),
            response: { 200: name === "host" ? HostToken : Registration },
          },
        },
        (request, reply) => {
          void reply.header("cache-control", "no-store");
          const box = request.params.id ?? null;
          const text = request.body.request;
          return actions.counted<Registration | HostToken>(name, async () => {
            if (name === "host") return addHost(readSigned(text, name, box, deps).action);
            const { action, publicKey } = readSigned(text, name, box, deps);
            return registry.perform(action, { observed: observedOf(request), publicKey });
          });
        },
      );
    }
  };

  async function addHost(action: Parameters<Registry["addHost"]>[0]): Promise<HostToken> {
    const { name, token } = await registry.addHost(action);
    // At the cloud that the box knows.
    return { name, user: name, token, updateUrl: `${action.aud}/nic/update?hostname=${name}` };
  }
}

interface SignedRequest {
  request: string;
}

function namesOfActions(): ActionName[] {
  return Object.keys(ACTIONS) as ActionName[];
}

/** The address that the request came from. */
function observedOf({ origin }: FastifyRequest): string | null {
  return origin.address === null ? null : canonical(origin.address);
}
