import t from "tap";
import type { Tokens } from "../../src/protocol/api.ts";
import type { LastWords } from "../../web/api/last-words.ts";
import { BoxConnection } from "../../web/api/connection.ts";
import type { Signer } from "../../web/api/dpop.ts";
import type { Problem } from "../../web/api/problem.ts";
import { thumbprint } from "../../web/api/dpop.ts";
import type { Session, SessionStore } from "../../web/api/session.ts";
import { createBoxIdentity } from "./box-identity.ts";

const box = createBoxIdentity();
const START = Date.UTC(2026, 10, 20, 12);

const signer: Signer = {
  jwk: { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) },
  sign: async () => new Uint8Array(64),
};

interface Seen {
  method: string;
  path: string;
  authorization: string | undefined;
  proof: Record<string, unknown> | null;
  body: Record<string, unknown>;
}

/** A connection to a box that is one function. */
function connect(answer: (request: Seen) => Response | Promise<Response>) {
  const seen: Seen[] = [];
  const last: LastWords[] = [];
  const saved: Session[] = [];
  const clock = { now: START, monotonic: 0 };
  let stored: Session | null = null;
  const store: SessionStore = {
    load: async () => stored,
    save: async (_, session) => {
      stored = session;
      saved.push(session);
      return true;
    },
    forget: async () => void (stored = null),
    exclusively: (work) => work(),
  };
  const connection = new BoxConnection({
    origin: "http://box",
    store,
    sayLast: (words) => void last.push(words),
    now: () => clock.now,
    monotonic: () => clock.monotonic,
    fetch: async (url, init) => {
      const headers = init.headers as Record<string, string>;
      const claims = headers.dpop?.split(".")[1];
      const request: Seen = {
        method: init.method ?? "",
        path: new URL(url).pathname,
        authorization: headers.authorization,
        proof: claims === undefined ? null : JSON.parse(Buffer.from(claims, "base64url").toString()),
        body: JSON.parse(typeof init.body === "string" ? init.body : "{}"),
      };
      seen.push(request);
      const response = await answer(request);
      if (!request.path.endsWith("/token") || !response.ok) return response;
      // attested as a box does: about this key, and this very proof
      const body = (await response.json()) as Tokens;
      const attestation = body.attestation || attest(body, String(request.proof?.jti));
      return Response.json({ ...body, attestation }, { headers: response.headers });
    },
  });
  const session: Session = { kind: "key", client: "c1", role: "viewer", signer, refreshToken: "r1" };
  connection.use(box.id, session);
  return {
    connection,
    seen,
    last,
    saved,
    clock,
    setStored: (session: Session) => (stored = session),
    session,
  };
}

const ownThumbprint = await thumbprint(signer.jwk);
const attest = ({ client, role }: Tokens, nonce: string): string =>
  box.attest({ client, role, nonce, thumbprint: ownThumbprint });
const tokens = (accessToken: string, refreshToken: string): Tokens => ({
  accessToken,
  refreshToken,
  expiresAt: new Date(START + 600_000).toISOString(),
  client: "c1",
  role: "viewer",
  attestation: "",
});
const ok = (body: object, headers = {}): Response => Response.json(body, { headers });
const refuse = (code: string, headers = {}): Response =>
  Response.json({ type: "", title: code, status: 401, code }, { status: 401, headers });

t.test("connection: what is said as the page goes is signed before", async (t) => {
  const { connection, seen, last } = connect(() =>
    Response.json(tokens("a1", "r2"), { headers: { "dpop-nonce": "n1" } }),
  );
  const say = await connection.prepare("POST", "/api/v1/playback/p1/report");
  const asked = seen.length;
  say({ end: true });
  t.match(last, [
    {
      method: "POST",
      path: "/api/v1/playback/p1/report",
      headers: { authorization: "DPoP a1", dpop: /^ey/, "content-type": "application/json" },
      body: '{"end":true}',
    },
  ]);
  t.equal(seen.length, asked, "nothing else is asked");
});

t.test("web connection: calls at the same time share one refresh, and the new token is kept", async (t) => {
  const { connection, seen, saved } = connect(async ({ path }) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return path.endsWith("/token") ? ok(tokens("a1", "r2")) : ok({});
  });
  await Promise.all([1, 2, 3].map(() => connection.call("GET", "/api/v1/channels")));
  t.equal(seen.filter(({ path }) => path === "/api/v1/token").length, 1);
  t.same(seen[0]?.body, { refreshToken: "r1" });
  t.notOk(seen[0]?.proof?.ath, "no access token in the refreshing proof");
  t.equal(seen[1]?.authorization, "DPoP a1");
  t.match(saved, [{ refreshToken: "r2" }]);
});

t.test("web connection: a nonce asked for is given once, and carried on", async (t) => {
  const { connection, seen } = connect(({ path, proof }) => {
    if (proof?.nonce === undefined) return refuse("dpop-nonce-required", { "dpop-nonce": "n1" });
    return path.endsWith("/token") ? ok(tokens("a1", "r2")) : ok({ fine: true });
  });
  t.same(await connection.call("GET", "/api/v1/channels"), { fine: true });
  t.same(
    seen.map(({ path, proof }) => [path, proof?.nonce]),
    [
      ["/api/v1/token", undefined],
      ["/api/v1/token", "n1"],
      ["/api/v1/channels", "n1"],
    ],
  );
});

t.test("web connection: a box that always wants another nonce ends in words, not in a loop", async (t) => {
  const { connection, seen } = connect(() => refuse("dpop-nonce-required", { "dpop-nonce": "n1" }));
  await t.rejects(connection.call("GET", "/api/v1/channels"), { code: "dpop-nonce-required" });
  t.equal(seen.length, 2);
});

t.test("web connection: an access token refused before its time is replaced once", async (t) => {
  let valid = "a1";
  let count = 0;
  const { connection, seen } = connect(({ path, authorization }) => {
    if (path.endsWith("/token")) return ok(tokens(`a${++count}`, "r2"));
    return authorization === `DPoP ${valid}` ? ok({}) : refuse("access-token-invalid");
  });
  await connection.call("GET", "/api/v1/channels");
  valid = "a2";
  await connection.call("GET", "/api/v1/channels");
  valid = "never";
  await t.rejects(connection.call("GET", "/api/v1/channels"), { code: "access-token-invalid" });
  t.equal(seen.filter(({ path }) => path.endsWith("/token")).length, 3);
});

t.test("web connection: lifetimes are counted by the box's clock, wrong as the phone's may be", async (t) => {
  const { connection, seen, clock } = connect(({ path }) =>
    path.endsWith("/token")
      ? ok(tokens("a1", "r2"), { date: new Date(START).toUTCString() })
      : ok({}, { date: new Date(START + clock.monotonic).toUTCString() }),
  );
  clock.now = START + 86_400_000; // a day ahead
  await connection.call("GET", "/api/v1/channels");
  t.equal(Math.round(Number(seen[1]?.proof?.iat) - START / 1000), 1 * 0, "proofs carry the box's time");
  await connection.call("GET", "/api/v1/channels");
  t.equal(seen.length, 3, "still good");
  clock.monotonic = 595_000;
  await connection.call("GET", "/api/v1/channels");
  t.equal(seen.filter(({ path }) => path.endsWith("/token")).length, 2);
});

t.test("web connection: another tab's newer refresh token is used", async (t) => {
  const { connection, seen, session, setStored } = connect(({ path }) =>
    path.endsWith("/token") ? ok(tokens("a1", "r9")) : ok({}),
  );
  setStored({ ...session, refreshToken: "r8" });
  await connection.call("GET", "/api/v1/channels");
  t.same(seen[0]?.body, { refreshToken: "r8" });
});

for (const code of ["client-revoked", "refresh-invalid", "stay-over"]) {
  t.test(`web connection: ${code} signs out and says why`, async (t) => {
    const { connection } = connect(() => refuse(code));
    const reasons: Problem[] = [];
    connection.onSignedOut = (problem) => reasons.push(problem);
    await t.rejects(connection.call("GET", "/api/v1/channels"), { code });
    t.match(reasons, [{ code }]);
    t.equal(connection.session, null);
  });
}

t.test("web connection: no answer, and an answer that is none, are problems with codes", async (t) => {
  const broken = connect(() => {
    throw new TypeError("Failed to fetch");
  });
  await t.rejects(broken.connection.call("GET", "/api/v1/box", { open: true }), {
    code: "box-unreachable",
    status: 0,
  });
  const proxy = connect(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await t.rejects(proxy.connection.call("GET", "/api/v1/box", { open: true }), {
    code: "box-unreachable",
    status: 502,
  });
  const half = connect(() => new Response('{"id":', { status: 200 }));
  await t.rejects(half.connection.call("GET", "/api/v1/box", { open: true }), { code: "box-unreachable" });
});
