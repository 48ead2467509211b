import t from "tap";
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SignJWT, createLocalJWKSet, generateKeyPair, jwtVerify } from "jose";
import { DpopProofs } from "../../src/access-control/dpop.ts";
import type { ClientRecord } from "../../src/access-control/clients.ts";
import { Nonces } from "../../src/access-control/nonce.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { HOST, HTTPS, LAN, LOCAL, LOOPBACK, Phone, openHouse, pairedPhone, type House } from "./house.ts";

const URL_PATH = "/api/v1/channels";

t.test("tokens: access tokens verify with the published keys, and live ten minutes", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house);
  const keys = await house.send(HTTPS, "GET", "/.well-known/jwks.json");
  t.equal(JSON.stringify(keys.body).includes('"d"'), false, "no private key among them");
  const issuer = `urn:tellyport:box:${house.access.identity.boxId}`;
  const { payload } = await jwtVerify(phone.tokens?.accessToken ?? "", createLocalJWKSet(keys.body), {
    issuer,
    audience: issuer,
    typ: "at+jwt",
    algorithms: ["ES256"],
    currentDate: new Date(house.clock.now()),
  });
  t.equal((payload.exp ?? 0) - (payload.iat ?? 0), 600);
  t.match(payload, { sub: phone.tokens?.client, role: "owner", cnf: { jkt: phone.thumbprint } });
  house.clock.advance(600_000 + 59_000);
  t.equal((await phone.call("GET", URL_PATH)).status, 200, "with a minute of leeway");
  house.clock.advance(2_000);
  t.equal((await phone.call("GET", URL_PATH)).body.code, "access-token-invalid");
  t.equal((await phone.refresh()).status, 200);
  t.equal((await phone.call("GET", URL_PATH)).status, 200);
  house.clock.setWall(house.clock.now() - 61_000);
  t.equal(
    (await phone.call("GET", URL_PATH)).body.code,
    "access-token-invalid",
    "not before its time either",
  );
});

t.test("tokens: without any, a stranger is told how to come back", async (t) => {
  const house = await openHouse(t);
  const answer = await house.send(HTTPS, "GET", URL_PATH);
  t.equal(answer.status, 401);
  t.equal(answer.body.code, "access-token-missing");
  t.equal(answer.headers["www-authenticate"], 'DPoP algs="ES256"');
  t.ok(answer.headers["dpop-nonce"]);
  const phone = await pairedPhone(house);
  const bearer = { authorization: `Bearer ${phone.tokens?.accessToken}` };
  t.equal((await house.send(HTTPS, "GET", URL_PATH, { headers: bearer })).body.code, "access-token-invalid");
  const bare = { authorization: `DPoP ${phone.tokens?.accessToken}` };
  t.equal((await house.send(HTTPS, "GET", URL_PATH, { headers: bare })).body.code, "dpop-invalid");
  t.equal(
    (await house.send(LOCAL, "GET", URL_PATH)).body.principal.client,
    "local",
    "the box's own socket is the owner",
  );
});

t.test("tokens T2: no token is taken where it could be read on the way", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house);
  const answer = await phone.call("GET", URL_PATH, { origin: LAN, scheme: "http" });
  t.same([answer.status, answer.body.code], [403, "secure-origin-required"]);
  const refresh = await phone.refresh(phone.tokens?.refreshToken, LAN);
  t.same([refresh.status, refresh.headers["set-cookie"]], [403, undefined]);
});

t.test("tokens T9: with the proof of another key a token is worth nothing", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house);
  const thief = await Phone.make(house);
  thief.nonce = phone.nonce;
  const answer = await thief.call("GET", URL_PATH, { token: phone.tokens?.accessToken ?? "" });
  t.same([answer.status, answer.body.code], [401, "dpop-invalid"]);
  const dpop = await phone.proof("GET", URL_PATH, { key: thief.privateKey });
  const headers = { authorization: `DPoP ${phone.tokens?.accessToken}`, dpop };
  t.equal(
    (await house.send(HTTPS, "GET", URL_PATH, { headers })).body.code,
    "dpop-invalid",
    "his key, her header",
  );
  const stolen = await thief.refresh(phone.tokens?.refreshToken);
  t.same([stolen.status, stolen.body.code], [401, "dpop-invalid"], "T7: so is a refresh token");
  t.equal((await phone.refresh()).status, 200, "and hers goes on");
});

t.test("tokens T10: a proof is good once, for five minutes, for one request", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house);
  const token = phone.tokens?.accessToken ?? "";
  const send = async (dpop: string, method = "GET", url = URL_PATH, origin = HTTPS) =>
    house.send(origin, method, url, { headers: { authorization: `DPoP ${token}`, dpop } });
  const code = async (change: Parameters<Phone["proof"]>[2]) =>
    (await send(await phone.proof("GET", URL_PATH, change))).body.code as string | undefined;

  const proof = await phone.proof("GET", URL_PATH);
  t.equal((await send(proof)).status, 200);
  t.equal((await send(proof)).body.code, "dpop-invalid", "the same again");
  const twins = await phone.proof("GET", URL_PATH);
  const both = await Promise.all([send(twins), send(twins)]);
  t.same(both.map((answer) => answer.status).sort(), [200, 401], "both at once");

  const fresh = () => phone.proof("GET", URL_PATH);
  t.equal(
    (await send(await fresh(), "POST", "/api/v1/playback")).body.code,
    "dpop-invalid",
    "another method",
  );
  t.equal((await send(await fresh(), "GET", "/api/v1/clients")).body.code, "dpop-invalid", "another path");
  t.equal((await send(await fresh(), "GET", URL_PATH, LOOPBACK)).body.code, "dpop-invalid", "another door");
  t.equal(
    (await send(await fresh(), "GET", `${URL_PATH}?from=1`)).status,
    200,
    "the query is not part of it",
  );
  for (const [name, change] of Object.entries({
    host: { payload: { htu: `https://evil.test${URL_PATH}` } },
    "htu without scheme": { payload: { htu: `${HOST}${URL_PATH}` } },
    "htu of another kind": { payload: { htu: 7 } },
    "no jti": { payload: { jti: undefined } },
    "endless jti": { payload: { jti: "x".repeat(129) } },
    "no iat": { payload: { iat: "now" } },
    "no ath": { payload: { ath: undefined } },
    "ath of another token": { payload: { ath: "x" } },
    "another type": { header: { typ: "JWT" } },
    "no key": { header: { jwk: undefined } },
    "a private key": { header: { jwk: { ...phone.jwk, d: "AAAA" } } },
    "unknown crit": { header: { crit: ["b64"], b64: true } },
    "too long": { payload: { pad: "x".repeat(4096) } },
  })) {
    t.equal(await code(change), "dpop-invalid", name);
  }
  for (const [name, nonce] of Object.entries({
    none: undefined,
    invented: "0.AAAAAAAAAAAAAAAA",
    empty: "",
  })) {
    const answer = await send(await phone.proof("GET", URL_PATH, { payload: { nonce } }));
    t.equal(answer.body.code, "dpop-nonce-required", `nonce ${name}`);
    t.match(answer.headers["www-authenticate"], /error="use_dpop_nonce"/);
    const next = String(answer.headers["dpop-nonce"]);
    t.equal((await send(await phone.proof("GET", URL_PATH, { payload: { nonce: next } }))).status, 200);
  }
  const early = await fresh();
  house.clock.advance(4 * 60_000);
  t.equal((await send(early)).status, 200, "four minutes on");
  const late = await fresh();
  house.clock.advance(60_000);
  t.equal((await send(late)).body.code, "dpop-nonce-required", "five minutes after the nonce");
});

t.test("tokens: a restart costs one proof, not a pairing", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house);
  const before = await phone.proof("GET", URL_PATH);
  const headers = { authorization: `DPoP ${phone.tokens?.accessToken}`, dpop: before };
  t.equal((await house.send(HTTPS, "GET", URL_PATH, { headers })).status, 200);
  await house.restart();
  t.equal(
    (await house.send(HTTPS, "GET", URL_PATH, { headers })).status,
    401,
    "an old proof does not come again",
  );
  t.equal((await phone.call("GET", URL_PATH)).status, 200);
});

t.test(
  "tokens: when too many proofs are remembered, the nonces change rather than a proof come again",
  async (t) => {
    const clock = new FakeClock();
    let made = 0;
    const nonces = new Nonces(clock, (n) => Buffer.alloc(n, made++));
    const proofs = new DpopProofs(nonces, 3);
    const house = await openHouse(t);
    const phone = await Phone.make(house);
    const client = { jwk: phone.jwk, thumbprint: phone.thumbprint } as unknown as ClientRecord;
    const verify = (dpop: string) =>
      proofs.verify(
        { method: "GET", url: URL_PATH, headers: { dpop, host: HOST }, origin: HTTPS },
        client,
        null,
      );
    phone.nonce = nonces.current();
    const proved = await Promise.all([1, 2, 3].map(() => phone.proof("GET", URL_PATH)));
    for (const proof of proved) t.ok(await verify(proof));
    for (const proof of proved) await t.rejects(verify(proof), { code: "dpop-nonce-required" });
  },
);

t.test("tokens T11: forty ways to confuse the verifier", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house);
  const cases = await forgeries(house, phone);
  t.ok(Object.keys(cases).length >= 40, `${Object.keys(cases).length} cases`);
  for (const [name, token] of Object.entries(cases)) {
    const answer = await phone.call("GET", URL_PATH, { token });
    t.same([answer.status, answer.body.code], [401, "access-token-invalid"], name);
  }
  t.equal((await phone.call("GET", URL_PATH)).status, 200, "the real one is good");
});

/** Tokens that must not pass, the box's own key being known for some: what is wrong is then one thing alone. */
async function forgeries(house: House, phone: Phone): Promise<Record<string, string>> {
  const keys = JSON.parse(readFileSync(join(house.stateDir, "access-keys.json"), "utf8")) as Record<
    string,
    { key: string }[]
  >;
  const boxKey = createPrivateKey(keys["token"]?.[0]?.key ?? "");
  const real = phone.tokens?.accessToken ?? "";
  const [head64 = "", body64 = "", signature = ""] = real.split(".");
  const parse = (text: string) =>
    JSON.parse(Buffer.from(text, "base64url").toString()) as Record<string, unknown>;
  const header = parse(head64);
  const payload = parse(body64);
  const encode = (value: unknown) =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  const es256 = (input: string, key = boxKey) =>
    sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
  /** Signed by the box's own key. */
  const own = (head: Record<string, unknown>, body: Record<string, unknown> | string = payload) => {
    const input = `${encode({ ...header, ...head })}.${typeof body === "string" ? encode(body) : encode({ ...payload, ...body })}`;
    return `${input}.${es256(input)}`;
  };
  const hs256 = (secret: string | Buffer) => {
    const input = `${encode({ ...header, alg: "HS256" })}.${body64}`;
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  };
  const publicKey = createPublicKey(boxKey);
  const stranger = await generateKeyPair("ES256", { extractable: true });
  const strangerEd = generateKeyPairSync("ed25519").privateKey;
  const jws = (head: Record<string, unknown>, key = stranger.privateKey) =>
    new SignJWT(payload).setProtectedHeader({ ...header, alg: "ES256", ...head }).sign(key);
  const edInput = `${encode({ ...header, alg: "EdDSA" })}.${body64}`;
  const now = Math.floor(house.clock.now() / 1000);
  const grantKey = createPrivateKey(keys["grant"]?.[0]?.key ?? "");
  return {
    empty: "",
    "not a token": "x",
    "two parts": `${head64}.${body64}`,
    "four parts": `${real}.x`,
    "five parts (JWE)": `${real}.x.y`,
    "no signature": `${head64}.${body64}.`,
    "signature of zeros": `${head64}.${body64}.${Buffer.alloc(64).toString("base64url")}`,
    "signature cut": `${head64}.${body64}.${signature.slice(0, -4)}`,
    "one bit of the body": `${head64}.${body64.slice(0, -1)}${body64.endsWith("A") ? "Q" : "A"}.${signature}`,
    "alg none": `${encode({ ...header, alg: "none" })}.${body64}.`,
    "alg None": `${encode({ ...header, alg: "None" })}.${body64}.${signature}`,
    "alg none, signed": own({ alg: "none" }),
    "no alg": own({ alg: undefined }),
    "HS256 with the public key, PEM": hs256(publicKey.export({ type: "spki", format: "pem" }).toString()),
    "HS256 with the public key, DER": hs256(publicKey.export({ type: "spki", format: "der" })),
    "HS256 with the public key, JWK": hs256(JSON.stringify(publicKey.export({ format: "jwk" }))),
    "HS256 with nothing": hs256(""),
    "alg ES384 by our key": own({ alg: "ES384" }),
    "alg RS256 by our key": own({ alg: "RS256" }),
    "EdDSA by a stranger": `${edInput}.${sign(null, Buffer.from(edInput), strangerEd).toString("base64url")}`,
    "EdDSA by the grant key": `${edInput}.${sign(null, Buffer.from(edInput), grantKey).toString("base64url")}`,
    "EdDSA by the identity": `${edInput}.${house.access.identity.sign(Buffer.from(edInput)).toString("base64url")}`,
    "an attestation": phone.tokens?.attestation ?? "",
    "ES256 by a stranger": await jws({}),
    "a stranger's key in jwk": await jws({ jwk: phone.jwk }),
    "a stranger's key at jku": await jws({ jku: "https://evil.test/jwks.json" }),
    "a stranger's key at x5u": await jws({ x5u: "https://evil.test/cert.pem" }),
    "a stranger's key in x5c": await jws({ x5c: ["AAAA"] }),
    "by the client's own key": await jws({}, phone.privateKey),
    "a proof as token": await phone.proof("GET", URL_PATH),
    "kid of a path": own({ kid: "../../../dev/null" }),
    "kid of another key": own({ kid: "x" }),
    "no kid": own({ kid: undefined }),
    "typ JWT": own({ typ: "JWT" }),
    "typ dpop+jwt": own({ typ: "dpop+jwt" }),
    "no typ": own({ typ: undefined }),
    "unknown crit": own({ crit: ["x-unknown"], "x-unknown": true }),
    "crit b64": own({ crit: ["b64"], b64: false }),
    "another issuer": own({}, { iss: "urn:tellyport:box:aaaaaaaaaaaaaaaa" }),
    "no issuer": own({}, { iss: undefined }),
    "another audience": own({}, { aud: "urn:tellyport:box:aaaaaaaaaaaaaaaa" }),
    "several audiences": own({}, { aud: [payload["aud"], "other"] }),
    "no audience": own({}, { aud: undefined }),
    "no subject": own({}, { sub: undefined }),
    "an unknown subject": own({}, { sub: "aaaaaaaaaaaaaaaa" }),
    "subject local": own({}, { sub: "local" }),
    "expiry as text": own({}, { exp: "4102444800" }),
    "no expiry": own({}, { exp: undefined }),
    expired: own({}, { exp: now - 61 }),
    "not yet": own({}, { nbf: now + 61 }),
    "no key bound": own({}, { cnf: undefined }),
    "another key bound": own({}, { cnf: { jkt: "x".repeat(43) } }),
    "another session": own({}, { sid: "AAAAAAAAAAAA" }),
    "no session": own({}, { sid: undefined }),
    "a body of text": own({}, "hello"),
    "a body of null": own({}, "null"),
    "too long": own({}, { pad: "x".repeat(4096) }),
  };
}

t.test(
  "tokens T8: a refresh token is good once; the one before gives the same successor for a minute",
  async (t) => {
    const house = await openHouse(t);
    const phone = await pairedPhone(house);
    const ended: string[] = [];
    house.access.onClientEnded((client) => ended.push(client));
    const first = phone.tokens?.refreshToken;
    const second = (await phone.refresh(first)).body.refreshToken as string;
    t.not(second, first);
    house.clock.advance(59_000);
    t.equal((await phone.refresh(first)).body.refreshToken, second, "a lost answer is given again");
    await house.restart();
    house.access.onClientEnded((client) => ended.push(client));
    t.equal((await phone.refresh(first)).body.refreshToken, second, "after a restart too");
    const third = (await phone.refresh(second)).body.refreshToken as string;
    t.ok(third);
    house.clock.advance(61_000);
    t.same(ended, []);
    t.equal(
      (await phone.refresh(second)).body.code,
      "refresh-invalid",
      "after the grace it is a copy in other hands",
    );
    t.same(ended, [phone.tokens?.client], "and what runs is ended");
    t.equal((await phone.refresh(third)).body.code, "refresh-invalid", "the family is dead");
    t.equal((await phone.call("GET", URL_PATH)).status, 401, "with its access tokens");
    t.match(house.logged(), /refresh-token-reused/);
  },
);

t.test("tokens T8: right after a refresh, only the token before it is forgiven", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house);
  const client = phone.tokens?.client ?? "";
  t.equal((await phone.refresh()).status, 200);
  t.equal((await phone.refresh(`${client}.${"A".repeat(43)}`)).body.code, "refresh-invalid");
  t.equal((await phone.call("GET", URL_PATH)).status, 401);
});

t.test("tokens T8: a stranger without the key cannot end a session", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house);
  const thief = await Phone.make(house);
  const forged = `${phone.tokens?.client}.${"A".repeat(43)}`;
  t.equal((await thief.refresh(forged)).body.code, "dpop-invalid");
  t.equal((await house.send(HTTPS, "POST", "/api/v1/token", { body: { refreshToken: forged } })).status, 401);
  for (const text of ["", "x", "aaaaaaaaaaaaaaaa.", `${"a".repeat(16)}.${"A".repeat(43)}`]) {
    t.equal((await thief.refresh(text)).body.code, "refresh-invalid");
  }
  t.equal((await house.send(HTTPS, "POST", "/api/v1/token", { body: {} })).body.code, "refresh-invalid");
  t.equal((await phone.refresh()).status, 200);
});

t.test("tokens: refreshing slides thirty days, at most a hundred and eighty", async (t) => {
  const house = await openHouse(t);
  const day = 86_400_000;
  const idle = await pairedPhone(house);
  const busy = await pairedPhone(house);
  for (let days = 0; days < 174; days += 29) {
    t.equal((await busy.refresh()).status, 200);
    house.clock.advance(29 * day);
  }
  t.equal((await idle.refresh()).body.code, "refresh-invalid");
  t.equal((await busy.refresh()).status, 200);
  house.clock.advance(6 * day);
  t.equal((await busy.refresh()).body.code, "refresh-invalid");
});

t.test("tokens T7: in a browser the refresh token is a cookie that no script reads", async (t) => {
  const house = await openHouse(t);
  const phone = await Phone.make(house);
  const paired = await phone.pair(house.access.openOffer(), { refresh: "cookie" });
  t.notOk(paired.body.tokens.refreshToken);
  const cookie = String(paired.headers["set-cookie"]);
  t.match(
    cookie,
    /^__Host-tp_rt=[a-z2-7]{16}\.[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  const refreshed = await phone.refresh(undefined);
  t.equal(refreshed.status, 200);
  t.notOk(refreshed.body.refreshToken);
  t.match(String(refreshed.headers["set-cookie"]), /^__Host-tp_rt=/);
  t.not(String(refreshed.headers["set-cookie"]), cookie);
  const ambient = await house.send(HTTPS, "POST", "/api/v1/token", {
    body: {},
    headers: { cookie: phone.cookie ?? "" },
  });
  t.equal(ambient.status, 401, "the cookie alone is worth nothing");
  t.equal(
    (await house.send(HTTPS, "GET", URL_PATH, { headers: { cookie: phone.cookie ?? "" } })).status,
    401,
  );
  const tossed = await house.send(HTTPS, "POST", "/api/v1/token", {
    body: {},
    headers: {
      cookie: `${phone.cookie}; __Host-tp_rt=other`,
      dpop: await phone.proof("POST", "/api/v1/token"),
    },
  });
  t.equal(tossed.body.code, "refresh-invalid", "two of the name are none");
});
