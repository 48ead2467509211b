import t from "tap";
import { execFileSync } from "node:child_process";
import { X509Certificate, createPublicKey, verify } from "node:crypto";
import { readdirSync, statSync, writeFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { addressBucket } from "../../src/access-control/attempts.ts";
import { readCookie } from "../../src/access-control/cookies.ts";
import { integer, objectIdentifier, time } from "../../src/kernel/der.ts";
import { loadIdentity } from "../../src/access-control/identity.ts";
import { AccessKeys } from "../../src/access-control/keys.ts";
import { openHouse } from "./house.ts";

const DAY = 86_400_000;
const NAMES = {
  names: ["Tellyport-ab12.local", "localhost"],
  addresses: ["192.168.1.5", "127.0.0.1", "fd00::0:1", "::1"],
};

t.test("identity: is made once, is the hash of its key, and signs", async (t) => {
  const house = await openHouse(t);
  const { identity } = house.access;
  const { boxId, publicKeyPem } = identity;
  t.match(boxId, /^[a-z2-7]{16}$/);
  const signed = Buffer.from("a registration");
  t.ok(verify(null, signed, createPublicKey(publicKeyPem), identity.sign(signed)));
  await house.restart();
  t.equal(house.access.identity.boxId, boxId);
});

t.test("identity: keys are for the daemon's user alone, and never silently replaced", async (t) => {
  const house = await openHouse(t);
  await house.access.certificate(NAMES);
  for (const file of readdirSync(house.stateDir).filter((name) => /\.(key|pem|json)$/.test(name))) {
    t.equal(statSync(join(house.stateDir, file)).mode & 0o777, 0o600, file);
  }
  writeFileSync(join(house.stateDir, "identity.key"), "rubbish");
  rmSync(join(house.stateDir, "identity.key.previous"), { force: true });
  await t.rejects(loadIdentity(house.stateDir), { code: "state-unusable" });
  for (const text of ["rubbish", "{}", '{"token":1}']) {
    writeFileSync(join(house.stateDir, "access-keys.json"), text);
    rmSync(join(house.stateDir, "access-keys.json.previous"), { force: true });
    const terms = { token: 1, grant: 1 };
    await t.rejects(AccessKeys.load(house.stateDir, house.clock.now(), terms), { code: "state-unusable" });
  }
});

t.test("certificate: openssl and TLS read what was made", async (t) => {
  const house = await openHouse(t);
  const { key, cert, fingerprint } = await house.access.certificate(NAMES);
  const read = new X509Certificate(cert);
  t.equal(read.fingerprint256.replaceAll(":", "").toLowerCase(), fingerprint);
  t.ok(read.verify(read.publicKey), "signed by itself");
  t.equal(read.ca, false);
  for (const name of ["tellyport-ab12.local", "localhost"]) t.equal(read.checkHost(name), name);
  for (const address of ["192.168.1.5", "127.0.0.1", "fd00::1", "::1"])
    t.equal(read.checkIP(address), address);
  t.notOk(read.checkHost("evil.test"));
  const life = Date.parse(read.validTo) - Date.parse(read.validFrom);
  t.ok(life < 825 * DAY);
  t.ok(Date.parse(read.validFrom) < house.clock.now() - 29 * DAY, "phones whose clock is behind accept it");
  const text = execFileSync("openssl", ["x509", "-noout", "-text"], { input: cert }).toString();
  t.match(text, /Version: 3 .*ecdsa-with-SHA256.*TLS Web Server Authentication/s);
  t.match(text, /X509v3 Key Usage: critical\s+Digital Signature/);

  const server = createServer({ key, cert }, (_request, response) => response.end("ok"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const peer = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? "");
      socket.destroy();
    });
    socket.on("error", reject);
  });
  t.equal(peer, read.fingerprint256);
});

t.test("certificate: is kept until a name is missing or its end is near", async (t) => {
  const house = await openHouse(t);
  const print = async (names = NAMES) => (await house.access.certificate(names)).fingerprint;
  const first = await print();
  t.equal(await print(), first);
  t.equal(await print({ names: ["localhost"], addresses: ["FD00:0::1"] }), first, "fewer, spelt differently");
  const moved = { ...NAMES, addresses: [...NAMES.addresses, "192.168.1.6"] };
  const second = await print(moved);
  t.not(second, first);
  t.equal(await print(), second, "and back again without a new one");
  house.clock.advance(700 * DAY);
  t.equal(await print(), second);
  house.clock.advance(70 * DAY);
  const third = await print();
  t.not(third, second);
  writeFileSync(join(house.stateDir, "https.pem"), "rubbish");
  rmSync(join(house.stateDir, "https.pem.previous"), { force: true });
  t.not(await print(), third);
});

t.test(
  "certificate: a box that woke up in 1970 makes one that phones of today accept, and keeps it",
  async (t) => {
    const house = await openHouse(t);
    const today = house.clock.now();
    house.clock.setWall(5_000);
    const made = await house.access.certificate(NAMES);
    const read = new X509Certificate(made.cert);
    t.ok(Date.parse(read.validFrom) <= today && today <= Date.parse(read.validTo));
    house.clock.setWall(today);
    t.equal(
      (await house.access.certificate(NAMES)).fingerprint,
      made.fingerprint,
      "when the clock is set, it stays",
    );
    house.clock.setWall(5_000);
    t.equal(
      (await house.access.certificate(NAMES)).fingerprint,
      made.fingerprint,
      "and when it is lost again",
    );
  },
);

t.test("certificate: DER of numbers, identifiers and times", async (t) => {
  t.equal(integer(Buffer.from([0, 0])).toString("hex"), "020100");
  t.equal(integer(Buffer.from([0, 0x7f])).toString("hex"), "02017f");
  t.equal(integer(Buffer.from([0x80])).toString("hex"), "02020080");
  t.equal(objectIdentifier("1.2.840.10045.4.3.2").toString("hex"), "06082a8648ce3d040302");
  t.equal(
    time(Date.UTC(2026, 10, 21, 1, 2, 3, 999))
      .toString("latin1")
      .slice(2),
    "261121010203Z",
  );
  t.equal(
    time(Date.UTC(2051, 0, 1))
      .toString("latin1")
      .slice(2),
    "20510101000000Z",
  );
});

t.test("attempts: an IPv6 /64 is one sender however it is spelt", async (t) => {
  const same = ["2001:db8:1:2::", "2001:db8:1:2:3:4:5:6", "2001:0DB8:0001:0002::ffff", "2001:db8:1:2::1"];
  t.same(new Set(same.map(addressBucket)), new Set(["2001:db8:1:2::/64"]));
  t.equal(addressBucket("::1"), "0:0:0:0::/64");
  t.equal(addressBucket("fe80::1:2:3:4"), "fe80:0:0:0::/64");
  t.equal(addressBucket("192.0.2.1"), "192.0.2.1");
  t.equal(addressBucket(null), "tunnel");
});

t.test("cookies: one value of a name, or none", async (t) => {
  t.equal(readCookie("a=1; tp_lan=x.y; b=2", "tp_lan"), "x.y");
  t.equal(readCookie("tp_lan=x=y", "tp_lan"), "x=y");
  t.equal(readCookie("xtp_lan=1;tp_lan", "tp_lan"), null);
  t.equal(readCookie("tp_lan=1; tp_lan=2", "tp_lan"), null);
  t.equal(readCookie(undefined, "tp_lan"), null);
  t.equal(readCookie(`tp_lan=1;${" ".repeat(9000)}`, "tp_lan"), null);
});
