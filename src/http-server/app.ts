import type { IncomingHttpHeaders } from "node:http";
import fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyRequest } from "fastify";
import fastifySwagger from "@fastify/swagger";
import { openApiOptions } from "./openapi.ts";
import { TellyportError, isTellyportError } from "../kernel/errors.ts";
import { systemClock, type Clock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import { SparingLog } from "../kernel/log-sparingly.ts";
import { OPEN, type RouteAccess } from "../protocol/access.ts";
import { markProven } from "./connections.ts";
import { headerLines, hostName, type HostNames } from "./host-guard.ts";
import { KnownMethods } from "./known-methods.ts";
import { lazyCompilers } from "./lazy-compilers.ts";
import { requestOrigin, type TrustedProxies } from "./origin.ts";
import type { Authenticator, Refusal } from "./ports.ts";
import { sendProblem } from "./problem.ts";
import type { RateGuard } from "./rate-guard.ts";
import { countFailure, limitByBody, limitRequest } from "./rate-hooks.ts";
import { foreignPage, refusalOf, unreadable } from "./request-guard.ts";
import { SECURITY_HEADERS, STRICT_TRANSPORT } from "./security-headers.ts";

export interface AppDeps {
  readonly log: Log;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly authenticator: Authenticator;
  readonly version: string;
  /** Host names that requests may name, lower case, beside localhost and IP addresses. */
  readonly hostNames: HostNames;
  /** Whether a host name has certificates that browsers trust: it is for https alone from then on. */
  readonly isSecured?: (name: string) => boolean;
  /** Told of requests that were refused, those for media left out; must not throw. Good requests cost nothing. */
  readonly onRefused?: (refusal: Refusal) => void;
  /** Default: nobody is limited. */
  readonly rates?: RateGuard;
  /** Reverse proxies that are believed when they say for whom they ask; default: none is. */
  readonly proxies?: TrustedProxies;
  /** What the API's description begins with, and where it is; default: the box's, `/api/v1/openapi.json`. */
  readonly description?: { readonly title: string; readonly introduction: string; readonly path: string };
  /** The features, each with its routes. */
  readonly plugins: readonly FastifyPluginAsync[];
}

/** Bytes of a request body: every body of the API is small. */
const BODY_LIMIT = 64 * 1024;
/** Requests that failed by a fault of ours, in the log in a minute: who found one can repeat it as often as he likes. */
const FAULTS = 5;

/**
 * Builds the application, without listening. Every route must say who may use it (`config.access`); the guards here
 * enforce that before any handler runs.
 * @throws when a route was registered without `config.access`
 */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const { rates, hostNames, proxies = null } = deps;
  const log = new SparingLog(deps.log, deps.clock ?? systemClock, FAULTS);
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    trustProxy: false,
    logger: false,
    routerOptions: { maxParamLength: 512 },
    schemaController: { compilersFactory: lazyCompilers() },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: "array" } },
    return503OnClosing: false,
    // Addresses that no router can read: the same guards, headers and form as everywhere, and nothing of it repeated.
    frameworkErrors(_error, request, reply) {
      const door = requestOrigin(request.raw, proxies).listener;
      const failure = refusalOf(request.raw, door, hostNames) ?? unreadable();
      void reply.headers(SECURITY_HEADERS);
      void sendProblem(failure, request, reply, log);
    },
  });
  app.decorateRequest("origin");
  app.decorateRequest("principal", null);
  app.decorateRequest("sender", null);
  app.decorateRequest("tooMany", null);
  // JSON alone: what a form of any page can send (text/plain, multipart, urlencoded) has no parser, and is refused.
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (isUtf8(request.headers["content-type"])) return void parseJson(request, body, done);
    done(new TellyportError("body-invalid", "JSON is sent as UTF-8 (RFC 8259 §8.1)."));
  });
  app.setErrorHandler((error, request, reply) => {
    const refused = refusedOf(error, request);
    if (refused !== null) deps.onRefused?.(refused);
    if (rates !== undefined) countFailure(rates, request, error);
    return sendProblem(error, request, reply, log);
  });
  const known = new KnownMethods();
  app.setNotFoundHandler((request, reply) =>
    sendProblem(nothingThere(request, known.at(request.url)), request, reply, log),
  );

  const unguarded: string[] = [];
  app.addHook("onRoute", (route) => {
    if (route.schema?.hide !== true) known.add(route.url, [route.method].flat());
    // Routes of plugins that cannot carry our configuration are marked by the plugin that registers them.
    queueMicrotask(() => {
      if (route.config?.access === undefined) unguarded.push(`${String(route.method)} ${route.url}`);
    });
  });
  app.addHook("onRequest", async (request) => {
    if (request.origin === undefined) request.origin = requestOrigin(request.raw, proxies);
    const door = request.origin.listener;
    const access = request.is404 ? undefined : request.routeOptions.config.access;
    const refusal = refusalOf(request.raw, door, hostNames) ?? foreignPage(request.raw, door, access);
    if (refusal !== null) throw refusal;
    if (rates !== undefined) limitRequest(rates, request);
    await authorise(request, deps.authenticator);
  });
  if (rates !== undefined) {
    app.addHook("preValidation", async (request) => limitByBody(rates, request));
  }
  app.addHook("onSend", async (request, reply) => {
    void reply.headers(SECURITY_HEADERS);
    if (deps.isSecured?.(hostName(request.headers.host ?? "") ?? "") !== true) return;
    if (request.origin?.listener === "https") void reply.headers(STRICT_TRANSPORT);
  });

  await app.register(fastifySwagger, openApiOptions(deps.version, deps.description));
  for (const plugin of deps.plugins) await app.register(plugin);
  let description: Buffer | undefined;
  app.get(
    deps.description?.path ?? "/api/v1/openapi.json",
    // Made once, of more than 100 KB: strangers may ask for it, but not as often as they like.
    { config: { access: OPEN, weight: 20 }, schema: { hide: true } },
    (_request, reply) =>
      reply
        .type("application/json; charset=utf-8")
        .send((description ??= Buffer.from(JSON.stringify(app.swagger())))),
  );
  app.get("/healthz", { config: { access: OPEN }, schema: { hide: true } }, () => ({ status: "ok" }));
  await app.ready();
  if (unguarded.length > 0) throw new Error(`routes without config.access: ${unguarded.join(", ")}`);
  return app;
}

/** Whether a content type names no other charset: two that differ are one too many. */
function isUtf8(contentType = ""): boolean {
  const named = [...contentType.matchAll(/;\s*charset\s*=\s*"?([^";\s]*)/gi)];
  return named.every(([, charset = ""]) => /^utf-?8$/i.test(charset));
}

/** @param methods of the route that there is at the address. @see RFC 9110 §15.5.6 */
function nothingThere({ method }: FastifyRequest, methods: readonly string[]): TellyportError {
  if (methods.length === 0) return new TellyportError("route-not-found", "There is nothing at this address.");
  const allow = methods.join(", ");
  return new TellyportError("method-not-allowed", `There is no ${method} at this address, but ${allow}.`, {
    detail: { headers: { allow } },
  });
}

/** Lets a request through to its route, or throws. Routes that do not exist have no access and end as not found. */
async function authorise(request: FastifyRequest, authenticator: Authenticator): Promise<void> {
  const access: RouteAccess | undefined = request.routeOptions.config.access;
  if (request.is404 || access?.kind === "media") return;
  if (access?.kind === "open" && !showsItself(request)) return;
  if (access === undefined) throw new TellyportError("role-forbidden", "Nobody may use this.");
  const principal = await authenticator.authenticate({
    method: request.method,
    url: request.url,
    headers: credentialsOf(request),
    origin: request.origin,
  });
  request.principal = principal;
  if (access.kind === "local" && request.origin.listener !== "local") {
    throw new TellyportError("role-forbidden", "Only the box's own command line may do this.");
  }
  const atScreen = access.kind === "roles" && access.screen === true && principal.screen === true;
  if (access.kind === "roles" && !access.roles.includes(principal.role) && !atScreen) {
    throw new TellyportError(
      "role-forbidden",
      `This needs the role ${access.roles.join(" or ")}. The owner can change a client's role.`,
    );
  }
  markProven(request.raw.socket);
}

/** Whether an open route asks who it is, and the request says so. */
function showsItself({ routeOptions, origin, headers }: FastifyRequest): boolean {
  const shows = origin.listener === "local" || headers.authorization !== undefined;
  return routeOptions.config.knowsClients === true && shows;
}

/** What there is to tell of a failed request; null: it was not refused, or it was one of many for media. */
function refusedOf(error: unknown, request: FastifyRequest): Refusal | null {
  if (!isTellyportError(error)) return null;
  const { code, kind } = error;
  const { config, url } = request.routeOptions;
  if ((kind !== "unauthenticated" && kind !== "forbidden") || config.access?.kind === "media") return null;
  const client = request.principal?.client ?? null;
  return { code, route: url ?? "", address: request.origin.address, client };
}

/**
 * The headers, without a token when there are several: Node keeps the first of them and says nothing of the others, and
 * somebody between may have judged another one.
 * @see RFC 9110 §5.3
 */
function credentialsOf({ headers, raw }: FastifyRequest): IncomingHttpHeaders {
  return headerLines(raw.rawHeaders, "authorization") > 1 ? { ...headers, authorization: "" } : headers;
}
