import { createHmac, hkdfSync, randomBytes, createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import fastify, { type FastifyInstance, type InjectOptions } from "fastify";
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair, type CryptoKey, type JWK } from "jose";
import {
  createAccessControl,
  type AccessControl,
  type AccessLimits,
} from "../../src/access-control/index.ts";
import type { AuditEntry } from "../../src/protocol/access-api.ts";
import { TellyportError, httpStatusOf } from "../../src/kernel/errors.ts";
import { lazyCompilers } from "../../src/http-server/lazy-compilers.ts";
import { createLog } from "../../src/kernel/log.ts";
import { openDatabase, type Database } from "../../src/kernel/store/database.ts";
import type { HandOff } from "../../src/protocol/access-api.ts";
import type { RequestOrigin } from "../../src/protocol/access.ts";
import type { Offer, Tokens } from "../../src/protocol/api.ts";
import {
  CODE_KDF,
  normaliseCode,
  pairingProofBytes,
  parseHandOffFragment,
  parsePairingFragment,
} from "../../src/protocol/pairing.ts";
import type { Principal, Role } from "../../src/protocol/principal.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

/** Doors a request may come through. */
export const HTTPS: RequestOrigin = {
  listener: "https",
  address: "198.51.100.7",
  onLink: false,
  confidential: true,
};
export const HTTPS_LAN: RequestOrigin = {
  listener: "https",
  address: "192.168.1.20",
  onLink: true,
  confidential: true,
};
export const LAN: RequestOrigin = {
  listener: "http",
  address: "192.168.1.20",
  onLink: true,
  confidential: false,
};
export const WAN_HTTP: RequestOrigin = {
  listener: "http",
  address: "198.51.100.7",
  onLink: false,
  confidential: false,
};
export const LOOPBACK: RequestOrigin = {
  listener: "http",
  address: "127.0.0.1",
  onLink: true,
  confidential: true,
};
export const LOCAL: RequestOrigin = { listener: "local", address: null, onLink: false, confidential: true };
export const TUNNEL: RequestOrigin = { listener: "tunnel", address: null, onLink: false, confidential: true };

export const HOST = "box.test";

/** Whatever JSON.parse gives: tests look into it and compare. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Answer {
  status: number;
  body: Json;
  headers: Record<string, string | string[] | number | undefined>;
}

export interface House {
  clock: FakeClock;
  database: Database;
  access: AccessControl;
  app: FastifyInstance;
  stateDir: string;
  /** Everything that was logged. */
  logged(): string;
  /** Everything that was noted for the owner. */
  readonly notes: AuditEntry[];
  /** Sends a request through a door. */
  send(
    origin: RequestOrigin,
    method: string,
    url: string,
    options?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>;
  /** Closes the process's side and opens it again on the same state: a restart. */
  restart(): Promise<void>;
}

/** A box's access control behind a small application, on a fake clock. */
export async function openHouse(
  t: { teardown(callback: () => unknown): void },
  options: Partial<AccessLimits> = {},
): Promise<House> {
  const stateDir = mkdtempSync(join(tmpdir(), "tp-access-"));
  const clock = new FakeClock();
  let text = "";
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const house = {
    clock,
    stateDir,
    logged: () => text,
    get notes() {
      return house.access.audit.list({ limit: 200 }).reverse();
    },
  } as House;
  const open = async (): Promise<void> => {
    house.database = openDatabase(join(stateDir, "state.db"));
    house.access = await createAccessControl({
      database: house.database,
      stateDir,
      clock,
      log: createLog({ level: "trace", destination }),
      publicOrigin: () => `https://${HOST}`,
      options,
    });
    house.app = await smallApp(house.access);
  };
  const close = async (): Promise<void> => {
    await house.app.close();
    house.access.audit.stop();
    house.database.close();
  };
  house.restart = async () => {
    await close();
    await open();
  };
  house.send = async (origin, method, url, { body, headers = {} } = {}) => {
    const answer = await house.app.inject({
      method: method,
      url,
      headers: { host: HOST, ...headers, "x-test-origin": JSON.stringify(origin) },
      ...(body !== undefined && { payload: body as object }),
    } as InjectOptions);
    const json = String(answer.headers["content-type"] ?? "").includes("json");
    return { status: answer.statusCode, body: json ? answer.json() : answer.body, headers: answer.headers };
  };
  await open();
  t.teardown(async () => {
    await close();
    rmSync(stateDir, { recursive: true, force: true });
  });
  return house;
}

/** What the HTTP server does, in small: door, access, problem. */
async function smallApp(access: AccessControl): Promise<FastifyInstance> {
  const app = fastify({
    schemaController: { compilersFactory: lazyCompilers() },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: "array" } },
  });
  app.decorateRequest("origin");
  app.decorateRequest("principal", null);
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof TellyportError)) {
      const status = (error as { statusCode?: number }).statusCode ?? 500;
      return reply.code(status).send({ code: status === 500 ? String(error) : "malformed" });
    }
    const { headers, ...detail } = (error.detail ?? {}) as { headers?: Record<string, string> };
    return reply
      .code(httpStatusOf(error.code))
      .headers(headers ?? {})
      .send({ code: error.code, title: error.message, detail });
  });
  app.addHook("onRequest", async (request) => {
    request.origin = JSON.parse(String(request.headers["x-test-origin"])) as RequestOrigin;
    delete request.headers["x-test-origin"];
    const rule = request.routeOptions.config.access;
    if (rule?.kind !== "roles" && rule?.kind !== "local") return;
    const { method, url, headers, origin } = request;
    const principal = await access.authenticator.authenticate({ method, url, headers, origin });
    const atScreen = rule.kind === "roles" && rule.screen === true && principal.screen === true;
    if (rule.kind === "roles" && !rule.roles.includes(principal.role) && !atScreen) {
      throw new TellyportError("role-forbidden", "no");
    }
    request.principal = principal;
  });
  await app.register(access.routes);
  const members = {
    config: { access: { kind: "roles", roles: ["owner", "viewer", "kid", "guest"] } },
  } as const;
  app.get("/api/v1/channels", members, (request) => ({ principal: request.principal as Principal }));
  app.post("/api/v1/playback", members, (request) => ({ principal: request.principal as Principal }));
  await app.ready();
  return app;
}

/** A phone with a key of its own: what a client must do, and no more. */
export class Phone {
  readonly house: House;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  readonly thumbprint: string;
  nonce: string | undefined;
  tokens: Tokens | null = null;
  /** Of the last Set-Cookie. */
  cookie: string | null = null;

  private constructor(house: House, privateKey: CryptoKey, jwk: JWK, thumbprint: string) {
    this.house = house;
    this.privateKey = privateKey;
    this.jwk = jwk;
    this.thumbprint = thumbprint;
  }

  static async make(house: House): Promise<Phone> {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const { kty, crv, x, y } = await exportJWK(publicKey);
    const jwk = { kty, crv, x, y } as JWK;
    return new Phone(house, privateKey, jwk, await calculateJwkThumbprint(jwk));
  }

  claim(offer: Offer, options: ClaimOptions & { origin?: RequestOrigin } = {}): Promise<Answer> {
    const body = claimOf(this.house, offer, { key: this.jwk, thumbprint: this.thumbprint, ...options });
    return this.house.send(options.origin ?? HTTPS, "POST", "/api/v1/pairing/claim", { body });
  }

  /** Pairs by the offer's code, and keeps its tokens. */
  async pair(offer: Offer, options: ClaimOptions & { origin?: RequestOrigin } = {}): Promise<Answer> {
    const claimed = await this.claim(offer, options);
    if (claimed.status !== 200) return claimed;
    return this.poll(claimed.body.claim as string, options.origin ?? HTTPS);
  }

  /** Claims with a hand-off's pass. */
  takeUp(
    pass: HandOff,
    options: Parameters<typeof handOffClaim>[2] & { origin?: RequestOrigin } = {},
  ): Promise<Answer> {
    const body = handOffClaim(this.house, pass, { key: this.jwk, thumbprint: this.thumbprint, ...options });
    return this.house.send(options.origin ?? HTTPS, "POST", "/api/v1/pairing/claim", { body });
  }

  async poll(claim: string, origin: RequestOrigin = HTTPS): Promise<Answer> {
    const polled = await this.house.send(origin, "POST", "/api/v1/pairing/poll", { body: { claim } });
    this.#take(polled);
    if (polled.status === 200) this.tokens = polled.body.tokens as Tokens;
    return polled;
  }

  async proof(
    method: string,
    url: string,
    change: {
      payload?: Record<string, unknown>;
      header?: Record<string, unknown>;
      key?: CryptoKey;
      token?: string | null;
      scheme?: string;
    } = {},
  ): Promise<string> {
    const token = change.token === undefined ? this.tokens?.accessToken : change.token;
    return new SignJWT({
      jti: randomBytes(12).toString("base64url"),
      htm: method,
      htu: `${change.scheme ?? "https"}://${HOST}${url.replace(/\?.*/, "")}`,
      iat: 12345, // a phone's clock may be wrong
      ...(this.nonce !== undefined && { nonce: this.nonce }),
      ...(typeof token === "string" && { ath: createHash("sha256").update(token).digest("base64url") }),
      ...change.payload,
    })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: this.jwk, ...change.header })
      .sign(change.key ?? this.privateKey);
  }

  /** A call with token and proof; takes a nonce that is asked for, once. */
  async call(
    method: string,
    url: string,
    options: { body?: unknown; origin?: RequestOrigin; token?: string; scheme?: string } = {},
  ): Promise<Answer> {
    const token = options.token ?? this.tokens?.accessToken ?? "";
    for (let attempt = 0; ; attempt++) {
      const scheme = options.scheme === undefined ? {} : { scheme: options.scheme };
      const dpop = await this.proof(method, url, { token, ...scheme });
      const answer = await this.house.send(options.origin ?? HTTPS, method, url, {
        headers: { authorization: `DPoP ${token}`, dpop },
        ...(options.body !== undefined && { body: options.body }),
      });
      this.#take(answer);
      if (attempt > 0 || answer.body?.code !== "dpop-nonce-required") return answer;
    }
  }

  /** Renews its tokens with the refresh token it holds, or the one given. */
  async refresh(refreshToken = this.tokens?.refreshToken, origin: RequestOrigin = HTTPS): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      const dpop = await this.proof("POST", "/api/v1/token", { token: null });
      const answer = await this.house.send(origin, "POST", "/api/v1/token", {
        body: refreshToken === undefined ? {} : { refreshToken },
        headers: { dpop, ...(this.cookie !== null && { cookie: this.cookie }) },
      });
      this.#take(answer);
      if (attempt === 0 && answer.body?.code === "dpop-nonce-required") continue;
      if (answer.status === 200) this.tokens = answer.body as Tokens;
      return answer;
    }
  }

  #take(answer: Answer): void {
    const nonce = answer.headers["dpop-nonce"];
    if (typeof nonce === "string") this.nonce = nonce;
    const cookie = [answer.headers["set-cookie"]].flat()[0];
    if (typeof cookie === "string") this.cookie = cookie.split(";")[0] ?? null;
  }
}

export interface ClaimOptions {
  key?: JWK | null;
  thumbprint?: string;
  code?: string;
  /** By QR code rather than by typed code. */
  qr?: boolean;
  refresh?: "cookie" | "body";
  name?: string;
  offer?: string;
}

/** The body of a claim, right unless told otherwise. */
export function claimOf(house: House, offer: Offer, options: ClaimOptions): Record<string, unknown> {
  const nonce = randomBytes(16).toString("base64url");
  const code = normaliseCode(options.code ?? offer.code) ?? "";
  const fragment = parsePairingFragment(new URL(offer.url).hash);
  const key = options.qr
    ? Buffer.from(fragment?.secret ?? "", "base64url")
    : Buffer.from(hkdfSync("sha256", code, CODE_KDF.salt, CODE_KDF.info, 32));
  const offerId = options.offer ?? (options.qr ? fragment?.offer : undefined);
  const data = pairingProofBytes({
    box: house.access.identity.boxId,
    offer: offerId ?? "",
    thumbprint: options.key === null ? "" : (options.thumbprint ?? ""),
    nonce,
  });
  return {
    ...(offerId !== undefined && { offer: offerId }),
    proof: createHmac("sha256", key).update(data).digest("base64url"),
    nonce,
    key: options.key ?? null,
    name: options.name ?? "Ada's phone",
    terminalType: "mobile",
    refresh: options.refresh ?? "body",
  };
}

/** The body of a claim with a hand-off's pass, right unless told otherwise. */
export function handOffClaim(
  house: House,
  pass: HandOff,
  options: ClaimOptions & { secret?: string } = {},
): Record<string, unknown> {
  const read = parseHandOffFragment(pass.fragment);
  const nonce = randomBytes(16).toString("base64url");
  const offer = options.offer ?? read?.offer ?? "";
  const data = pairingProofBytes({
    box: house.access.identity.boxId,
    offer,
    thumbprint: options.thumbprint ?? "",
    nonce,
  });
  const key = Buffer.from(options.secret ?? read?.secret ?? "", "base64url");
  return {
    offer,
    proof: createHmac("sha256", key).update(data).digest("base64url"),
    nonce,
    key: options.key ?? null,
    name: options.name ?? "Ada's app",
    terminalType: "mobile",
    refresh: options.refresh ?? "body",
  };
}

/** A code that is not the offer's. */
export function wrongCode(offer: Offer): string {
  return offer.code === "BBBB-BBBB" ? "CCCC-CCCC" : "BBBB-BBBB";
}

/** A phone that was paired in a role. */
export async function pairedPhone(house: House, role?: Role): Promise<Phone> {
  const phone = await Phone.make(house);
  const answer = await phone.pair(house.access.openOffer(role));
  if (answer.status !== 200) throw new Error(`pairing failed: ${JSON.stringify(answer.body)}`);
  return phone;
}

/** Pairs a LAN viewer, or over https a browser without a key. @returns its cookie header */
export async function lanViewer(house: House, role?: Role, origin = LAN): Promise<string> {
  const claimed = await house.send(origin, "POST", "/api/v1/pairing/claim", {
    body: claimOf(house, house.access.openOffer(role), { key: null }),
  });
  const polled = await house.send(origin, "POST", "/api/v1/pairing/poll", {
    body: { claim: claimed.body.claim },
  });
  const cookie = [polled.headers["set-cookie"]].flat()[0];
  return String(cookie).split(";")[0] ?? "";
}
