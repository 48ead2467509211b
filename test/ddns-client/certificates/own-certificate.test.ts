import { rename, rm, utimes, writeFile } from "node:fs/promises";
import t from "tap";
import { OwnCertificate } from "../../../src/ddns-client/certificates/index.ts";
import { eventually, runProgram } from "../../helpers/daemon.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { keptLog } from "./box.ts";
import { madeCertificate } from "./made-certificate.ts";

const skip = skipWithoutProgram("openssl");

t.test("an own certificate is swapped when both files fit", { skip }, async (t) => {
  const one = await madeCertificate(t, ["*.box.test"]);
  const other = await madeCertificate(t, ["*.box.test"], 45, "rsa:2048");
  const clock = new FakeClock(Date.now() + 60_000);
  const log = keptLog();
  const own = new OwnCertificate({ certificateFile: one.certFile, keyFile: one.keyFile, clock, log });
  t.teardown(() => own.stop());
  const changes: string[] = [];
  own.onChanged(({ cert }) => changes.push(cert));
  await own.start();
  t.match(own.state(), { source: "own", phase: "good", problem: null, issuer: "Test, box" });
  own.want(["living.box.test"]);
  t.equal(own.state().problem, null, "a wildcard stands for a name");
  own.want(["a.living.box.test"]);
  t.match(own.state().problem, {
    code: "certificate-unusable",
    message: /it is not for a\.living\.box\.test/,
  });
  own.want([]);
  const look = async (what: string, is: () => unknown): Promise<void> => {
    clock.advance(60_000);
    await eventually(what, is, 5000, 5);
  };
  // As whoever renews writes: first one, then the other.
  await writeFile(one.certFile, other.cert);
  await look("half of it is not taken", () => own.state().problem);
  t.match(own.state().problem?.message, /do not belong together/);
  t.equal(changes.length, 1);
  t.ok(own.current()?.key.includes("PRIVATE KEY"), "the one before is served on");
  await writeFile(`${one.keyFile}.new`, other.key);
  await rename(`${one.keyFile}.new`, one.keyFile);
  await look("the new one is there", () => changes.length === 2);
  t.equal(own.state().problem, null);
  const asBefore = own.current()?.cert;
  await utimes(one.keyFile, new Date(), new Date());
  clock.advance(60_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.equal(changes.length, 2, "a file that is only touched is no change");

  await rm(one.keyFile);
  await look("a file that is gone", () => /is not there/.test(own.state().problem?.message ?? ""));
  t.equal(own.current()?.cert, asBefore);
  await writeFile(one.keyFile, "nonsense");
  await look("no key", () => /no private key in PEM/.test(own.state().problem?.message ?? ""));
  const locked = await runProgram("openssl", [
    "pkcs8",
    "-topk8",
    "-v2",
    "aes256",
    "-passout",
    "pass:x",
    "-in",
    other.keyFile,
  ]);
  await writeFile(one.keyFile, locked.stdout);
  await look("a passphrase", () => /passphrase/.test(own.state().problem?.message ?? ""));
  await writeFile(one.keyFile, "x".repeat(300_000));
  await look("too large", () => /too large/.test(own.state().problem?.message ?? ""));
  clock.setWall(Date.now() + 400 * 86_400_000);
  t.equal(own.state().phase, "expired");
  t.notOk(JSON.stringify(log.lines).includes(other.key.split("\n")[3] ?? "?"), "no line has the key");
});

t.test("files that never were", async (t) => {
  const log = keptLog();
  const own = new OwnCertificate({
    certificateFile: "/nowhere/c",
    keyFile: "/nowhere/k",
    clock: new FakeClock(),
    log,
  });
  await own.start();
  t.equal(own.current(), null);
  t.match(own.state(), { phase: "none", problem: { message: "/nowhere/c is not there." } });
  await own.stop();
});
