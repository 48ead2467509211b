import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone, type WireAnswer } from "../helpers/key-phone.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

/**
 * Tokens and proofs that are wrong in one thing, sent to a daemon that runs. The box's own keys are known here, so that a wrong
 * audience has a good signature; the case before and the case after the table are good ones, made the same way.
 */

const CHANNELS = "/api/v1/channels";
const TOKEN = "/api/v1/token";

type Members = Record<string, unknown>;

const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const decode = (segment = ""): Members => JSON.parse(Buffer.from(segment, "base64url").toString()) as Members;
const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url");
const es256 = (input: string, key: KeyObject): string =>
  sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
const eddsa = (input: string, key: KeyObject): string =>
  sign(null, Buffer.from(input), key).toString("base64url");
const hs256 = (input: string, secret: string | Buffer): string =>
  createHmac("sha256", secret).update(input).digest("base64url");
const p256 = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const publicJwk = (key: KeyObject): Members => ({ ...createPublicKey(key).export({ format: "jwk" }) });

/** A compact JWS of any header and payload; a text is taken as it is. */
function jws(header: unknown, payload: unknown, signer: (input: string) => string): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signer(input)}`;
}

/** The same JSON with a member twice; the last is the good one, which `JSON.parse` takes. */
const twice = (members: Members, name: string, bad: unknown): string =>
  `{${JSON.stringify(name)}:${JSON.stringify(bad)},${JSON.stringify(members).slice(1)}`;

/** The keys that a box signs with, out of its state. */
function keysOf(box: Daemon): { token: KeyObject; grant: KeyObject; identity: KeyObject } {
  const read = (name: string): string => readFileSync(join(box.state, name), "utf8");
  const rings = JSON.parse(read("access-keys.json")) as Record<"token" | "grant", { key: string }[]>;
  const first = (use: "token" | "grant"): KeyObject => createPrivateKey(rings[use][0]?.key ?? "");
  return { token: first("token"), grant: first("grant"), identity: createPrivateKey(read("identity.key")) };
}

/** What is attacked: a box that runs and phones that are paired, one of them with another box. */
interface Scene {
  readonly box: Daemon;
  readonly phone: KeyPhone;
  readonly phoneKey: KeyObject;
  readonly neighbour: KeyPhone;
  readonly foreigner: KeyPhone;
  /** Of the box's last process. */
  readonly oldNonce: string;
  /** A grant, as in a media path. */
  readonly grant: string;
}

async function setUp(t: Test): Promise<Scene> {
  const state = await temporaryFolder(t);
  const before = await startDaemon(t, { state });
  const early = await KeyPhone.paired(before);
  await early.call("GET", CHANNELS);
  const oldNonce = early.nonce ?? "";
  await before.stop();
  const box = await startDaemon(t, { state });
  const phone = await KeyPhone.paired(box, "owner");
  const neighbour = await KeyPhone.paired(box, "owner");
  const foreigner = await KeyPhone.paired(await startDaemon(t, { tuner: null }), "owner");
  const phoneKey = createPrivateKey({
    key: { ...(await crypto.subtle.exportKey("jwk", phone.privateKey)) },
    format: "jwk",
  });
  const channel = await eventually("channels are listed", async () => {
    const { channels } = (await phone.call("GET", CHANNELS)).body as {
      channels: { id: string; scrambled: boolean }[];
    };
    return channels.length === 12 && channels.find(({ scrambled }) => !scrambled)?.id;
  });
  const playback = await phone.call("POST", "/api/v1/playback", { channel });
  const grant = /^\/m\/([^/]+)\//.exec(String(playback.body.hls))?.[1] ?? "";
  t.match(grant, /^[\w-]{100,}$/);
  return { box, phone, phoneKey, neighbour, foreigner, oldNonce, grant };
}

/** Headers of one attack. */
interface Attack {
  readonly authorization?: string | readonly string[];
  readonly dpop?: string | readonly string[];
}

/** Tokens, by what is wrong with each. Each is sent with a proof that is good for it. */
function tokensOf({ box, phone, phoneKey, neighbour, foreigner, grant }: Scene): Record<string, string> {
  const keys = keysOf(box);
  const real = phone.tokens?.accessToken ?? "";
  const [head64 = "", body64 = "", signature = ""] = real.split(".");
  const header = decode(head64);
  const payload = decode(body64);
  const now = Math.floor(Date.now() / 1000);
  const byBox = (input: string): string => es256(input, keys.token);
  /** By the box's own key, with other members; undefined leaves one out. */
  const own = (head: Members, body: Members = {}): string =>
    jws({ ...header, ...head }, { ...payload, ...body }, byBox);
  const publicKey = createPublicKey(keys.token);
  const asSecret = (secret: string | Buffer): string =>
    jws({ ...header, alg: "HS256" }, payload, (input) => hs256(input, secret));
  const stranger = p256();
  /** By a stranger's key, which the header brings. */
  const brought = (head: Members): string =>
    jws({ ...header, kid: undefined, ...head }, payload, (input) => es256(input, stranger));
  const byGrantKey = (input: string): string => eddsa(input, keys.grant);
  const jwk = publicJwk(stranger);
  return {
    "alg none": jws({ ...header, alg: "none" }, payload, () => ""),
    "alg none with the real signature": `${encode({ ...header, alg: "none" })}.${body64}.${signature}`,
    "alg NONE": jws({ ...header, alg: "NONE" }, payload, () => ""),
    "no alg": own({ alg: undefined }),
    "HS256, secret: the public key as PEM": asSecret(
      publicKey.export({ type: "spki", format: "pem" }).toString(),
    ),
    "HS256, secret: the public key as DER": asSecret(publicKey.export({ type: "spki", format: "der" })),
    "HS256, secret: the public key as JWK": asSecret(JSON.stringify(publicKey.export({ format: "jwk" }))),
    "HS256, secret: the key's x coordinate": asSecret(
      Buffer.from(String(publicJwk(keys.token)["x"]), "base64url"),
    ),
    "HS256, secret: the key's id": asSecret(String(header["kid"])),
    "ES384 by name": own({ alg: "ES384" }),
    "ES256K by name": own({ alg: "ES256K" }),
    "typ JWT": own({ typ: "JWT" }),
    "typ dpop+jwt": own({ typ: "dpop+jwt" }),
    "typ missing": own({ typ: undefined }),
    "aud of another box": own({}, { aud: "urn:tellyport:box:aaaaaaaaaaaaaaaa" }),
    "aud missing": own({}, { aud: undefined }),
    "aud an array of ours and another": own({}, { aud: [payload["aud"], "urn:other"] }),
    "aud an array of ours alone": own({}, { aud: [payload["aud"]] }),
    "iss of another box": own({}, { iss: "urn:tellyport:box:aaaaaaaaaaaaaaaa" }),
    "iss missing": own({}, { iss: undefined }),
    "kid missing": own({ kid: undefined }),
    "kid unknown": own({ kid: "x".repeat(43) }),
    "kid a path": own({ kid: "../../../../dev/null" }),
    "kid like SQL": own({ kid: "x' UNION SELECT 'key" }),
    "kid an array": own({ kid: [header["kid"]] }),
    "kid of the prototype": own({ kid: "__proto__" }),
    "kid of the grant key, signed by it": jws(
      {
        ...header,
        alg: "EdDSA",
        kid: createHash("sha256")
          .update(createPublicKey(keys.grant).export({ type: "spki", format: "der" }))
          .digest("hex")
          .slice(0, 8),
      },
      payload,
      byGrantKey,
    ),
    "T18: signed by the grant key under the token key's id": jws(
      { ...header, alg: "EdDSA" },
      payload,
      byGrantKey,
    ),
    "T18: signed by the grant key as ES256": jws(header, payload, byGrantKey),
    "T18: signed by the box's identity": jws({ ...header, alg: "EdDSA" }, payload, (input) =>
      eddsa(input, keys.identity),
    ),
    "T18: signed by the key of an edge": jws(header, payload, (input) => es256(input, stranger)),
    "jku of a stranger": brought({ jku: "https://evil.test/jwks.json" }),
    "x5u of a stranger": brought({ x5u: "https://evil.test/chain.pem" }),
    "x5c of a stranger": brought({ x5c: ["MIIB"] }),
    "jwk of a stranger": brought({ jwk }),
    "jwk of a stranger beside our kid": brought({ jwk, kid: header["kid"] }),
    "jwk beside a good signature": own({ jwk }),
    "jku beside a good signature": own({ jku: "https://evil.test/jwks.json" }),
    "crit of something unknown": own({ crit: ["x"], x: 1 }),
    "crit b64": own({ crit: ["b64"], b64: false }),
    "crit empty": own({ crit: [] }),
    expired: own({}, { exp: now - 120 }),
    "not yet valid": own({}, { nbf: now + 120 }),
    "exp a text": own({}, { exp: String(now + 600) }),
    "exp missing": own({}, { exp: undefined }),
    "exp null": own({}, { exp: null }),
    "exp without end": jws(
      header,
      JSON.stringify({ ...payload, exp: 0 }).replace('"exp":0', '"exp":1e999'),
      byBox,
    ),
    "nbf missing": own({}, { nbf: undefined }),
    "nbf a text": own({}, { nbf: "0" }),
    "sub of another client": own({}, { sub: neighbour.tokens?.client }),
    "sub of the box's own command line": own({}, { sub: "local" }),
    "sub missing": own({}, { sub: undefined }),
    "sub an array": own({}, { sub: [payload["sub"]] }),
    "sid of another client": own({}, { sid: decode(neighbour.tokens?.accessToken?.split(".")[1])["sid"] }),
    "sid missing": own({}, { sid: undefined }),
    "cnf missing": own({}, { cnf: undefined }),
    "cnf null": own({}, { cnf: null }),
    "T9: cnf of another key": own({}, { cnf: { jkt: neighbour.thumbprint } }),
    "T9: another client's token with one's own proof": neighbour.tokens?.accessToken ?? "",
    "a token of another box": foreigner.tokens?.accessToken ?? "",
    "by the phone's own key": jws(header, payload, (input) => es256(input, phoneKey)),
    "a grant": grant,
    "the refresh token": phone.tokens?.refreshToken ?? "",
    "the attestation": phone.tokens?.attestation ?? "",
    "longer than 4 KB": own({}, { pad: "x".repeat(4096) }),
    "a member of the header twice": jws(twice(header, "alg", "none"), payload, byBox),
    "a member of the header twice, once escaped": jws(
      JSON.stringify(header).replace('"alg"', '"\\u0061lg":"none","alg"'),
      payload,
      byBox,
    ),
    "a member of the payload twice": jws(header, twice(payload, "sub", neighbour.tokens?.client), byBox),
    "a member within a member twice": jws(
      header,
      JSON.stringify(payload).replace('"jkt"', '"jkt":"x","jkt"'),
      byBox,
    ),
    "truncated by a letter": real.slice(0, -1),
    "truncated to two segments": `${head64}.${body64}`,
    "without a signature": `${head64}.${body64}.`,
    "with padding": `${head64}.${body64}.${signature}==`,
    "with padding in the header": jws(header, payload, byBox).replace(".", "=."),
    "the signature spelt otherwise": respelt(real),
    "in base64 with + and /": `${head64}.${body64}.${signature.replaceAll("-", "+").replaceAll("_", "/")}==`,
    "a fourth segment": `${real}.x`,
    "an encrypted one's five segments": `${real}..`,
    "a body of text": jws(header, '"hello"', byBox),
    "a body of null": jws(header, "null", byBox),
    "a body of an array": jws(header, "[]", byBox),
    "a body that is no JSON": jws(header, "{", byBox),
    "a byte order mark in the payload": jws(header, `\uFEFF${JSON.stringify(payload)}`, byBox),
    "overlong UTF-8 in the payload": rawPayload(header, payload, byBox),
    "a soft hyphen within": `${real.slice(0, 20)}\u00AD${real.slice(20)}`,
    "nothing but dots": "..",
  };
}

/** The same signature, its last letter changed in bits that carry nothing. */
function respelt(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + alphabet.charAt(alphabet.indexOf(token.slice(-1)) | 1);
}

/** An invalid UTF-8 sequence where the role stood, signed. */
function rawPayload(header: Members, payload: Members, signer: (input: string) => string): string {
  const bytes = Buffer.from(JSON.stringify({ ...payload, role: "XX" }));
  bytes.set([0xc0, 0xaf], bytes.indexOf('"XX"') + 1);
  const input = `${encode(header)}.${bytes.toString("base64url")}`;
  return `${input}.${signer(input)}`;
}

/** Proofs, by what is wrong with each; the token beside them is a good one. */
async function proofsOf(scene: Scene): Promise<Record<string, string>> {
  const { box, phone, phoneKey, neighbour, foreigner, oldNonce } = scene;
  const token = phone.tokens?.accessToken ?? "";
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: phone.jwk };
  const fresh = (): Members => ({
    jti: randomBytes(12).toString("base64url"),
    htm: "GET",
    htu: `${phone.origin}${CHANNELS}`,
    iat: Math.floor(Date.now() / 1000),
    nonce: phone.nonce,
    ath: hashOf(token),
  });
  const by = (key: KeyObject) => (input: string) => es256(input, key);
  const good = jws(header, fresh(), by(phoneKey));
  const made = (head: Members, body: Members = {}): string =>
    jws({ ...header, ...head }, { ...fresh(), ...body }, by(phoneKey));
  const [head64 = "", body64 = "", signature = ""] = good.split(".");
  const ed = generateKeyPairSync("ed25519").privateKey;
  const secret = Buffer.from(String(phone.jwk.x), "base64url");
  const stranger = p256();
  await foreigner.call("GET", CHANNELS);
  const keys = keysOf(box);
  return {
    "T9: by another key, which it brings": jws(
      { ...header, jwk: publicJwk(stranger) },
      fresh(),
      by(stranger),
    ),
    "T9: by another key, bringing the phone's": jws(header, fresh(), by(stranger)),
    "T9: by another client": await neighbour.proof("GET", CHANNELS, { token }),
    "T9: by the box's token key": jws({ ...header, jwk: publicJwk(keys.token) }, fresh(), by(keys.token)),
    "without a nonce": made({}, { nonce: undefined }),
    "T10: a nonce of the process before": made({}, { nonce: oldNonce }),
    "a nonce of another box": made({}, { nonce: foreigner.nonce }),
    "a nonce of its own making": made({}, { nonce: "zzzz.AAAAAAAAAAAAAAAA" }),
    "a nonce that is a number": made({}, { nonce: 1 }),
    "htm of another method": made({}, { htm: "POST" }),
    "htm in lower case": made({}, { htm: "get" }),
    "htm missing": made({}, { htm: undefined }),
    "htu of another host": made({}, { htu: `https://evil.test${CHANNELS}` }),
    "htu of another port": made({}, { htu: `https://127.0.0.1:1${CHANNELS}` }),
    "htu of another path": made({}, { htu: `${phone.origin}/api/v1/clients` }),
    "htu of plain http": made({}, { htu: `${phone.origin.replace("https", "http")}${CHANNELS}` }),
    "htu that is no address": made({}, { htu: CHANNELS }),
    "htu missing": made({}, { htu: undefined }),
    "ath of another token": made({}, { ath: hashOf(neighbour.tokens?.accessToken ?? "") }),
    "ath missing": made({}, { ath: undefined }),
    "ath an array": made({}, { ath: [hashOf(token)] }),
    "jti missing": made({}, { jti: undefined }),
    "jti empty": made({}, { jti: "" }),
    "jti of 129 letters": made({}, { jti: "x".repeat(129) }),
    "iat missing": made({}, { iat: undefined }),
    "iat a text": made({}, { iat: "1" }),
    "jwk with its private part": made({ jwk: { ...phone.jwk, d: "AAAA" } }),
    "jwk missing": made({ jwk: undefined }),
    "jwk of another kind": made({ jwk: { kty: "oct", k: "AAAA" } }),
    "alg none": jws({ ...header, alg: "none" }, fresh(), () => ""),
    "alg HS256 by the public key": jws({ ...header, alg: "HS256" }, fresh(), (input) => hs256(input, secret)),
    "alg EdDSA by a key it brings": jws({ ...header, alg: "EdDSA", jwk: publicJwk(ed) }, fresh(), (input) =>
      eddsa(input, ed),
    ),
    "typ JWT": made({ typ: "JWT" }),
    "typ at+jwt": made({ typ: "at+jwt" }),
    "typ missing": made({ typ: undefined }),
    "crit of something unknown": made({ crit: ["x"], x: 1 }),
    "longer than 4 KB": made({}, { pad: "x".repeat(4096) }),
    "a member of the header twice": jws(twice(header, "alg", "none"), fresh(), by(phoneKey)),
    "a member of the payload twice": jws(header, twice(fresh(), "htm", "POST"), by(phoneKey)),
    "a member of the jwk twice": jws(
      JSON.stringify(header).replace('"x":', '"x":"AAAA","x":'),
      fresh(),
      by(phoneKey),
    ),
    truncated: good.slice(0, -1),
    "with padding": `${head64}.${body64}.${signature}==`,
    "the signature spelt otherwise": respelt(good),
    "a fourth segment": `${good}.x`,
    "the access token": token,
    "nothing but dots": "..",
  };
}

const UNPROVEN = [
  "access-token-invalid",
  "access-token-missing",
  "dpop-invalid",
  "dpop-nonce-required",
  "refresh-invalid",
];

t.test("T11: tokens and proofs that are nearly right get 401 from a daemon that runs", async (t) => {
  const scene = await setUp(t);
  const { phone, phoneKey } = scene;
  const real = phone.tokens?.accessToken ?? "";
  let sent = 0;
  const send = (path: string, { authorization, dpop }: Attack, body?: unknown): Promise<WireAnswer> =>
    phone.send(path, {
      // Somebody else each time: whoever is wrong this often is not heard any more.
      from: `127.0.3.${1 + (sent++ % 250)}`,
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(dpop !== undefined && { dpop }),
      },
      ...(body !== undefined && { body }),
    });
  /** What the box says of a call that is good but for the token. */
  const withToken = async (token: string): Promise<WireAnswer> =>
    send(CHANNELS, { authorization: `DPoP ${token}`, dpop: await phone.proof("GET", CHANNELS, { token }) });
  const refused = (t: Test, name: string, attack: () => Promise<WireAnswer>): Promise<unknown> =>
    t.test(name, async (t) => {
      const answer = await attack();
      t.equal(answer.status, 401, String(answer.body.code));
      t.ok(UNPROVEN.includes(String(answer.body.code)), String(answer.body.code));
      t.match(answer.headers["www-authenticate"], /^DPoP /);
    });
  /** A token as in the table, with nothing wrong: the table refuses for what it says. */
  const control = async (t: Test): Promise<void> => {
    const [head, body] = real.split(".");
    const { token } = keysOf(scene.box);
    const minted = jws(decode(head), decode(body), (input) => es256(input, token));
    t.not(minted, real);
    t.equal((await withToken(minted)).status, 200, "minted here, and good");
    const proof = jws(
      { typ: "dpop+jwt", alg: "ES256", jwk: phone.jwk },
      {
        ...{ jti: randomBytes(12).toString("base64url"), htm: "GET", htu: `${phone.origin}${CHANNELS}` },
        ...{ iat: 0, nonce: phone.nonce, ath: hashOf(real) },
      },
      (input) => es256(input, phoneKey),
    );
    t.equal((await send(CHANNELS, { authorization: `DPoP ${real}`, dpop: proof })).status, 200);
  };

  await t.test("control: a token and a proof that are right", control);

  const tokens = Object.entries(tokensOf(scene));
  t.ok(tokens.length >= 40, `${tokens.length} tokens`);
  for (const [name, token] of tokens) await refused(t, `T11 token: ${name}`, () => withToken(token));

  const proofs = Object.entries(await proofsOf(scene));
  t.ok(proofs.length >= 40, `${proofs.length} proofs`);
  for (const [name, dpop] of proofs)
    await refused(t, `T11 proof: ${name}`, () => send(CHANNELS, { authorization: `DPoP ${real}`, dpop }));

  const proof = (): Promise<string> => phone.proof("GET", CHANNELS);
  const attacks: Record<string, () => Promise<WireAnswer>> = {
    "T10: a proof that was used": async () => {
      const dpop = await proof();
      t.equal((await send(CHANNELS, { authorization: `DPoP ${real}`, dpop })).status, 200);
      return send(CHANNELS, { authorization: `DPoP ${real}`, dpop });
    },
    "no proof": () => send(CHANNELS, { authorization: `DPoP ${real}` }),
    "two proofs": async () =>
      send(CHANNELS, { authorization: `DPoP ${real}`, dpop: [await proof(), await proof()] }),
    "an empty proof": () => send(CHANNELS, { authorization: `DPoP ${real}`, dpop: "" }),
    "two tokens, the first good": async () =>
      send(CHANNELS, { authorization: [`DPoP ${real}`, "DPoP x.y.z"], dpop: await proof() }),
    "two tokens, the last good": async () =>
      send(CHANNELS, { authorization: ["DPoP x.y.z", `DPoP ${real}`], dpop: await proof() }),
    "the same token twice": async () =>
      send(CHANNELS, { authorization: [`DPoP ${real}`, `DPoP ${real}`], dpop: await proof() }),
    "the scheme Bearer": async () => send(CHANNELS, { authorization: `Bearer ${real}`, dpop: await proof() }),
    "no scheme": async () => send(CHANNELS, { authorization: real, dpop: await proof() }),
    "an empty token": async () => send(CHANNELS, { authorization: "DPoP ", dpop: await proof() }),
    "an empty header": async () => send(CHANNELS, { authorization: "", dpop: await proof() }),
    "the token behind a blank": async () =>
      send(CHANNELS, { authorization: `DPoP x ${real}`, dpop: await proof() }),
    "no token at all": async () => send(CHANNELS, { dpop: await proof() }),
    "the token in the address": async () => send(`${CHANNELS}?access_token=${real}`, { dpop: await proof() }),
  };
  for (const [name, attack] of Object.entries(attacks)) await refused(t, `T11 request: ${name}`, attack);

  const refreshToken = phone.tokens?.refreshToken;
  const forRefresh = (change = {}): Promise<string> => phone.proof("POST", TOKEN, { token: null, ...change });
  const refreshes: Record<string, () => Promise<WireAnswer>> = {
    "without a proof": () => send(TOKEN, {}, { refreshToken }),
    "T9: with a proof by another key": async () =>
      send(TOKEN, { dpop: await scene.neighbour.proof("POST", TOKEN, { token: null }) }, { refreshToken }),
    "with a proof for another route": async () => send(TOKEN, { dpop: await proof() }, { refreshToken }),
    "with a proof bound to an access token": async () =>
      send(TOKEN, { dpop: await phone.proof("POST", TOKEN) }, { refreshToken }),
    "with two proofs": async () =>
      send(TOKEN, { dpop: [await forRefresh(), await forRefresh()] }, { refreshToken }),
    "T10: with a nonce of the process before": async () =>
      send(TOKEN, { dpop: await forRefresh({ payload: { nonce: scene.oldNonce } }) }, { refreshToken }),
    "with a client's id alone": async () =>
      send(TOKEN, { dpop: await forRefresh() }, { refreshToken: phone.tokens?.client }),
    "with a grant": async () => send(TOKEN, { dpop: await forRefresh() }, { refreshToken: scene.grant }),
    "with another client's secret": async () =>
      send(TOKEN, { dpop: await forRefresh() }, { refreshToken: scene.neighbour.tokens?.refreshToken }),
    "with nothing": async () => send(TOKEN, { dpop: await forRefresh() }, {}),
    "with the access token beside": async () =>
      send(TOKEN, { authorization: `DPoP ${real}`, dpop: await phone.proof("POST", TOKEN) }, {}),
  };
  for (const [name, attack] of Object.entries(refreshes)) await refused(t, `T11 refresh: ${name}`, attack);

  await t.test("control: after all of it the phone's own token is still good", control);
  t.equal((await phone.refresh()).status, 200, "and its session");
  t.notOk(/"level":(50|60)/.test(scene.box.output()), "the box saw no fault of its own");
});

t.test("T11: the keys that are published have no private member", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const answer = await fetch(`${box.url}/.well-known/jwks.json`);
  const { keys } = (await answer.json()) as { keys: Members[] };
  t.equal(keys.length, 2);
  for (const key of keys)
    t.same(
      Object.keys(key).filter((name) => !["kty", "crv", "x", "y", "kid", "alg", "use"].includes(name)),
      [],
    );
});
