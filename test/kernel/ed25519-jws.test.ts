import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import { signJws, verifyEd25519Jws } from "../../src/kernel/ed25519-jws.ts";

function makeKey() {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  const publicKey = new Uint8Array(Buffer.from(x, "base64url"));
  return {
    publicKey,
    jwk: { kty: "OKP", crv: "Ed25519", x },
    sign: (data: Uint8Array) => sign(null, data, privateKey),
  };
}
const own = makeKey();
const other = makeKey();

t.test("Ed25519 JWS: RFC 8037's own example", (t) => {
  const publicKey = new Uint8Array(Buffer.from("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "base64url"));
  // RFC 8037 §A.4: its payload is no JSON object, and so none of ours.
  const example =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  t.equal(verifyEd25519Jws(example, { typ: "x", publicKey }), null);
  t.end();
});

t.test("Ed25519 JWS: made here, read here; the key of the header only where it is asked for", (t) => {
  const jws = signJws({ typ: "t+jws", kid: "k", jwk: own.jwk }, { a: 1 }, own.sign);
  const read = verifyEd25519Jws(jws, { typ: "t+jws", publicKey: own.publicKey });
  t.same(read, {
    header: { alg: "EdDSA", typ: "t+jws", kid: "k", jwk: own.jwk },
    payload: { a: 1 },
    publicKey: own.publicKey,
  });
  t.same(verifyEd25519Jws(jws, { typ: "t+jws", publicKey: "from-jwk" })?.publicKey, own.publicKey);
  t.equal(verifyEd25519Jws(jws, { typ: "t+jws", publicKey: other.publicKey }), null);
  t.equal(verifyEd25519Jws(jws, { typ: "u+jws", publicKey: own.publicKey }), null);
  t.equal(verifyEd25519Jws(jws, { typ: "t+jws", publicKey: own.publicKey.subarray(1) }), null);
  t.end();
});

t.test("T11: Ed25519 JWS: headers that would have it read in another way", (t) => {
  const header = { typ: "t+jws", jwk: own.jwk };
  for (const more of [
    { alg: "none" },
    { alg: "HS256" },
    { alg: "ES256" },
    { alg: "Ed25519ph" },
    { alg: ["EdDSA"] },
    { crit: [] },
    { crit: ["exp"] },
    { b64: false },
    { jku: "https://evil.example" },
    { x5u: "https://evil.example" },
    { x5c: [] },
    { zip: "DEF" },
  ])
    t.equal(
      verifyEd25519Jws(signJws({ ...header, ...more }, {}, own.sign), {
        typ: "t+jws",
        publicKey: own.publicKey,
      }),
      null,
      JSON.stringify(more),
    );
  for (const jwk of [
    null,
    "x",
    {},
    { ...own.jwk, kty: "EC" },
    { ...own.jwk, crv: "X25519" },
    { ...own.jwk, x: `${own.jwk.x}=` },
    { ...own.jwk, x: "AAAA" },
    { ...own.jwk, x: 5 },
    { ...own.jwk, d: "AAAA" },
    other.jwk,
  ])
    t.equal(
      verifyEd25519Jws(signJws({ ...header, jwk }, {}, own.sign), { typ: "t+jws", publicKey: "from-jwk" }),
      null,
      JSON.stringify(jwk),
    );
  t.end();
});

t.test("Ed25519 JWS: nothing that was changed on the way is good", (t) => {
  const jws = signJws({ typ: "t+jws", jwk: own.jwk }, { a: 1 }, own.sign);
  const expected = { typ: "t+jws", publicKey: own.publicKey };
  fc.assert(
    fc.property(
      fc.nat(jws.length - 1),
      fc.string({ unit: "binary", minLength: 0, maxLength: 2 }),
      (at, text) => {
        const changed = jws.slice(0, at) + text + jws.slice(at + 1);
        return changed === jws || verifyEd25519Jws(changed, expected) === null;
      },
    ),
    { numRuns: 1000 },
  );
  fc.assert(fc.property(fc.string(), (text) => verifyEd25519Jws(text, expected) === null));
  t.equal(verifyEd25519Jws("a".repeat(9000), expected), null);
  t.end();
});
