import type { Tokens } from "../../src/protocol/api.ts";
import { checkAttestation } from "./attestation.ts";
import { randomText } from "./base64url.ts";
import { dpopProof, thumbprint } from "./dpop.ts";
import type { LastWords } from "./last-words.ts";
import { Problem, UNREACHABLE, asProblem, problemOf } from "./problem.ts";
import type { Session, SessionStore } from "./session.ts";

/** What the connection needs of the browser; tests bring their own. */
export interface ConnectionDeps {
  /** Scheme, host and port of the page: the API is on the same. */
  readonly origin: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Sends what is said while the page goes. */
  readonly sayLast: (words: LastWords) => void;
  readonly store: SessionStore;
  /** Milliseconds since 1970 by this phone's clock, which may be wrong. */
  readonly now: () => number;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
}

export interface CallOptions {
  readonly body?: object;
  /** Send no credential: the route is open. */
  readonly open?: boolean;
  /** Milliseconds until the call counts as unanswered; default 15000. */
  readonly timeoutMs?: number;
  /** Gives the call up; the box then stops what it was doing for it. */
  readonly signal?: AbortSignal;
}

/** The box says that this phone's place is gone; nothing but pairing again helps. */
const SIGNED_OUT = new Set(["client-revoked", "refresh-invalid", "stay-over"]);
/** The cookie of a client without a key has run out, or was taken away. */
const COOKIE_GONE = new Set(["access-token-missing", "access-token-invalid"]);

/** Calls the box's API as this phone: proofs, nonces, refreshing, and words for what goes wrong. */
export class BoxConnection {
  readonly #deps: ConnectionDeps;
  #box = "";
  #session: Session | null = null;
  #access: { token: string; until: number } | null = null;
  #refreshing: Promise<void> | null = null;
  #nonce: string | undefined;
  #clockOffset = 0;
  /** Called once when the box no longer knows this phone. */
  onSignedOut: (problem: Problem) => void = () => {};
  /** Called when what answers cannot prove to be the box that this phone was paired with. */
  onDistrusted: (problem: Problem) => void = () => {};
  /** Called when the session is another, or its role. */
  onSession: (session: Session | null) => void = () => {};

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
  }

  get session(): Session | null {
    return this.#session;
  }

  /** Milliseconds since 1970 by the box's clock, as far as its answers tell. */
  boxNow(): number {
    return this.#deps.now() + this.#clockOffset;
  }

  /** From now on calls carry this session. Tokens are those that pairing just gave, if it did. */
  use(box: string, session: Session | null, tokens?: Tokens): void {
    this.#box = box;
    this.#session = session;
    this.#access = null;
    if (tokens !== undefined) this.#takeAccess(tokens);
    this.onSession(session);
  }

  /** @throws Problem with the box's code, or `box-unreachable` */
  async call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    return this.#inTime(options, async (signal) => {
      const response = await this.#send(method, path, options, signal);
      if (response.status === 204) return undefined as T;
      return (await response.json().catch(() => brokenOff(response))) as T;
    });
  }

  /** Fetches bytes, such as a picture. @throws Problem as `call` does */
  async blob(path: string, options: CallOptions = {}): Promise<Blob> {
    return this.#inTime(options, async (signal) => {
      const response = await this.#send("GET", path, options, signal);
      return response.blob().catch(() => brokenOff(response));
    });
  }

  async #inTime<T>(options: CallOptions, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const giveUp = (): void => abort.abort();
    const timer = setTimeout(giveUp, options.timeoutMs ?? 15_000);
    if (options.signal?.aborted === true) giveUp();
    options.signal?.addEventListener("abort", giveUp);
    try {
      return await ask(abort.signal);
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", giveUp);
    }
  }

  /** Opens an answer without end, for events. @throws Problem */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send("GET", path, {}, signal);
    if (response.body === null) throw new Problem(UNREACHABLE);
    return response.body;
  }

  /**
   * Signs a request now, to be sent in one synchronous step when the page goes away and nothing asynchronous runs
   * any more. Good for as long as the box accepts the proof: make a new one every half minute.
   */
  async prepare(method: string, path: string): Promise<(body: object) => void> {
    const headers = await this.#headers(method, path, { body: {} });
    return (body) => this.#deps.sayLast({ method, path, headers, body: JSON.stringify(body) });
  }

  async #send(method: string, path: string, options: CallOptions, signal: AbortSignal): Promise<Response> {
    let nonceTried = false;
    let refreshTried = false;
    for (;;) {
      const headers = await this.#headers(method, path, options);
      const token = this.#access?.token;
      const response = await this.#fetch(method, path, headers, options.body, signal);
      if (response.ok) return response;
      const problem = await problemOf(response);
      if (options.open === true || problem.status !== 401 || this.#session === null) throw problem;
      if (problem.code === "dpop-nonce-required" && !nonceTried) {
        nonceTried = true;
      } else if (problem.code === "access-token-invalid" && this.#session.kind === "key" && !refreshTried) {
        refreshTried = true;
        if (this.#access?.token === token) this.#access = null;
      } else {
        if (SIGNED_OUT.has(problem.code) || (this.#session.kind !== "key" && COOKIE_GONE.has(problem.code)))
          await this.#signOut(problem);
        throw problem;
      }
    }
  }

  async #headers(method: string, path: string, options: CallOptions): Promise<Record<string, string>> {
    const headers: Record<string, string> = { "x-tellyport": "1" };
    if (options.body !== undefined) headers["content-type"] = "application/json";
    if (options.open === true || this.#session?.kind !== "key") return headers;
    const accessToken = await this.#accessToken();
    headers.authorization = `DPoP ${accessToken}`;
    headers.dpop = await this.#proof(this.#session, method, path, { accessToken });
    return headers;
  }

  #proof(
    session: Session & { kind: "key" },
    method: string,
    path: string,
    more: { accessToken?: string; jti?: string },
  ): Promise<string> {
    const url = this.#deps.origin + path;
    const issuedAt = this.boxNow() / 1000;
    return dpopProof(session.signer, { method, url, issuedAt, ...more, nonce: this.#nonce });
  }

  async #fetch(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: object | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    try {
      const response = await this.#deps.fetch(this.#deps.origin + path, {
        method,
        headers,
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      this.#nonce = response.headers.get("dpop-nonce") ?? this.#nonce;
      this.#learnClock(response.headers.get("date"));
      return response;
    } catch (error) {
      throw new Problem(UNREACHABLE, error instanceof Error ? error.message : String(error));
    }
  }

  /** The `Date` of an answer is exact to a second; smaller differences than two are noise. */
  #learnClock(date: string | null): void {
    const boxTime = date === null ? NaN : Date.parse(date) + 500;
    if (Math.abs(boxTime - this.boxNow()) > 2000) this.#clockOffset = boxTime - this.#deps.now();
  }

  async #accessToken(): Promise<string> {
    if (this.#access === null || this.#deps.monotonic() >= this.#access.until) {
      this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
      await this.#refreshing;
    }
    if (this.#access === null) throw new Problem("access-token-invalid");
    return this.#access.token;
  }

  async #refresh(): Promise<void> {
    try {
      await this.#deps.store.exclusively(async () => {
        // another tab may have rotated the token meanwhile
        const stored = await this.#deps.store.load(this.#box);
        if (stored?.kind === "key" && stored.client === this.#session?.client) this.#session = stored;
        const session = this.#session;
        if (session?.kind !== "key") throw new Problem("access-token-missing");
        const tokens = await this.#requestTokens(session);
        const refreshToken =
          session.refreshToken === null ? null : (tokens.refreshToken ?? session.refreshToken);
        this.#session = { ...session, role: tokens.role, refreshToken };
        this.#takeAccess(tokens);
        await this.#deps.store.save(this.#box, this.#session);
        if (tokens.role !== session.role) this.onSession(this.#session);
      });
    } catch (error) {
      const problem = asProblem(error);
      if (SIGNED_OUT.has(problem.code)) await this.#signOut(problem);
      if (problem.code === "box-not-trusted") this.onDistrusted(problem);
      throw problem;
    }
  }

  /** @throws Problem `box-not-trusted` when the answer is not the box's own */
  async #requestTokens(session: Session & { kind: "key" }): Promise<Tokens> {
    const path = "/api/v1/token";
    const body = session.refreshToken === null ? {} : { refreshToken: session.refreshToken };
    for (let nonceTried = false; ; nonceTried = true) {
      const jti = randomText(16);
      const headers = {
        "x-tellyport": "1",
        "content-type": "application/json",
        dpop: await this.#proof(session, "POST", path, { jti }),
      };
      const response = await this.#fetch("POST", path, headers, body, AbortSignal.timeout(15_000));
      if (response.ok) {
        const tokens = (await response.json()) as Tokens;
        const own = await thumbprint(session.signer.jwk);
        await checkAttestation(tokens, { box: this.#box, thumbprint: own, nonce: jti });
        return tokens;
      }
      const problem = await problemOf(response);
      if (problem.code !== "dpop-nonce-required" || nonceTried) throw problem;
    }
  }

  #takeAccess(tokens: Tokens): void {
    if (tokens.accessToken === null) return;
    const lifetime = Math.max(0, Date.parse(tokens.expiresAt) - this.boxNow());
    const margin = Math.min(30_000, lifetime / 4);
    this.#access = { token: tokens.accessToken, until: this.#deps.monotonic() + lifetime - margin };
  }

  async #signOut(problem: Problem): Promise<void> {
    if (this.#session === null) return;
    this.#session = null;
    this.#access = null;
    await this.#deps.store.forget(this.#box);
    this.onSession(null);
    this.onSignedOut(problem);
  }
}

/** @throws Problem always */
function brokenOff({ status }: Response): never {
  throw new Problem(UNREACHABLE, "The answer broke off", { status });
}
