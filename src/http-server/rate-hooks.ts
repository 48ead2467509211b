import type { FastifyRequest } from "fastify";
import { TellyportError } from "../kernel/errors.ts";
import { markProven } from "./connections.ts";
import type { RateGuard } from "./rate-guard.ts";

/** Where in the life of a request its sender's limits are asked; the command line's socket has none. */

/** A body that is longer holds no refresh token of ours, and is not read for one. */
const TOKEN_BODY = 4096;
/** Failures of this kind that are the way it goes, and no wrong credential. */
const NO_GUESS = new Set(["access-token-missing", "dpop-nonce-required"]);

/** Before the credential is judged. @throws TellyportError `rate-limited` */
export function limitRequest(rates: RateGuard, request: FastifyRequest): void {
  if (request.origin.listener === "local") return;
  const sender = (request.sender = rates.senderOf(request.raw, request.origin));
  const { config, url = "" } = request.routeOptions;
  const kind = request.is404 ? undefined : config.access?.kind;
  if (kind === "media" && sender.known !== null) return markProven(request.raw.socket);
  const { authorization, cookie } = request.headers;
  const asksWho = config.knowsClients === true && authorization !== undefined;
  const judged = kind === "media" || kind === "roles" || kind === "local" || asksWho;
  const credential = kind === "media" || authorization !== undefined || cookie !== undefined;
  if (judged && credential) rates.mayGuess(sender);
  if (judged && sender.known !== null) {
    const refusal = rates.countKnown(sender, config.weight);
    if (refusal !== null) throw refusal;
    return;
  }
  const place = kind === "open" && url.startsWith("/api/") ? url : "";
  const refusal = rates.countRequest(sender, place, config.weight);
  if (refusal === null) return;
  const { method, headers } = request;
  const small = Number(headers["content-length"] ?? Infinity) <= TOKEN_BODY;
  if (kind !== "open" || method !== "POST" || !small || sender.known !== null) throw refusal;
  request.tooMany = refusal;
}

/** When the body is there: a refresh token in it shows whose request it is. @throws TellyportError `rate-limited` */
export function limitByBody(rates: RateGuard, request: FastifyRequest): void {
  if (request.tooMany === null) return;
  request.sender = rates.senderOf(request.raw, request.origin, request.body);
  if (request.sender.known === null) throw request.tooMany;
  const refusal = rates.countRequest(request.sender, request.routeOptions.url ?? "");
  if (refusal !== null) throw refusal;
}

/** Counts credentials that were not good, when the request fails for that. */
export function countFailure(rates: RateGuard, request: FastifyRequest, error: unknown): void {
  if (request.sender === null || !(error instanceof TellyportError)) return;
  const wrong = error.kind === "unauthenticated" && !NO_GUESS.has(error.code);
  if (wrong || error.code === "grant-invalid") rates.countGuess(request.sender);
}
