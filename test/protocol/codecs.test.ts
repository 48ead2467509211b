import t from "tap";
import fc from "fast-check";
import { fromBase64url, toBase32, toBase64url } from "../../src/protocol/base64url.ts";
import { dpopTarget } from "../../src/protocol/dpop.ts";
import { encodeGrant, grantBytes, verifyGrant } from "../../src/protocol/grant.ts";
import { boxIdOf } from "../../src/protocol/identity.ts";
import {
  CODE_ALPHABET,
  formatCode,
  normaliseCode,
  pairingFragment,
  pairingProofBytes,
  parsePairingFragment,
} from "../../src/protocol/pairing.ts";

const bytes = fc.uint8Array({ maxLength: 200 });

t.test("base64url: as Node spells it, and nothing that is not its own spelling", async (t) => {
  fc.assert(fc.property(bytes, (data) => toBase64url(data) === Buffer.from(data).toString("base64url")));
  fc.assert(
    fc.property(bytes, (data) =>
      Buffer.from(fromBase64url(toBase64url(data)) ?? []).equals(Buffer.from(data)),
    ),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const read = fromBase64url(text);
      return read === null || toBase64url(read) === text;
    }),
  );
  for (const text of ["A", "AB==", "A+/A", "AB", "AAB", "é"]) t.equal(fromBase64url(text), null, text);
  t.same(fromBase64url(""), new Uint8Array());
});

t.test("base32: RFC 4648 §10, in lower case", async (t) => {
  const cases = {
    "": "",
    f: "my",
    fo: "mzxq",
    foo: "mzxw6",
    foob: "mzxw6yq",
    fooba: "mzxw6ytb",
    foobar: "mzxw6ytboi",
  };
  for (const [text, expected] of Object.entries(cases)) t.equal(toBase32(Buffer.from(text)), expected);
  t.equal(boxIdOf(new Uint8Array(32)), "aaaaaaaaaaaaaaaa");
  t.equal(boxIdOf(new Uint8Array(32).fill(255)), "7777777777777777");
});

t.test("grant: reads back what was written, and hands the verifier the signed bytes", async (t) => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }),
      fc.integer({ min: 0, max: 2 ** 40 - 1 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      (playback, seconds, key) => {
        if (new TextEncoder().encode(playback).length > 96) return;
        const grant = { keyId: key.toString(16).padStart(8, "0"), playback, expiresAt: seconds * 1000 };
        const signed = grantBytes(grant);
        const token = encodeGrant(signed, new Uint8Array(64).fill(7));
        let seen: unknown;
        const read = verifyGrant(token, (keyId, data, signature) => {
          seen = [keyId, Buffer.from(data).toString("hex"), signature.length];
          return true;
        });
        t.same(read, grant);
        t.same(seen, [grant.keyId, Buffer.from(signed).toString("hex"), 64]);
        t.equal(
          verifyGrant(token, () => false),
          null,
        );
      },
    ),
    { numRuns: 50 },
  );
});

t.test("grant: what does not fit is the programmer's fault, what does not parse is no grant", async (t) => {
  const grant = { keyId: "00000001", playback: "p", expiresAt: 1000 };
  t.throws(() => grantBytes({ ...grant, playback: "" }), RangeError);
  t.throws(() => grantBytes({ ...grant, playback: "x".repeat(97) }), RangeError);
  t.throws(() => grantBytes({ ...grant, keyId: "1" }), RangeError);
  t.throws(() => grantBytes({ ...grant, expiresAt: NaN }), RangeError);
  t.throws(() => grantBytes({ ...grant, expiresAt: -1 }), RangeError);
  const yes = () => true;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 192 }), (data) => {
      const read = verifyGrant(toBase64url(data), yes);
      return read === null || toBase64url(data) === encodeGrant(grantBytes(read), data.subarray(-64));
    }),
  );
  const token = encodeGrant(grantBytes(grant), new Uint8Array(64));
  for (let length = 0; length < token.length; length++)
    t.equal(verifyGrant(token.slice(0, length), yes), null);
  t.equal(verifyGrant(`${token}AAAA`, yes), null);
  const body = Buffer.from(token, "base64url");
  body[11] = 0xff; // not UTF-8
  t.equal(verifyGrant(body.toString("base64url"), yes), null);
});

t.test("dpop: targets are compared without query, fragment and spelling", async (t) => {
  t.equal(dpopTarget("HTTPS://Box.Test:443/a/../b?c#d"), "https://box.test/b");
  t.equal(dpopTarget("http://192.168.1.5:8080/"), "http://192.168.1.5:8080/");
  t.equal(dpopTarget("http://[fd00::0:1]/x"), "http://[fd00::1]/x");
  for (const text of ["", "/x", "box.test/x", "file:///etc/passwd", "javascript:1"])
    t.equal(dpopTarget(text), null);
});

t.test("pairing: codes as people type them", async (t) => {
  t.equal(normaliseCode(" wdjb-mjht "), "WDJBMJHT");
  t.equal(formatCode("WDJBMJHT"), "WDJB-MJHT");
  for (const text of ["", "WDJB-MJH", "WDJB-MJHTX", "WDJB-MJHA", "WDJB_MJHT"])
    t.equal(normaliseCode(text), null);
  const code = fc
    .array(fc.constantFrom(...CODE_ALPHABET), { minLength: 8, maxLength: 8 })
    .map((list) => list.join(""));
  fc.assert(fc.property(code, (text) => normaliseCode(formatCode(text).toLowerCase()) === text));
});

t.test("pairing: no two claims have the same bytes", async (t) => {
  const field = fc.string({ maxLength: 6 });
  const claim = fc.record({ box: field, offer: field, thumbprint: field, nonce: field });
  fc.assert(
    fc.property(claim, claim, (a, b) => {
      const same = Buffer.from(pairingProofBytes(a)).equals(Buffer.from(pairingProofBytes(b)));
      return (
        same ===
        (a.box === b.box && a.offer === b.offer && a.thumbprint === b.thumbprint && a.nonce === b.nonce)
      );
    }),
  );
  t.same(parsePairingFragment(pairingFragment("abc", "A".repeat(22))), {
    offer: "abc",
    secret: "A".repeat(22),
  });
  for (const text of ["", "#", "#p=2.a.b", "#p=1.a.b", `#p=1..${"A".repeat(22)}`]) {
    t.equal(parsePairingFragment(text), null);
  }
});
