import { createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { TLSSocket } from "node:tls";
import { EmbeddedJWK, calculateJwkThumbprint, jwtVerify, type JWK } from "jose";
import type { AccessEvents } from "../../src/protocol/access-api.ts";
import type {
  Box,
  Channel,
  PairingClaim,
  PlaybackReport,
  PlaybackRequest,
  ServerEvents,
  Tokens,
} from "../../src/protocol/api.ts";
import { CODE_KDF, RECOVERY_KDF, pairingProofBytes } from "../../src/protocol/pairing.ts";
import { createBoxIdentity } from "../web/box-identity.ts";
import { FakeAccess, type Paired, type Redeemable } from "./fake-access.ts";
import { FakeGuide } from "./fake-guide.ts";
import { FakeLogos } from "./fake-logos.ts";
import { FakeOwnerPages } from "./fake-owner-pages.ts";
import { FakeScreen } from "./fake-screen.ts";
import { Refusal } from "./refusal.ts";
import { livePlaylist, multivariantPlaylist, type Media } from "./fake-media.ts";

/** What the box lets only its own pages do; the app must live with it. */
const CSP =
  "default-src 'self'; media-src 'self' blob: data:; worker-src 'self' blob:; img-src 'self' data: blob:; object-src 'none'; form-action 'none'";

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  png: "image/png",
  mp4: "video/mp4",
  webmanifest: "application/manifest+json",
};

/**
 * A box in small for tests of the web app: the open routes, pairing with the proof really checked, tokens bound to the
 * client's key with nonces (by jose, not by the app's own code), channels, events, and live HLS of made media.
 */
export class FakeBox {
  identity = createBoxIdentity();
  /** What it says it is; a liar's is another than its key's. */
  id = this.identity.id;
  name = "Living room";
  code = "WDJBMJHT";
  offer = { id: "offer-1", secret: randomBytes(16) };
  https: { port: number; fingerprint: string } | null = null;
  /** Two digits: the owner is asked, and says yes at the second question. */
  match: string | null = null;
  /** Of whoever claims the offer that is open from the start. */
  role: Tokens["role"] = "owner";
  claimed = true;
  /** The installer's looks. */
  branding: Box["branding"] | null = null;
  /** Whether it counts as at home who asks. */
  home = true;
  channels: Channel[] = [];
  /** What `POST /playback` refuses, by channel. */
  readonly refusals = new Map<string, { status: number; code: string; detail?: unknown }>();
  readonly media = new Map<string, Media>();
  /** Every request, method and path, with the status it got. */
  readonly log: string[] = [];
  readonly problems: string[] = [];
  readonly claims: PairingClaim[] = [];
  readonly playbackRequests: PlaybackRequest[] = [];
  /** What the page said of how its playbacks go. */
  readonly reports: (PlaybackReport & { id: string })[] = [];
  readonly playing = new Map<string, { channel: string; since: number }>();
  /** What it receives with, as owners are told. */
  tuners: { tuners: object[]; sources: { name: string; problems: string[] }[] } = {
    tuners: [{}],
    sources: [],
  };
  scan = { state: "idle", percent: 0 };
  /** What `POST /playback` refuses of conversions. */
  conversionRefusal: { status: number; code: string } | null = null;
  /** Seconds that are broadcast already when somebody begins to watch. */
  headStart = 0;
  /** Segments that a playlist lists. */
  window: number | undefined;
  /** Access tokens are good for so many milliseconds. */
  accessLife = 60_000;
  /** A claim waits for the owner for so many milliseconds. */
  claimLife = 60_000;
  /** Milliseconds before each API answer. */
  delay = 0;
  revoked = false;
  /** False: its answers carry no date, so that a page whose clock jumps is not set right. */
  tellsTime = true;
  /** Why whoever was revoked is gone. */
  gone = "client-revoked";

  readonly guide = new FakeGuide();
  /** What the owner's pages about the box ask for. */
  readonly pages = new FakeOwnerPages(this);
  /** The web app that it serves. */
  folder: string;
  /** What it tells paired clients of where it is. */
  where: Pick<Box, "addresses" | "nearby"> = {};
  /** Of channels, as the owner chose them. */
  readonly logos = new FakeLogos();
  /** Stills, by channel. */
  readonly pictures = new Map<string, { type: string; body: Buffer }>();
  #port = 0;
  readonly screen = new FakeScreen();
  readonly access = new FakeAccess((event, data) => this.#send(event, data));
  readonly #pending = new Map<
    string,
    { paired: Paired; claim: PairingClaim; by: Redeemable | null; polls: number }
  >();
  readonly #clients = this.access.clients;
  readonly #access = new Map<string, { client: Paired; until: number }>();
  readonly #nonce = randomBytes(12).toString("base64url");
  readonly #seen = new Set<string>();
  readonly #streams = new Set<ServerResponse>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #tls: ReturnType<typeof createTlsServer> | null = null;
  #count = 0;

  constructor(webFolder: string) {
    this.folder = webFolder;
  }

  /** After `close` it is the same port again. @returns the port on loopback */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, "127.0.0.1", resolve));
    return (this.#port = (this.#server.address() as AddressInfo).port);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#tls?.closeAllConnections();
    this.#tls?.close();
  }

  /** Serves the same over https. */
  async listenTls(certificate: { key: string; cert: string; fingerprint: string }): Promise<void> {
    const server = createTlsServer(certificate, (request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#tls = server;
    this.https = { port: (server.address() as AddressInfo).port, fingerprint: certificate.fingerprint };
  }

  fragment(): string {
    return `#p=1.${this.offer.id}.${this.offer.secret.toString("base64url")}`;
  }

  send<K extends keyof ServerEvents>(event: K, data: ServerEvents[K]): void {
    this.#send(event, data);
  }

  #send(event: keyof ServerEvents | keyof AccessEvents, data: object): void {
    for (const stream of this.#streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  dropEventStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = this.tellsTime;
    const url = new URL(
      request.url ?? "/",
      `${request.socket instanceof TLSSocket ? "https" : "http"}://${request.headers.host}`,
    );
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
      const { status, code, detail, retryAfterMs } =
        error instanceof Refusal ? error : new Refusal(500, "internal");
      const title = `In English: ${code}`;
      response.writeHead(status, { "content-type": "application/problem+json" });
      response.end(JSON.stringify({ type: "about:blank", title, status, code, detail, retryAfterMs }));
    }
    this.log.push(`${request.method} ${url.pathname} ${response.statusCode}`);
  }

  async #api(request: IncomingMessage, url: URL, body: string, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${url.pathname.replace("/api/v1", "")}`;
    const json = (data: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(200, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(data));
    };
    if (route === "GET /box" && request.headers.authorization === undefined) return json(this.#box());
    if (route === "POST /pairing/claim") return json(await this.#claim(JSON.parse(body) as PairingClaim));
    if (route === "POST /pairing/ask") return json(this.screen.ask(JSON.parse(body)));
    const asked = route === "POST /pairing/poll" ? this.screen.poll(JSON.parse(body).claim) : null;
    if (asked !== null) return json(asked);
    if (route === "POST /pairing/poll") {
      const { state, cookie } = this.#poll((JSON.parse(body) as { claim: string }).claim);
      const secure = url.protocol === "https:" ? "; Secure" : "";
      return json(
        state,
        cookie === "" ? {} : { "set-cookie": `${cookie}; HttpOnly; SameSite=Strict; Path=/${secure}` },
      );
    }
    response.setHeader("dpop-nonce", this.#nonce);
    if (route === "POST /token")
      return json(await this.#refresh(request, url, JSON.parse(body || "{}"), response));
    const asking = await this.#authenticate(request, url);
    const answer = this.access.answer(route, url, body, asking);
    if (answer !== null) {
      response.writeHead(answer.status, { "content-type": "application/json" });
      return void response.end(answer.body && JSON.stringify(answer.body));
    }
    const guide = await this.guide.answer(
      route,
      url,
      this.channels.map(({ id }) => id),
    );
    if (guide !== null) return json(guide);
    if (await this.logos.answer(route, response)) return;
    const page = this.pages.answer(route, url, body);
    if (page !== null) {
      response.writeHead(page.status, { "content-type": "application/json" });
      return void response.end(page.body && JSON.stringify(page.body));
    }
    if (route === "GET /box") return json({ ...this.#box(), ...this.where });
    const still = /^GET \/channels\/([\w-]+)\/still$/.exec(route)?.[1];
    if (still !== undefined) return this.#still(still, response);
    if (route === "GET /watching") return json({ watching: this.screen.watching });
    if (route === "GET /channels") return json({ channels: this.channels });
    if (route === "GET /tuners") return json(this.tuners);
    if (route === "GET /scan") return json(this.scan);
    if (route === "GET /events") return this.#openEvents(response);
    if (route === "POST /playback") return json(this.#play(JSON.parse(body) as PlaybackRequest));
    const playback = /^(POST|DELETE) \/playback\/([\w-]+)/.exec(route)?.[2];
    if (playback !== undefined) {
      if (!this.playing.has(playback)) throw new Refusal(404, "playback-not-found");
      const report = route.endsWith("/report") ? (JSON.parse(body) as PlaybackReport) : null;
      if (report !== null) this.reports.push({ id: playback, ...report });
      if (request.method === "DELETE" || report?.end === true) this.playing.delete(playback);
      return json({});
    }
    throw new Refusal(404, "route-not-found");
  }

  #still(channel: string, response: ServerResponse): void {
    const picture = this.pictures.get(channel);
    if (picture === undefined) throw new Refusal(404, "still-not-found");
    response.writeHead(200, { "content-type": picture.type, "cache-control": "private, max-age=60" });
    response.end(picture.body);
  }

  #box(): object {
    return {
      id: this.id,
      name: this.name,
      version: "0.1.0",
      clock: "synchronised",
      pairing: "open",
      claimed: this.claimed,
      https: this.https,
      time: new Date().toISOString(),
      addresses: { home: null, away: this.screen.away },
      ...(this.branding !== null && { branding: this.branding }),
    };
  }

  async #claim(claim: PairingClaim): Promise<object> {
    this.claims.push(claim);
    const thumbprint = claim.key === null ? "" : await calculateJwkThumbprint(claim.key);
    const bytes = pairingProofBytes({
      box: this.id,
      offer: claim.offer ?? "",
      thumbprint,
      nonce: claim.nonce,
    });
    const proves = ({ key }: Pick<Redeemable, "key">): boolean => {
      const { salt, info } = claim.offer === "recovery" ? RECOVERY_KDF : CODE_KDF;
      const secret = typeof key === "string" ? Buffer.from(hkdfSync("sha256", key, salt, info, 32)) : key;
      return createHmac("sha256", secret).update(bytes).digest("base64url") === claim.proof;
    };
    const by = this.access.redeemable(claim).find(proves) ?? null;
    const own = { key: claim.offer === undefined ? this.code : this.offer.secret };
    if (by === null && !proves(own)) throw new Refusal(403, "pairing-refused");
    const role = by === null ? this.role : by.role;
    if (
      role === "owner" &&
      claim.key === null &&
      claim.refresh === "body" &&
      claim.watchOnly !== true &&
      by?.pass == null
    )
      throw new Refusal(403, "secure-origin-required", { codeGood: claim.offer !== undefined });
    const match = by === null ? this.match : this.access.redeemed(by, claim, this.home);
    const secret = randomBytes(16).toString("base64url");
    this.#pending.set(secret, { paired: this.#pair(claim, thumbprint, by), claim, by, polls: 0 });
    return { claim: secret, match, expiresAt: new Date(Date.now() + this.claimLife).toISOString() };
  }

  #pair(claim: PairingClaim, thumbprint: string, by: Redeemable | null): Paired {
    const role = by?.role ?? this.role;
    const id = `client-${++this.#count}`;
    const now = new Date().toISOString();
    return {
      id,
      name: claim.name,
      role: claim.key === null && role === "owner" ? "viewer" : role,
      terminalType: claim.terminalType,
      kind: claim.key !== null ? "key" : claim.refresh === "cookie" ? "browser" : "lan",
      pairedAt: now,
      lastSeenAt: now,
      lastAddress: "192.168.1.23",
      lastHome: this.home,
      endsAt: role === "guest" ? new Date(Date.now() + 86_400_000).toISOString() : null,
      handedOverFrom: by?.pass?.from.id ?? null,
      ...(this.screen.is && { screen: true }),
      user: by?.pass?.from.user ?? id,
      thumbprint,
      refresh: "",
      cookie: claim.key === null ? randomBytes(16).toString("base64url") : "",
    };
  }

  /** @returns what is answered, and a cookie with its name */
  #poll(secret: string): { state: object; cookie: string } {
    const pending = this.#pending.get(secret);
    if (pending === undefined) throw new Refusal(403, "pairing-refused");
    const { paired, claim, by } = pending;
    if (by?.offer?.state === "refused")
      throw new Refusal(403, "pairing-denied", { wrongNumber: by.offer.wrongNumber });
    if (by?.offer?.state === "waiting" || (by === null && this.match !== null && pending.polls++ < 2))
      return { state: { state: "pending" }, cookie: "" };
    if (!this.#clients.has(paired.id)) {
      this.#clients.set(paired.id, paired);
      const { id, name, role } = paired;
      this.access.note(
        by?.pass == null ? "client-paired" : "handed-over",
        { client: id, name, detail: { role } },
        true,
      );
    }
    const { refreshToken, ...tokens } = this.#tokens(paired, claim.nonce);
    if (paired.cookie !== "")
      return { state: { state: "paired", tokens }, cookie: `tp_lan=${paired.cookie}` };
    if (claim.refresh === "cookie")
      return { state: { state: "paired", tokens }, cookie: `tp_rt=${refreshToken ?? ""}` };
    return { state: { state: "paired", tokens: { ...tokens, refreshToken } }, cookie: "" };
  }

  #tokens(client: Paired, nonce: string): { refreshToken?: string } {
    const { id, role, thumbprint } = client;
    const attestation = this.identity.attest({ client: id, thumbprint, role, nonce });
    const common = { client: id, role, attestation };
    const expiresAt = new Date(Date.now() + this.accessLife).toISOString();
    if (client.cookie !== "") return { ...common, accessToken: null, expiresAt } as object;
    const accessToken = randomBytes(24).toString("base64url");
    this.#access.set(accessToken, { client, until: Date.now() + this.accessLife });
    client.refresh = randomBytes(24).toString("base64url");
    return { ...common, accessToken, expiresAt, refreshToken: client.refresh } as { refreshToken: string };
  }

  async #refresh(
    request: IncomingMessage,
    url: URL,
    body: { refreshToken?: string },
    response: ServerResponse,
  ): Promise<object> {
    if (this.revoked) throw new Refusal(401, this.gone);
    const inCookie = /tp_rt=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
    const token = body.refreshToken ?? inCookie;
    const client = [...this.#clients.values()].find(({ refresh }) => refresh !== "" && refresh === token);
    if (client === undefined) throw new Refusal(401, "refresh-invalid");
    const jti = await this.#checkProof(request, url, client.thumbprint);
    const { refreshToken, ...tokens } = this.#tokens(client, jti);
    if (body.refreshToken !== undefined) return { ...tokens, refreshToken };
    response.setHeader(
      "set-cookie",
      `tp_rt=${refreshToken ?? ""}; HttpOnly; SameSite=Strict; Path=/; Secure`,
    );
    return tokens;
  }

  async #authenticate(request: IncomingMessage, url: URL): Promise<Paired> {
    if (this.revoked) throw new Refusal(401, this.gone);
    const cookie = /tp_lan=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
    if (cookie !== undefined && request.headers.authorization === undefined) {
      if (request.headers["x-tellyport"] !== "1") throw new Refusal(401, "access-token-missing");
      const known = [...this.#clients.values()].find((client) => client.cookie === cookie);
      if (known === undefined) throw new Refusal(401, "access-token-invalid");
      return known;
    }
    const token = /^DPoP (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) throw new Refusal(401, "access-token-missing");
    const access = this.#access.get(token);
    if (access === undefined || access.until < Date.now()) throw new Refusal(401, "access-token-invalid");
    await this.#checkProof(request, url, access.client.thumbprint, token);
    if (!this.#clients.has(access.client.id)) throw new Refusal(401, "client-revoked");
    return access.client;
  }

  /** RFC 9449 §4.3, by another hand than the app's. */
  async #checkProof(request: IncomingMessage, url: URL, thumbprint: string, token?: string): Promise<string> {
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
    return payload.jti as string;
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
    const file = normalize(path === "/" ? "/index.html" : path === "/tv" ? "/tv.html" : path);
    const full = join(this.folder, file);
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
