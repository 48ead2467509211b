import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  buildApp,
  createListeners,
  DEFAULT_RATES,
  RateGuard,
  refuseSecondDaemon,
  TrustedProxies,
  type Listeners,
} from "../http-server/index.ts";
import type { Clock } from "../kernel/clock.ts";
import { makeFolder } from "../kernel/folder.ts";
import { Lifecycle } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import { keepPrivate } from "../kernel/private-folder.ts";
import { handedSockets } from "../kernel/systemd.ts";
import { SOCKET_FILE } from "../protocol/access.ts";
import { VERSION } from "../version.ts";
import { wholePrefix, type CloudConfig } from "./config.ts";
import { createParts, type CloudParts } from "./parts.ts";
import { OutboxPublisher, ZoneFollower, type OutboxOptions, type Publishing } from "./publishing/index.ts";
import {
  addressPolicy,
  DEFAULT_LIMITS,
  Registry,
  ZoneNames,
  type RegistryDeps,
  type RegistryLimits,
} from "./registry/index.ts";
import { ActionCounts } from "./routes/action-counts.ts";
import { boxRoutes } from "./routes/box-routes.ts";
import { INTRODUCTION } from "./routes/introduction.ts";
import { metricsRoute } from "./routes/metrics-route.ts";
import { operatorAccess } from "./routes/operator-access.ts";
import { operatorRoutes } from "./routes/operator-routes.ts";
import { openStore } from "./store/open-store.ts";

export interface CloudDeps {
  readonly config: CloudConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: those of the configuration. */
  readonly parts?: CloudParts;
  readonly outbox?: OutboxOptions;
}

/** The cloud, running. */
export interface RunningCloud {
  readonly ports: Listeners["ports"];
  /** What boxes may call it. */
  origins(): readonly string[];
  readonly publishing: Publishing;
  readonly registry: Registry;
  stop(): Promise<void>;
}

/**
 * The composition root of the cloud: every part is made here, wired here, and started in this order; they stop in reverse.
 * @throws TellyportError of whichever part cannot start
 */
export async function startCloud(deps: CloudDeps): Promise<RunningCloud> {
  const { config, clock, log } = deps;
  const stateDir = config.state.directory;
  const socketPath = join(stateDir, SOCKET_FILE);
  await refuseSecondDaemon(socketPath);
  makeFolder(stateDir, 0o700);
  keepPrivate(stateDir, log);
  const lifecycle = new Lifecycle({ log, clock });
  try {
    const store = await openStore(config.database, { stateDir, clock, log: log.child({ module: "store" }) });
    await lifecycle.start([{ name: "store", stop: () => store.close() }]);

    const names = new ZoneNames(config.zone.name, ownNames(config));
    const policy = addressPolicy(config.addresses.allow.map(wholePrefix));
    const rules = { names, policy, caa: config.zone.caa };
    const parts = deps.parts ?? (await createParts({ config, clock, log }));
    const { publisher } = parts;
    const publishingDeps = {
      store,
      publisher,
      target: targetOf(config),
      rules,
      clock,
      log: log.child({ module: "publishing" }),
    };
    const publishing = parts.isEmbedded
      ? new ZoneFollower(publishingDeps)
      : new OutboxPublisher(publishingDeps, deps.outbox);

    const registryDeps: RegistryDeps = {
      store,
      clock,
      log: log.child({ module: "registry" }),
      names,
      policy,
      dialBack: parts.dialBack,
      caa: config.zone.caa,
      limits: limitsOf(config),
      publishing,
    };
    const registry = new Registry(registryDeps);

    // As boxes write them: without the port that goes without saying.
    const named = config.http.origins.map((origin) => new URL(origin).origin);
    const origins = (): readonly string[] => (named.length > 0 ? named : localOrigins(listeners.ports.http));
    const proxies = new TrustedProxies(config.http.trustedProxies);
    const hostNames = new Set(config.http.origins.map((origin) => new URL(origin).hostname));
    const actions = new ActionCounts();
    const { requestsPerSenderSecond: perSecond } = config.limits;
    const app = await buildApp({
      log: log.child({ module: "http-server" }),
      clock,
      authenticator: operatorAccess(config.metrics.token),
      version: VERSION,
      hostNames,
      proxies,
      rates: new RateGuard({
        clock,
        recognise: () => null,
        limits: { ...DEFAULT_RATES, requests: { burst: 10 * perSecond, perSecond } },
      }),
      description: { title: "Tellyport cloud", introduction: INTRODUCTION, path: "/v1/openapi.json" },
      plugins: [
        boxRoutes({
          registry,
          actions,
          zone: names.zone,
          version: VERSION,
          stun: parts.stun,
          origins,
          clock,
        }),
        operatorRoutes({ registry: registryDeps, rules, publishing, publisher }),
        metricsRoute({ store, registry, publishing, actions, clock }),
        ...parts.routes(registry.hosts),
      ],
    });
    const { connections } = config.http;
    const listeners = createListeners({
      app,
      hostNames,
      log: log.child({ module: "http-server" }),
      clock,
      address: config.http.address,
      port: config.http.port,
      https: null,
      handed: { http: handedSockets(process.env, process.pid).get("http") },
      socketPath,
      proxies,
      connectionLimits: {
        perSender: Math.min(connections, 64),
        perRegion: Math.min(connections, 512),
        inAll: connections,
        reserved: 0,
      },
    });

    await lifecycle.start([...parts.components, publishing, ...parts.doors, registry, listeners]);
    return { ports: listeners.ports, origins, publishing, registry, stop: () => lifecycle.stop() };
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

function localOrigins(port: number): string[] {
  return ["localhost", "127.0.0.1", "[::1]"].map((host) => `http://${host}:${port}`);
}

/** Names of the operator's own machines, as far as the configuration says: no box may have one. */
function ownNames({ zone, http, stun, publisher }: CloudConfig): string[] {
  const { rfc2136, pdnsHttp } = publisher;
  return [
    ...zone.reserved.map((label) => `${label}.${zone.name}`),
    ...zone.nameServers.map(({ name }) => name),
    ...http.origins.map((origin) => new URL(origin).hostname),
    stun.advertise.replace(/:\d+$/, ""),
    rfc2136?.server ?? "",
    pdnsHttp?.dnsServer ?? "",
    pdnsHttp === undefined ? "" : new URL(pdnsHttp.url).hostname,
  ].map((name) => name.toLowerCase().replace(/\.$/, ""));
}

function limitsOf({ limits }: CloudConfig): RegistryLimits {
  const hourly = (perHour: number): RegistryLimits["enrolments"] => ({
    burst: perHour,
    perSecond: perHour / 3600,
  });
  return {
    ...DEFAULT_LIMITS,
    enrolmentsPerNetwork: hourly(limits.enrolmentsPerNetworkHour),
    enrolmentsPerRegion: hourly(limits.enrolmentsPerRegionHour),
    enrolments: { burst: limits.enrolmentsPerMinute * 10, perSecond: limits.enrolmentsPerMinute / 60 },
    requestsPerBox: {
      burst: Math.max(10, limits.requestsPerBoxHour / 24),
      perSecond: limits.requestsPerBoxHour / 3600,
    },
    dialBacks: limits.dialBacks,
    dialBacksPerNetwork: limits.dialBacksPerNetwork,
  };
}

/** Another name server, or other rules: everything is to be published anew. Holds no secret. */
function targetOf({ zone, publisher, addresses }: CloudConfig): string {
  const { kind, rfc2136, pdnsHttp } = publisher;
  const where =
    kind === "rfc2136"
      ? `${rfc2136?.server} ${rfc2136?.port}`
      : `${pdnsHttp?.url.replace(/\/\/[^/]*@/, "//")} ${pdnsHttp?.serverId}`;
  const rules = createHash("sha256")
    .update(JSON.stringify([zone.caa, addresses.allow]))
    .digest("hex")
    .slice(0, 16);
  return `${kind} ${where} ${rules}`;
}
