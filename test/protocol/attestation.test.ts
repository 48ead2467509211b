import fc from "fast-check";
import t from "tap";
import { attestsClient, readAttestation } from "../../src/protocol/attestation.ts";

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const key = Buffer.alloc(32, 7);
const jwk = { kty: "OKP", crv: "Ed25519", x: key.toString("base64url") };
const claims = { box: "b", client: "c", thumbprint: "t", role: "viewer", nonce: "n", iat: 1 };
const signature = Buffer.alloc(64, 9).toString("base64url");
const good = `${part({ alg: "EdDSA", jwk })}.${part(claims)}.${signature}`;

t.test("attestation: what a box signs is taken apart", (t) => {
  const read = readAttestation(good);
  t.same(read?.claims, claims);
  t.same(Buffer.from(read?.key ?? []), key);
  t.equal(Buffer.from(read?.spki ?? []).toString("hex"), `302a300506032b6570032100${key.toString("hex")}`);
  t.equal(Buffer.from(read?.signed ?? []).toString(), good.slice(0, good.lastIndexOf(".")));
  t.equal(Buffer.from(read?.signature ?? []).toString("base64url"), signature);
  t.end();
});

t.test("T19: attestation: whatever is cut, added or made up is none", (t) => {
  const refused: [string, string][] = [
    ["another algorithm", `${part({ alg: "none", jwk })}.${part(claims)}.${signature}`],
    ["no key", `${part({ alg: "EdDSA" })}.${part(claims)}.${signature}`],
    ["a key that is no object", `${part({ alg: "EdDSA", jwk: jwk.x })}.${part(claims)}.${signature}`],
    ["a short key", `${part({ alg: "EdDSA", jwk: { x: "AAAA" } })}.${part(claims)}.${signature}`],
    ["claims that are no object", `${part({ alg: "EdDSA", jwk })}.${part(7)}.${signature}`],
    ["a part more", `${good}.e30`],
    ["padding", `${good}=`],
  ];
  for (const [what, jws] of refused) t.equal(readAttestation(jws), null, what);
  const signed = good.lastIndexOf(".") - 1;
  fc.assert(fc.property(fc.nat(signed), (length) => readAttestation(good.slice(0, length)) === null));
  fc.assert(fc.property(fc.string(), (text) => readAttestation(text) === null));
  t.end();
});

t.test("T19: attestation: it is about one client, in its role, at this very moment", (t) => {
  const tokens = {
    accessToken: null,
    expiresAt: "",
    client: "c",
    role: "viewer" as const,
    attestation: good,
  };
  const expected = { box: "b", thumbprint: "t", nonce: "n" };
  t.ok(attestsClient(claims, tokens, expected));
  for (const name of ["box", "client", "thumbprint", "role", "nonce"])
    t.notOk(attestsClient({ ...claims, [name]: "x" }, tokens, expected), name);
  t.notOk(attestsClient({}, tokens, expected));
  t.end();
});
