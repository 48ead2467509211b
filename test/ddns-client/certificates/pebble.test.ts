import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPrivateKey } from "node:crypto";
import t from "tap";
import { authorityFront } from "../../helpers/authority-front.ts";
import { ChallengeDns } from "../../helpers/challenge-dns.ts";
import { eventually, runProgram } from "../../helpers/daemon.ts";
import { startPebble } from "../../helpers/pebble.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { ALIAS, inTime, NAMES, testBox } from "./box.ts";

const skip = skipWithoutProgram("pebble", "openssl");
const DAY = 86_400_000;

t.test("a real authority: both names in one certificate, and the key stays", { skip }, async (t) => {
  const dns = await ChallengeDns.listen(t);
  // Every second nonce is refused: of a dozen requests one at least, but for one run in ten thousand.
  const pebble = await startPebble(t, { dns: dns.address, env: { PEBBLE_WFE_NONCEREJECT: "50" } });
  const front = await authorityFront(t, pebble);
  const box = await testBox(t, {
    directory: front.directory,
    ca: pebble.ca,
    challenges: dns,
    contact: ["mailto:owner@box.test"],
  });
  const changes: string[] = [];
  box.keeper.onChanged(({ cert }) => changes.push(cert));
  await box.keeper.start();
  t.equal(box.keeper.current(), null);
  t.same(front.exchanges, [], "nothing is asked before there is a name");
  box.keeper.want(NAMES);
  const served = await inTime("a certificate", box);
  t.same([...served.names].sort(), [...NAMES].sort());
  await eventually("told", () => changes.length === 1);

  const folder = await temporaryFolder(t);
  const [root, chain, leaf] = ["root.pem", "chain.pem", "leaf.pem"].map((name) => join(folder, name));
  await writeFile(root ?? "", await pebble.root());
  await writeFile(chain ?? "", served.cert);
  await writeFile(leaf ?? "", served.cert.slice(0, served.cert.indexOf("-----END") + 26));
  for (const name of [NAMES[0], `lan.${NAMES[0]}`]) {
    const judge = await runProgram("openssl", [
      ...["verify", "-CAfile", root ?? "", "-untrusted", chain ?? ""],
      ...["-purpose", "sslserver", "-verify_hostname", name ?? "", leaf ?? ""],
    ]);
    t.match(judge.stdout, /: OK/, `openssl: ${name} ${judge.stderr}`);
  }
  const both = dns.published.find((values) => values !== null);
  t.equal(new Set(both).size, 2, "both values are there at once");
  t.equal(dns.published.at(-1), null, "and are taken away");
  t.equal((await stat(join(box.state, "online.pem"))).mode & 0o777, 0o600);

  const state = box.keeper.state();
  t.match(state, { source: "authority", phase: "good", problem: null, issuer: /Pebble/ });
  t.ok(
    Math.abs(
      (state.renewAt ?? 0) -
        (state.notBefore ?? 0) -
        ((state.notAfter ?? 0) - (state.notBefore ?? 0)) * (2 / 3),
    ) < 2,
  );

  // What went over the wire, in every spelling of a key.
  const wire = front.exchanges
    .map(
      ({ url, headers, sent, payload }) =>
        `${url} ${JSON.stringify(headers)} ${sent} ${JSON.stringify(payload)}`,
    )
    .concat(JSON.stringify(dns.published), JSON.stringify(box.log.lines));
  const said = wire.concat(
    front.exchanges.flatMap(({ sent }) =>
      [...sent.matchAll(/"(?:payload|protected)":"([^"]*)"/g)].map(([, text]) =>
        Buffer.from(text ?? "", "base64url").toString("latin1"),
      ),
    ),
    front.exchanges.flatMap(({ payload }) =>
      typeof payload?.["csr"] === "string"
        ? [Buffer.from(payload["csr"], "base64url").toString("latin1")]
        : [],
    ),
  );
  t.ok(
    said.some((text) => text.includes(String(createPublic(served.key)))),
    "the search finds the public key",
  );
  for (const key of [
    served.key,
    (JSON.parse(await readFile(join(box.state, "online-account.json"), "utf8")) as { key: string }).key,
  ])
    for (const secret of spellings(key))
      t.notOk(
        said.some((text) => text.includes(secret)),
        "no request, no log line has the private key",
      );
  t.ok(
    front.exchanges.some(({ received }) => received.includes("badNonce")),
    "nonces were refused on the way",
  );
  t.equal(front.orders().length, 1);
  t.same(front.exchanges.find(({ url, status }) => url === "/sign-me-up" && status === 201)?.payload, {
    termsOfServiceAgreed: true,
    contact: ["mailto:owner@box.test"],
  });
});

t.test("a real authority: renewal, a long absence, and another name", { skip }, async (t) => {
  const dns = await ChallengeDns.listen(t);
  const pebble = await startPebble(t, { dns: dns.address });
  const front = await authorityFront(t, pebble);
  const options = { directory: front.directory, ca: pebble.ca, challenges: dns };
  for (const [days, phase, reason] of [
    [29, "good", null],
    [31, "good", "renewal"],
    [400, "expired", "expired"],
  ] as const) {
    const state = await temporaryFolder(t);
    await shortCertificate(state, 45, NAMES);
    const before = front.orders().length;
    const box = await testBox(t, { ...options, state });
    box.clock.ahead = days * DAY;
    await box.keeper.open();
    const old = box.keeper.current();
    t.equal(box.keeper.state().phase, phase, `after ${days} of 45 days it is ${phase}`);
    await box.keeper.start();
    box.keeper.want(NAMES);
    t.equal(box.keeper.current()?.cert, old?.cert, "the old one is served until the new one is there");
    if (reason === null) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      t.equal(front.orders().length, before, "with more than a third left nothing is ordered");
    } else {
      await inTime("renewed", box, ({ cert }) => cert !== old?.cert);
      t.match(box.log.lines.find(({ event }) => event === "certificate-wanted")?.fields, { reason });
      t.equal(box.keeper.state().phase, "good");
      t.not(box.keeper.current()?.key, old?.key, "it has a key of its own");
      t.equal(front.orders().length, before + 1);
    }
    await box.keeper.stop();
  }

  const box = await testBox(t, options);
  await box.keeper.start();
  box.keeper.want(NAMES);
  await inTime("a certificate", box);
  box.keeper.want([...NAMES, ALIAS]);
  await inTime("one with the alias", box, ({ names }) => names.includes(ALIAS));
  t.equal(box.keeper.current()?.names.length, 3);
  t.ok(dns.asked.includes(`_acme-challenge.${ALIAS}`));
  const before = front.orders().length;
  box.keeper.want(NAMES);
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.equal(front.orders().length, before, "a name that is given up is no reason for another");
});

t.test("a real authority: an account of its customers", { skip }, async (t) => {
  const dns = await ChallengeDns.listen(t);
  const hmacKey = Buffer.from("a key of thirty-two bytes at least!").toString("base64url");
  const pebble = await startPebble(t, { dns: dns.address, externalAccounts: { "kid-1": hmacKey } });
  const options = { directory: pebble.directory, ca: pebble.ca, challenges: dns };
  const without = await testBox(t, options);
  await without.keeper.start();
  without.keeper.want(NAMES);
  const problem = await eventually("refused", () => without.keeper.state().problem, 60_000);
  t.match(problem, { code: "acme-refused", message: /key id and HMAC key/ });
  await without.keeper.stop();
  const box = await testBox(t, { ...options, externalAccount: { kid: "kid-1", hmacKey } });
  await box.keeper.start();
  box.keeper.want(NAMES);
  await inTime("a certificate", box);
});

/** A certificate of the same names whose life is short, from now on. */
async function shortCertificate(state: string, days: number, names: readonly string[]): Promise<void> {
  const file = join(state, "online.pem");
  const made = await runProgram("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=box".split(" "),
    ...["-days", String(days), "-addext", `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`],
    ...["-keyout", `${file}.key`, "-out", `${file}.cert`],
  ]);
  if (made.code !== 0) throw new Error(made.stderr);
  await writeFile(file, (await readFile(`${file}.key`, "utf8")) + (await readFile(`${file}.cert`, "utf8")));
}

function jwkOf(pem: string): { d: string; x: string } {
  return createPrivateKey(pem).export({ format: "jwk" }) as { d: string; x: string };
}

/** Bytes of the public key, as a certificate request has them. */
function createPublic(pem: string): string {
  return Buffer.from(jwkOf(pem).x, "base64url").toString("latin1");
}

/** The secret number as bytes, hex and base64, and the lines of the PEM. */
function spellings(pem: string): string[] {
  const { d } = jwkOf(pem);
  const bytes = Buffer.from(d, "base64url");
  const lines = pem.split("\n").filter((line) => line.length > 30 && !line.startsWith("-"));
  return [d, bytes.toString("latin1"), bytes.toString("hex"), bytes.toString("base64"), ...lines];
}
