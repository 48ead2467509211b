import { createHash, createHmac, generateKeyPairSync, hkdfSync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { EmbeddedJWK, calculateJwkThumbprint, jwtVerify } from "jose";
import t from "tap";
import type { PublicJwk } from "../../src/protocol/api.ts";
import { CODE_ALPHABET, CODE_KDF, pairingProofBytes } from "../../src/protocol/pairing.ts";
import { fromBase64url, toBase64url } from "../../web/api/base64url.ts";
import { dpopProof, thumbprint, type Signer } from "../../web/api/dpop.ts";
import { proofInPlainScript } from "../../web/pairing/proof-plain.ts";
import { proofByWebCrypto, type ProofInput } from "../../web/pairing/proof.ts";

const code = fc.string({ unit: fc.constantFrom(...CODE_ALPHABET), minLength: 8, maxLength: 8 });
const secret = fc.oneof(
  code.map((code) => ({ kind: "code" as const, code })),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => ({
    kind: "qr" as const,
    offer: "offer_7",
    secret: toBase64url(bytes),
  })),
);

t.test("web proof: WebCrypto, plain script and node's own HMAC agree", async (t) => {
  await fc.assert(
    fc.asyncProperty(secret, fc.string(), fc.string(), async (secret, thumbprint, nonce) => {
      const input: ProofInput = { box: "abcdefgh234567ij", secret, thumbprint, nonce };
      const byNode = createHmac("sha256", keyOf(secret))
        .update(pairingProofBytes({ ...input, offer: secret.kind === "qr" ? secret.offer : "" }))
        .digest("base64url");
      t.equal(await proofByWebCrypto(input), byNode);
      t.equal(proofInPlainScript(input), byNode);
    }),
    { numRuns: 40 },
  );
});

function keyOf(secret: ProofInput["secret"]): Buffer {
  if (secret.kind === "qr") return Buffer.from(secret.secret, "base64url");
  return Buffer.from(hkdfSync("sha256", secret.code, CODE_KDF.salt, CODE_KDF.info, 32));
}

t.test("web proof: base64url is node's", async (t) => {
  for (let length = 0; length < 70; length++) {
    const bytes = randomBytes(length);
    t.equal(toBase64url(bytes), bytes.toString("base64url"));
    t.same(Buffer.from(fromBase64url(bytes.toString("base64url"))), bytes);
  }
});

t.test("web proof: jose accepts a DPoP proof and finds every claim in it", async (t) => {
  const signer = await testSigner();
  const proof = await dpopProof(signer, {
    method: "POST",
    url: "https://box.example:8443/api/v1/playback?x=1#y",
    issuedAt: 1_800_000_000.7,
    accessToken: "the-token",
    nonce: "n1",
  });
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: "dpop+jwt",
    algorithms: ["ES256"],
  });
  t.match(payload, {
    htm: "POST",
    htu: "https://box.example:8443/api/v1/playback",
    iat: 1_800_000_000,
    ath: createHash("sha256").update("the-token").digest("base64url"),
    nonce: "n1",
  });
  t.match(payload.jti, /^[\w-]{22}$/);
  t.equal(await thumbprint(signer.jwk), await calculateJwkThumbprint(protectedHeader.jwk ?? {}));
  const bare = await dpopProof(signer, { method: "GET", url: "https://b/", issuedAt: 1 });
  t.notMatch(Object.keys((await jwtVerify(bare, EmbeddedJWK)).payload), ["ath", "nonce"]);
});

async function testSigner(): Promise<Signer> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const jwk: PublicJwk = { kty: "EC", crv: "P-256", x, y };
  const { sign } = await import("node:crypto");
  return {
    jwk,
    sign: async (data) => sign("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" }),
  };
}
