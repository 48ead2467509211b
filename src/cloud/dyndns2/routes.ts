import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { systemClock, type Clock } from "../../kernel/clock.ts";
import { isTellyportError, messageOf } from "../../kernel/errors.ts";
import { SparingLog, type LineLog } from "../../kernel/log-sparingly.ts";
import { networkOf } from "../../kernel/network-address.ts";
import { TokenBuckets } from "../../kernel/token-buckets.ts";
import { OPEN } from "../../protocol/access.ts";
import type { DynamicHosts } from "../ports.ts";
import type { PublicAddresses } from "../public-address.ts";
import { OUR_FAULT, notNow, type Answer } from "./answers.ts";
import { readUpdate } from "./asked.ts";
import { readBasic } from "./credentials.ts";
import { DYNDNS_LIMITS, Updates, type DyndnsLimits } from "./update.ts";

export interface DyndnsDeps {
  readonly hosts: DynamicHosts;
  /** Which may be published. */
  readonly addresses: PublicAddresses;
  readonly log: LineLog;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly limits?: Partial<DyndnsLimits>;
}

/** Where routers and DDNS clients look for it. */
const UPDATE_PATHS = ["/nic/update", "/v3/update", "/update"];
const LOOK_PATHS = ["/checkip", "/myip"];
/** Of a form, bytes. */
const FORM_BYTES = 4096;
/** Lines of an event in the log in a minute: anybody can cause them. */
const LINES = 10;

/**
 * The endpoint for clients of dyndns2: ddclient, inadyn, routers. Whatever stops a request before it is looked at (rates, an unknown
 * `Host`, a body that cannot be read) is answered `911` here: many of these clients end for good at any other word.
 */
export function dyndnsRoutes(deps: DyndnsDeps): FastifyPluginAsync {
  const { addresses, clock = systemClock } = deps;
  const limits = { ...DYNDNS_LIMITS, ...deps.limits };
  const log = new SparingLog(deps.log, clock, LINES);
  const updates = new Updates({ hosts: deps.hosts, clock, log, limits });
  const looks = new TokenBuckets(limits.looks);

  async function update(request: FastifyRequest): Promise<Answer> {
    const query = request.url.replace(/^[^?]*\??/s, "");
    const form = typeof request.body === "string" ? request.body : "";
    const from = request.origin.address;
    const observed = from === null ? null : addresses.judge(from);
    const asked = readUpdate(query, form, addresses);
    return updates.update(asked, readBasic(request.headers.authorization), from, observed);
  }

  function look({ origin: { address } }: FastifyRequest): Answer {
    if (address === null) return OUR_FAULT;
    const wait = looks.take(networkOf(address), clock.monotonic());
    return wait > 0 ? notNow(Math.ceil(wait / 1000)) : { status: 200, body: `${address}\n` };
  }

  return async (app) => {
    // The application takes JSON alone; here a form is as good as a query, and what else there is is not looked at.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser<string>(
      "*",
      { parseAs: "string", bodyLimit: FORM_BYTES },
      (request, body, done) => {
        const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers["content-type"] ?? "");
        done(null, isForm ? body : "");
      },
    );
    app.setErrorHandler((error, request, reply) => {
      const fields = {
        host: request.headers.host?.slice(0, 100),
        ...(isTellyportError(error) ? { errorCode: error.code } : { error: messageOf(error) }),
      };
      log.warn(fields, "dyndns-request-refused");
      const retryAfterMs = isTellyportError(error) ? error.retryAfterMs : undefined;
      return send(reply, retryAfterMs === undefined ? notNow() : notNow(Math.ceil(retryAfterMs / 1000)));
    });
    const shared = { config: { access: OPEN }, schema: { hide: true } };
    for (const url of UPDATE_PATHS) {
      app.route({
        ...shared,
        method: ["GET", "POST"],
        url,
        exposeHeadRoute: false,
        handler: async (request, reply) => send(reply, await update(request)),
      });
    }
    for (const url of LOOK_PATHS) app.get(url, shared, (request, reply) => send(reply, look(request)));
  };
}

function send(reply: FastifyReply, { status, body, retryAfter }: Answer): FastifyReply {
  // RFC 9110 §15.5.2; some clients show their credentials only when they are asked for.
  if (status === 401) void reply.header("www-authenticate", 'Basic realm="dyndns", charset="UTF-8"');
  if (retryAfter !== undefined) void reply.header("retry-after", retryAfter);
  return reply
    .code(status)
    .header("content-type", "text/plain; charset=utf-8")
    .header("cache-control", "no-store")
    .send(body);
}
