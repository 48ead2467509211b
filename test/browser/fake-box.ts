import { createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { EmbeddedJWK, calculateJwkThumbprint, jwtVerify, type JWK } from "jose";
import type { Channel, PairingClaim, PlaybackRequest, ServerEvents } from "../../src/protocol/api.ts";
import { CODE_KDF, pairingProofBytes } from "../../src/protocol/pairing.ts";
import { livePlaylist, multivariantPlaylist, type Media } from "./fake-media.ts";

/** What the box lets only its own pages do; the app must live with it. */
const CSP =
  "default-src 'self'; media-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; form-action 'none'";

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  png: "image/png",
  mp4: "video/mp4",
  webmanifest: "application/manifest+json",
};

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: unknown;
  constructor(status: number, code: string, detail?: unknown) {
    super(code);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

interface Paired {
  id: string;
  thumbprint: string;
  refresh: string;
  cookie: string;
}

/**
 * A box in small for tests of the web app: the open routes, pairing with the proof really checked, tokens bound to the
 * client's key with nonces (by jose, not by the app's own code), channels, events, and live HLS of made media.
 */
export class FakeBox {
  readonly id = "fakebox234567abc";
  name = "Living room";
  code = "WDJBMJHT";
  offer = { id: "offer-1", secret: randomBytes(16) };
  https: { port: number; fingerprint: string } | null = null;
  /** Two digits: the owner is asked, and says yes at the second question. */
  match: string | null = null;
  channels: Channel[] = [];
  /** What `POST /playback` refuses, by channel. */
  readonly refusals = new Map<string, { status: number; code: string; detail?: unknown }>();
  readonly media = new Map<string, Media>();
  /** Every request, method and path, with the status it got. */
  readonly log: string[] = [];
  readonly problems: string[] = [];
  readonly claims: PairingClaim[] = [];
  readonly playbackRequests: PlaybackRequest[] = [];
  readonly playing = new Map<string, { channel: string; since: number }>();
  /** What `POST /playback` refuses of conversions. */
  conversionRefusal: { status: number; code: string } | null = null;
  /** Seconds that are broadcast already when somebody begins to watch. */
  headStart = 0;
  /** Segments that a playlist lists. */
  window: number | undefined;
  /** Access tokens are good for so many milliseconds. */
  accessLife = 60_000;
  /** Milliseconds before each API answer. */
  delay = 0;
  revoked = false;

  readonly #folder: string;
  readonly #pending = new Map<string, { paired: Paired | null; polls: number }>();
  readonly #clients = new Map<string, Paired>();
  readonly #access = new Map<string, { client: Paired; until: number }>();
  readonly #nonce = randomBytes(12).toString("base64url");
  readonly #seen = new Set<string>();
  readonly #streams = new Set<ServerResponse>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #count = 0;

  constructor(webFolder: string) {
    this.#folder = webFolder;
  }

  /** @returns the port on loopback */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  fragment(): string {
    return `#p=1.${this.offer.id}.${this.offer.secret.toString("base64url")}`;
  }

  send<K extends keyof ServerEvents>(event: K, data: ServerEvents[K]): void {
    for (const stream of this.#streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  dropEventStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
    response.setHeader("content-security-policy", CSP);
    response.setHeader("x-content-type-options", "nosniff");
    try {
      const body = await readBody(request);
      if (url.pathname.startsWith("/api/")) {
        if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
        await this.#api(request, url, body, response);
      } else if (url.pathname.startsWith("/m/")) this.#serveMedia(url.pathname, response);
      else this.#serveFile(url.pathname, response);
    } catch (error) {
      if (!(error instanceof Refusal)) this.problems.push(String(error));
      const { status, code, detail } = error instanceof Refusal ? error : new Refusal(500, "internal");
      response.writeHead(status, { "content-type": "application/problem+json" });
      response.end(
        JSON.stringify({ type: "about:blank", title: `In English: ${code}`, status, code, detail }),
      );
    }
    this.log.push(`${request.method} ${url.pathname} ${response.statusCode}`);
  }

  async #api(request: IncomingMessage, url: URL, body: string, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${url.pathname.replace("/api/v1", "")}`;
    const json = (data: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(200, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(data));
    };
    if (route === "GET /box") return json(this.#box());
    if (route === "POST /pairing/claim") return json(await this.#claim(JSON.parse(body) as PairingClaim));
    if (route === "POST /pairing/poll") {
      const { state, cookie } = this.#poll((JSON.parse(body) as { claim: string }).claim);
      return json(
        state,
        cookie === "" ? {} : { "set-cookie": `tp_lan=${cookie}; HttpOnly; SameSite=Strict; Path=/` },
      );
    }
    response.setHeader("dpop-nonce", this.#nonce);
    if (route === "POST /token") return json(await this.#refresh(request, url, JSON.parse(body || "{}")));
    await this.#authenticate(request, url);
    if (route === "GET /channels") return json({ channels: this.channels });
    if (route === "GET /events") return this.#openEvents(response);
    if (route === "POST /playback") return json(this.#play(JSON.parse(body) as PlaybackRequest));
    const playback = /^(POST|DELETE) \/playback\/([\w-]+)/.exec(route)?.[2];
    if (playback !== undefined) {
      if (!this.playing.has(playback)) throw new Refusal(404, "playback-not-found");
      if (request.method === "DELETE") this.playing.delete(playback);
      return json({});
    }
    if (request.method === "DELETE" && url.pathname.startsWith("/api/v1/clients/")) {
      if (!this.#clients.delete(url.pathname.split("/").at(-1) ?? ""))
        throw new Refusal(404, "client-not-found");
      return json({});
    }
    throw new Refusal(404, "route-not-found");
  }

  #box(): object {
    return {
      id: this.id,
      name: this.name,
      version: "0.1.0",
      clock: "synchronised",
      pairing: "open",
      claimed: true,
      https: this.https,
      time: new Date().toISOString(),
    };
  }

  async #claim(claim: PairingClaim): Promise<object> {
    this.claims.push(claim);
    const { id } = this;
    const thumbprint = claim.key === null ? "" : await calculateJwkThumbprint(claim.key);
    const key =
      claim.offer === undefined
        ? Buffer.from(hkdfSync("sha256", this.code, CODE_KDF.salt, CODE_KDF.info, 32))
        : this.offer.secret;
    const bytes = pairingProofBytes({ box: id, offer: claim.offer ?? "", thumbprint, nonce: claim.nonce });
    const proof = createHmac("sha256", key).update(bytes).digest("base64url");
    if (proof !== claim.proof) throw new Refusal(403, "pairing-refused");
    const secret = randomBytes(16).toString("base64url");
    const cookie = claim.key === null ? randomBytes(16).toString("base64url") : "";
    const paired: Paired = { id: `client-${++this.#count}`, thumbprint, refresh: "", cookie };
    this.#pending.set(secret, { paired, polls: 0 });
    return { claim: secret, match: this.match, expiresAt: new Date(Date.now() + 60_000).toISOString() };
  }

  #poll(secret: string): { state: object; cookie: string } {
    const claim = this.#pending.get(secret);
    if (claim?.paired == null) throw new Refusal(403, "pairing-refused");
    if (this.match !== null && claim.polls++ < 2) return { state: { state: "pending" }, cookie: "" };
    this.#clients.set(claim.paired.id, claim.paired);
    return { state: { state: "paired", tokens: this.#tokens(claim.paired) }, cookie: claim.paired.cookie };
  }

  #tokens(client: Paired): object {
    const common = { client: client.id, role: "owner", attestation: "a.b.c" };
    const expiresAt = new Date(Date.now() + this.accessLife).toISOString();
    if (client.cookie !== "") return { ...common, role: "viewer", accessToken: null, expiresAt };
    const accessToken = randomBytes(24).toString("base64url");
    this.#access.set(accessToken, { client, until: Date.now() + this.accessLife });
    client.refresh = randomBytes(24).toString("base64url");
    return { ...common, accessToken, expiresAt, refreshToken: client.refresh };
  }

  async #refresh(request: IncomingMessage, url: URL, body: { refreshToken?: string }): Promise<object> {
    if (this.revoked) throw new Refusal(401, "client-revoked");
    const client = [...this.#clients.values()].find(({ refresh }) => refresh === body.refreshToken);
    if (client === undefined) throw new Refusal(401, "refresh-invalid");
    await this.#checkProof(request, url, client.thumbprint);
    return this.#tokens(client);
  }

  async #authenticate(request: IncomingMessage, url: URL): Promise<void> {
    if (this.revoked) throw new Refusal(401, "client-revoked");
    const cookie = /tp_lan=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
    if (cookie !== undefined && request.headers.authorization === undefined) {
      if (request.headers["x-tellyport"] !== "1") throw new Refusal(401, "access-token-missing");
      if (![...this.#clients.values()].some((client) => client.cookie === cookie))
        throw new Refusal(401, "access-token-invalid");
      return;
    }
    const token = /^DPoP (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) throw new Refusal(401, "access-token-missing");
    const access = this.#access.get(token);
    if (access === undefined || access.until < Date.now()) throw new Refusal(401, "access-token-invalid");
    await this.#checkProof(request, url, access.client.thumbprint, token);
  }

  /** RFC 9449 §4.3, by another hand than the app's. */
  async #checkProof(request: IncomingMessage, url: URL, thumbprint: string, token?: string): Promise<void> {
    const proof = request.headers.dpop;
    if (typeof proof !== "string") throw new Refusal(401, "dpop-invalid");
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: "dpop+jwt",
      algorithms: ["ES256"],
    });
    const expect = (name: string, is: unknown, wanted: unknown): void => {
      if (is === wanted) return;
      this.problems.push(
        `proof of ${request.method} ${url.pathname}: ${name} is ${String(is)}, not ${String(wanted)}`,
      );
      throw new Refusal(401, "dpop-invalid");
    };
    expect("key", await calculateJwkThumbprint(protectedHeader.jwk as JWK), thumbprint);
    expect("htm", payload.htm, request.method);
    expect("htu", payload.htu, url.origin + url.pathname);
    expect("jti seen before", this.#seen.has(payload.jti as string), false);
    this.#seen.add(payload.jti as string);
    if (token !== undefined)
      expect("ath", payload.ath, createHash("sha256").update(token).digest("base64url"));
    if (payload.nonce !== this.#nonce) throw new Refusal(401, "dpop-nonce-required");
  }

  #openEvents(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(`: welcome\n\nevent: snapshot\ndata: ${JSON.stringify({ channels: this.channels })}\n\n`);
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }

  #play(request: PlaybackRequest): object {
    this.playbackRequests.push(request);
    const channel = request.channel ?? "";
    const refusal = this.refusals.get(channel);
    if (refusal !== undefined) throw new Refusal(refusal.status, refusal.code, refusal.detail);
    if (this.conversionRefusal !== null && (request.quality ?? "original") !== "original")
      throw new Refusal(this.conversionRefusal.status, this.conversionRefusal.code);
    if (!this.media.has(channel)) throw new Refusal(404, "channel-not-found");
    const id = `playback-${++this.#count}`;
    this.playing.set(id, { channel, since: Date.now() });
    const expiresAt = new Date(Date.now() + 30_000).toISOString();
    return { id, hls: `/m/${id}/live.m3u8`, expiresAt, timings: { ready: 1 } };
  }

  #serveMedia(path: string, response: ServerResponse): void {
    const [, , id = "", file = "", overlay = ""] = path.split("/");
    const playback = this.playing.get(id);
    const media = playback && this.media.get(playback.channel);
    if (playback === undefined || media === undefined) throw new Refusal(410, "grant-ended");
    const send = (type: string, body: string | Buffer | undefined): void => {
      if (body === undefined) throw new Refusal(404, "segment-not-found");
      response.writeHead(200, { "content-type": type, "cache-control": "no-store" });
      response.end(body);
    };
    const playlist = "application/vnd.apple.mpegurl";
    if (file === "live.m3u8") return send(playlist, multivariantPlaylist(media));
    const [, name = "", number = "", what] = /^(video|text|audio(\d))(\.m3u8|-.*)$/.exec(file) ?? [];
    const rendition = name === "audio" + number ? media.audio[Number(number)] : media.video;
    const { init, segments } = rendition ?? media.video;
    if (file === "s1" && media.overlay !== undefined)
      return send("application/json", JSON.stringify(media.overlay(Number.parseInt(overlay))));
    const second = this.headStart + (Date.now() - playback.since) / 1000;
    if (what === ".m3u8") return send(playlist, livePlaylist(name, segments.length, second, this.window));
    const segment = Number.parseInt(what?.slice(1) ?? "");
    if (name === "text") return send("text/vtt", media.text?.(segment));
    send("video/mp4", what === "-init.mp4" ? init : segments[segment]);
  }

  #serveFile(path: string, response: ServerResponse): void {
    const file = normalize(path === "/" ? "/index.html" : path);
    const full = join(this.#folder, file);
    if (!existsSync(full)) throw new Refusal(404, "route-not-found");
    response.writeHead(200, {
      "content-type": TYPES[file.split(".").at(-1) ?? ""] ?? "application/octet-stream",
    });
    response.end(readFileSync(full));
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
