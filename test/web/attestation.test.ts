import t from "tap";
import type { Tokens } from "../../src/protocol/api.ts";
import { checkAttestation } from "../../web/api/attestation.ts";
import { createBoxIdentity } from "./box-identity.ts";

const box = createBoxIdentity();
const other = createBoxIdentity();
const claims = { client: "c1", thumbprint: "tp", role: "viewer", nonce: "n1" };
const expected = { box: box.id, thumbprint: "tp", nonce: "n1" };
const tokens = (attestation: string): Tokens => ({
  accessToken: "a",
  expiresAt: new Date(0).toISOString(),
  client: "c1",
  role: "viewer",
  attestation,
});
const recode = (jws: string, part: number, change: (text: string) => string): string =>
  jws
    .split(".")
    .map((text, index) =>
      index === part
        ? Buffer.from(change(Buffer.from(text, "base64url").toString("latin1")), "latin1").toString(
            "base64url",
          )
        : text,
    )
    .join(".");

t.test("T19: web attestation: the box's own words are taken", async (t) => {
  await t.resolves(checkAttestation(tokens(box.attest(claims)), expected));
  const bare = { ...claims, thumbprint: "" };
  await t.resolves(checkAttestation(tokens(box.attest(bare)), { ...expected, thumbprint: "" }));
});

t.test("T19: web attestation: anything else is refused", async (t) => {
  const good = box.attest(claims);
  const refused: Record<string, string> = {
    "another box's key": other.attest(claims),
    "another box's key that claims to be this one": other.attest({ ...claims, box: box.id }),
    "another client": box.attest({ ...claims, client: "c2" }),
    "another key": box.attest({ ...claims, thumbprint: "tp2" }),
    "another role": box.attest({ ...claims, role: "owner" }),
    "an old one": box.attest({ ...claims, nonce: "n0" }),
    "another signature": recode(
      good,
      2,
      (text) => `${text.slice(0, -1)}${String.fromCharCode(text.charCodeAt(63) ^ 1)}`,
    ),
    "another payload under the same signature": recode(good, 1, (text) =>
      text.replace('"iat":18', '"iat":19'),
    ),
    "no algorithm": recode(good, 0, (text) => text.replace("EdDSA", "none")),
    "no key": recode(good, 0, (text) => text.replace('"jwk"', '"jwq"')),
    "half a key": recode(good, 0, (text) => text.replace(/"x":"[^"]{20}/, '"x":"')),
    "a part more": `${good}.e30`,
    "no JSON": "bm8.bm8.bm8",
    "not base64url": "!.!.!",
    nothing: "",
  };
  for (const [what, attestation] of Object.entries(refused))
    await t.rejects(checkAttestation(tokens(attestation), expected), { code: "box-not-trusted" }, what);
});

t.test(
  "T19: web attestation: who has no key hears something else, since what it gave is of use",
  async (t) => {
    const bare = other.attest({ ...claims, thumbprint: "" });
    await t.rejects(checkAttestation(tokens(bare), { ...expected, thumbprint: "" }), {
      code: "box-not-trusted-keyless",
    });
  },
);

t.test("web attestation: a browser without Ed25519 still checks whom it is about", async (t) => {
  t.intercept(crypto.subtle, "importKey", {
    value: () => Promise.reject(new DOMException("Unrecognized name", "NotSupportedError")),
    configurable: true,
  });
  await t.resolves(checkAttestation(tokens(box.attest(claims)), expected));
  await t.rejects(checkAttestation(tokens(box.attest({ ...claims, nonce: "n0" })), expected), {
    code: "box-not-trusted",
  });
  await t.rejects(checkAttestation(tokens(other.attest(claims)), expected), { code: "box-not-trusted" });
});
