import { createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair, type CryptoKey, type JWK } from "jose";
import type { Offer, Tokens } from "../../src/protocol/api.ts";
import {
  CODE_KDF,
  normaliseCode,
  pairingProofBytes,
  parseHandOffFragment,
  parsePairingFragment,
} from "../../src/protocol/pairing.ts";
import type { Daemon } from "./daemon.ts";

/** Whatever JSON.parse gives: tests look into it and compare. */
type Json = ReturnType<typeof JSON.parse>;

export interface WireAnswer {
  readonly status: number;
  /** Parsed when it is JSON, else text. */
  readonly body: Json;
  readonly headers: IncomingHttpHeaders;
}

export interface WireRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown;
  /** Local address to come from, such as 127.0.0.9: every one of 127/8 is another sender. */
  readonly from?: string;
  readonly timeoutMs?: number;
}

/** One request on a connection of its own, exactly as given; certificates are not judged. */
export function onTheWire(origin: string, path: string, wish: WireRequest = {}): Promise<WireAnswer> {
  const { hostname, port, protocol } = new URL(origin);
  const { body } = wish;
  const payload = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const send = protocol === "https:" ? httpsRequest : httpRequest;
    const request = send(
      {
        hostname: hostname.replace(/^\[|\]$/g, ""),
        port,
        path,
        method: wish.method ?? "GET",
        agent: false,
        rejectUnauthorized: false,
        ...(wish.from !== undefined && { localAddress: wish.from }),
        headers: {
          ...(payload !== undefined && {
            "content-type": "application/json",
            "content-length": String(Buffer.byteLength(payload)),
          }),
          ...(wish.headers as Record<string, string | string[]> | undefined),
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.once("error", reject);
        response.on("end", () => {
          const json = String(response.headers["content-type"] ?? "").includes("json");
          resolve({
            status: response.statusCode ?? 0,
            body: json && text !== "" ? JSON.parse(text) : text,
            headers: response.headers,
          });
        });
      },
    );
    request.setTimeout(wish.timeoutMs ?? 20_000, () => request.destroy(new Error(`${path}: no answer`)));
    request.once("error", reject);
    request.end(payload);
  });
}

export interface ProofChange {
  readonly payload?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly key?: CryptoKey;
  /** null: bound to no access token. Default: the phone's own. */
  readonly token?: string | null;
}

/** What a phone needs of a box to pair with it. */
export type PairingBox = Pick<Daemon, "https" | "local" | "openOffer">;

/** A phone over the real network with a key in its hand: it can do all that a good one does, and all that a bad one would. */
export class KeyPhone {
  readonly box: PairingBox;
  /** Scheme, host and port it calls. */
  readonly origin: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  readonly thumbprint: string;
  nonce: string | undefined;
  tokens: Tokens | null = null;
  /** `name=value` of the last Set-Cookie. */
  cookie: string | null = null;
  /** Local address it calls from. */
  from: string | undefined;

  private constructor(box: PairingBox, origin: string, privateKey: CryptoKey, jwk: JWK, thumbprint: string) {
    this.box = box;
    this.origin = origin;
    this.privateKey = privateKey;
    this.jwk = jwk;
    this.thumbprint = thumbprint;
  }

  /** @param origin default: the box's https door on loopback */
  static async make(box: PairingBox, origin = `https://127.0.0.1:${box.https}`): Promise<KeyPhone> {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const { kty, crv, x, y } = await exportJWK(publicKey);
    const jwk = { kty, crv, x, y } as JWK;
    return new KeyPhone(box, origin, privateKey, jwk, await calculateJwkThumbprint(jwk));
  }

  /** Opens an offer at the box and pairs with it. @throws when the box refuses */
  static async paired(box: PairingBox, role?: string, origin?: string): Promise<KeyPhone> {
    const phone = await KeyPhone.make(box, origin);
    const answer = await phone.pair(await box.openOffer(role));
    if (answer.status !== 200) throw new Error(`pairing failed: ${JSON.stringify(answer.body)}`);
    return phone;
  }

  send(path: string, wish: WireRequest = {}): Promise<WireAnswer> {
    return onTheWire(this.origin, path, { ...(this.from !== undefined && { from: this.from }), ...wish });
  }

  /** The body of a claim, right unless told otherwise. @param by the offer's code (default), or its QR secret */
  async claimBody(
    offer: Pick<Offer, "code" | "url">,
    by: "code" | "qr" = "code",
    change: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    const fragment = parsePairingFragment(new URL(offer.url).hash);
    const key =
      by === "qr"
        ? Buffer.from(fragment?.secret ?? "", "base64url")
        : Buffer.from(hkdfSync("sha256", normaliseCode(offer.code) ?? "", CODE_KDF.salt, CODE_KDF.info, 32));
    return this.#body(by === "qr" ? fragment?.offer : undefined, key, change);
  }

  /** The body of a claim with a hand-off's fragment, right unless told otherwise. */
  handOffBody(fragment: string, change: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const pass = parseHandOffFragment(fragment);
    return this.#body(pass?.offer, Buffer.from(pass?.secret ?? "", "base64url"), change);
  }

  async #body(
    offer: string | undefined,
    key: Buffer,
    change: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    // Over the box's own socket: the box may be in a network that this process is not in.
    const box = (await this.box.local<{ id: string }>("GET", "/api/v1/box")).body.id;
    const nonce = randomBytes(16).toString("base64url");
    const thumbprint = change["key"] === null ? "" : this.thumbprint;
    const data = pairingProofBytes({ box, offer: offer ?? "", thumbprint, nonce });
    return {
      ...(offer !== undefined && { offer }),
      proof: createHmac("sha256", key).update(data).digest("base64url"),
      nonce,
      key: this.jwk,
      name: "Ada's phone",
      terminalType: "mobile",
      refresh: "body",
      ...change,
    };
  }

  claim(body: Record<string, unknown>): Promise<WireAnswer> {
    return this.send("/api/v1/pairing/claim", { method: "POST", body });
  }

  async poll(claim: string): Promise<WireAnswer> {
    const answer = await this.send("/api/v1/pairing/poll", { method: "POST", body: { claim } });
    this.#take(answer);
    if (answer.status === 200 && answer.body.state === "paired") this.tokens = answer.body.tokens as Tokens;
    return answer;
  }

  /** Claim and poll; keeps the tokens. @returns the last answer */
  async pair(offer: Pick<Offer, "code" | "url">, by: "code" | "qr" = "code"): Promise<WireAnswer> {
    const claimed = await this.claim(await this.claimBody(offer, by));
    return claimed.status === 200 ? this.poll(claimed.body.claim as string) : claimed;
  }

  /** Makes a pass for another phone. @returns the fragment of its address. @throws when the box refuses */
  async handOff(): Promise<string> {
    const made = await this.call("POST", "/api/v1/hand-offs");
    if (made.status !== 201) throw new Error(`no hand-off: ${JSON.stringify(made.body)}`);
    return made.body.fragment as string;
  }

  /** Takes a pass up: claim and poll; keeps the tokens. @returns the last answer */
  async takeUp(fragment: string): Promise<WireAnswer> {
    const claimed = await this.claim(await this.handOffBody(fragment));
    return claimed.status === 200 ? this.poll(claimed.body.claim as string) : claimed;
  }

  /** Pairs without a key. @returns the cookie that stands for this client. @throws when the box refuses */
  async pairWithoutKey(offer: Pick<Offer, "code" | "url">): Promise<string> {
    const claimed = await this.claim(await this.claimBody(offer, "code", { key: null }));
    const polled = await this.poll(String(claimed.body.claim));
    if (polled.status !== 200 || this.cookie === null)
      throw new Error(`pairing failed: ${JSON.stringify([claimed.body, polled.body])}`);
    return this.cookie;
  }

  proof(method: string, path: string, change: ProofChange = {}): Promise<string> {
    const token = change.token === undefined ? this.tokens?.accessToken : change.token;
    return new SignJWT({
      jti: randomBytes(12).toString("base64url"),
      htm: method,
      htu: `${this.origin}${path.replace(/\?.*/, "")}`,
      iat: Math.floor(Date.now() / 1000),
      ...(this.nonce !== undefined && { nonce: this.nonce }),
      ...(typeof token === "string" && { ath: createHash("sha256").update(token).digest("base64url") }),
      ...change.payload,
    })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: this.jwk, ...change.header })
      .sign(change.key ?? this.privateKey);
  }

  /** A call with token and proof; takes a nonce that is asked for, once. */
  async call(method: string, path: string, body?: unknown, token?: string): Promise<WireAnswer> {
    const access = token ?? this.tokens?.accessToken ?? "";
    for (let attempt = 0; ; attempt++) {
      const dpop = await this.proof(method, path, { token: access });
      const answer = await this.send(path, {
        method,
        headers: { authorization: `DPoP ${access}`, dpop },
        ...(body !== undefined && { body }),
      });
      this.#take(answer);
      if (attempt > 0 || answer.body?.code !== "dpop-nonce-required") return answer;
    }
  }

  /** Renews its tokens with the refresh token it holds, or the one given. */
  async refresh(refreshToken = this.tokens?.refreshToken): Promise<WireAnswer> {
    for (let attempt = 0; ; attempt++) {
      const dpop = await this.proof("POST", "/api/v1/token", { token: null });
      const answer = await this.send("/api/v1/token", {
        method: "POST",
        body: refreshToken === undefined ? {} : { refreshToken },
        headers: { dpop, ...(this.cookie !== null && { cookie: this.cookie }) },
      });
      this.#take(answer);
      if (attempt === 0 && answer.body?.code === "dpop-nonce-required") continue;
      if (answer.status === 200) this.tokens = answer.body as Tokens;
      return answer;
    }
  }

  #take(answer: WireAnswer): void {
    const nonce = answer.headers["dpop-nonce"];
    if (typeof nonce === "string") this.nonce = nonce;
    const cookie = answer.headers["set-cookie"]?.[0];
    if (cookie !== undefined) this.cookie = cookie.split(";")[0] ?? null;
  }
}
