import fc from "fast-check";
import t from "tap";
import { assemble, onePem, parsePem, unfit } from "../../../src/ddns-client/certificates/chain.ts";
import { certificateId, identityOf } from "../../../src/ddns-client/certificates/acme/certificate-id.ts";
import { runProgram } from "../../helpers/daemon.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { madeCertificate } from "./made-certificate.ts";
import { X509Certificate } from "node:crypto";

const skip = skipWithoutProgram("openssl");
const NAMES = ["a.box.test", "*.a.box.test"];

t.test("key and chain are put together, or it is said why not", { skip }, async (t) => {
  const one = await madeCertificate(t, NAMES);
  const other = await madeCertificate(t, NAMES);
  const good = assemble(one.key, `words before\n${one.cert}words behind`);
  t.match(good, { names: NAMES, issuer: "Test, box" });
  t.equal(good.notAfter - good.notBefore, 45 * 86_400_000);
  t.same(parsePem(onePem(good)), good);
  t.throws(() => assemble(other.key, one.cert), /do not belong together/);
  t.throws(() => assemble(one.key, one.cert + other.cert), /not signed by the one behind it/);
  t.throws(() => assemble(one.key, ""), /no certificate/);
  t.throws(() => assemble("", one.cert));
  t.throws(() => assemble(one.key, one.cert.repeat(11)), /more than 10/);
  t.throws(() => assemble(one.key, "x".repeat(300_000)), /too long/);

  t.equal(unfit(good, NAMES, good.notBefore), null);
  t.equal(unfit(good, ["b.box.test", ...NAMES], good.notBefore), "it is not for b.box.test");
  t.equal(unfit(good, NAMES, good.notAfter), "it has expired");
  t.equal(unfit(good, NAMES, good.notBefore - 7200_000), "it is not valid yet");
  t.equal(unfit(good, NAMES, good.notBefore - 60_000), null, "clocks differ a little");
  const text = onePem(good);
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const broken = text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
      try {
        parsePem(broken);
      } catch (error) {
        if (!(error instanceof Error)) throw new Error("no error");
      }
    }),
    { numRuns: 300 },
  );
});

t.test("a certificate's name at its authority", { skip }, async (t) => {
  // RFC 9773 appendix A
  const { cert, certFile } = await madeCertificate(t, NAMES);
  const shown = await runProgram("openssl", [
    ..."x509 -noout -serial -ext authorityKeyIdentifier -in".split(" "),
    certFile,
  ]);
  const keyId = /([0-9A-F]{2}(:[0-9A-F]{2}){19})/.exec(shown.stdout)?.[1]?.replaceAll(":", "") ?? "";
  const serial = /serial=([0-9A-F]+)/.exec(shown.stdout)?.[1] ?? "";
  const der = Buffer.from(Number.parseInt(serial.slice(0, 2), 16) >= 0x80 ? `00${serial}` : serial, "hex");
  t.equal(
    certificateId(cert),
    `${Buffer.from(keyId, "hex").toString("base64url")}.${der.toString("base64url")}`,
  );
  const whole = new X509Certificate(cert).raw;
  for (let length = 0; length < whole.length; length++)
    t.doesNotThrow(() => identityOf(whole.subarray(0, length)));
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(whole.length - 1),
      fc.nat(255),
      (noise, at, byte) => {
        identityOf(Buffer.from(noise));
        const flipped = Buffer.from(whole);
        flipped[at] = byte;
        identityOf(flipped);
      },
    ),
    { numRuns: 1000 },
  );
});
