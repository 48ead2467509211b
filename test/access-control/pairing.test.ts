import t from "tap";
import { createHash, createPublicKey, verify } from "node:crypto";
import { createHmac, hkdfSync } from "node:crypto";
import { pairingProofBytes, CODE_KDF, parsePairingFragment } from "../../src/protocol/pairing.ts";
import { ED25519_SPKI_PREFIX, boxIdOf } from "../../src/protocol/identity.ts";
import { thumbprintOf } from "../../src/access-control/keys.ts";
import { PAIRING_VECTORS } from "./pairing-vectors.ts";
import {
  HTTPS,
  LAN,
  LOCAL,
  LOOPBACK,
  Phone,
  TUNNEL,
  WAN_HTTP,
  claimOf,
  openHouse,
  pairedPhone,
  wrongCode,
} from "./house.ts";

t.test("pairing: proofs are those of the vectors", async (t) => {
  const { box, code, codeKey, cases, fragment, key, nonce, secret, thumbprint } = PAIRING_VECTORS;
  const derived = Buffer.from(hkdfSync("sha256", code, CODE_KDF.salt, CODE_KDF.info, 32));
  t.equal(derived.toString("hex"), codeKey);
  t.equal(thumbprintOf(key), thumbprint);
  t.equal(parsePairingFragment(fragment)?.secret, secret);
  for (const vector of cases) {
    const data = pairingProofBytes({ box, nonce, offer: vector.offer, thumbprint: vector.thumbprint });
    const hmacKey = vector.by === "code" ? derived : Buffer.from(secret, "base64url");
    t.equal(createHmac("sha256", hmacKey).update(data).digest("base64url"), vector.proof, vector.name);
  }
});

t.test("pairing: the first client by a typed code is the owner, and is let in", async (t) => {
  const house = await openHouse(t);
  t.equal(house.access.claimed(), false);
  t.equal(house.access.pairingState(), "closed");
  const offer = house.access.openOffer();
  t.equal(offer.role, "owner");
  t.match(offer.code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  t.equal(house.access.pairingState(), "open");
  const phone = await Phone.make(house);
  const paired = await phone.pair(offer, { code: offer.code.toLowerCase().replace("-", " ") });
  t.equal(paired.status, 200);
  t.match(paired.body, { state: "paired", tokens: { role: "owner" } });
  t.equal(house.access.claimed(), true);
  t.equal(house.access.pairingState(), "closed", "an offer is good once");
  const answer = await phone.call("GET", "/api/v1/channels?x=1");
  t.equal(answer.status, 200);
  const { client } = paired.body.tokens;
  t.same(answer.body.principal, {
    client,
    user: client,
    terminalType: "mobile",
    role: "owner",
    payer: client,
  });
  t.equal(house.access.openOffer().role, "viewer", "the next is a viewer");
});

t.test("pairing: by QR code, over loopback http, and as another role", async (t) => {
  const house = await openHouse(t);
  await pairedPhone(house);
  const phone = await Phone.make(house);
  const paired = await phone.pair(house.access.openOffer("kid"), { qr: true, origin: LOOPBACK });
  t.equal(paired.body.tokens.role, "kid");
  t.equal((await phone.call("GET", "/api/v1/channels", { origin: LOOPBACK, scheme: "http" })).status, 200);
  t.equal((await phone.call("GET", "/api/v1/clients", { origin: LOOPBACK, scheme: "http" })).status, 403);
});

t.test("pairing: the box attests what it paired, by the key that its id is the hash of", async (t) => {
  const house = await openHouse(t);
  const phone = await Phone.make(house);
  const offer = house.access.openOffer();
  const body = claimOf(house, offer, { key: phone.jwk, thumbprint: phone.thumbprint });
  const claimed = await house.send(HTTPS, "POST", "/api/v1/pairing/claim", { body });
  t.equal(claimed.body.match, null);
  const { tokens } = (await phone.poll(claimed.body.claim)).body;
  const [head, payload, signature] = tokens.attestation.split(".") as [string, string, string];
  const { jwk, alg } = JSON.parse(Buffer.from(head, "base64url").toString());
  t.equal(alg, "EdDSA");
  const spki = Buffer.concat([ED25519_SPKI_PREFIX, Buffer.from(jwk.x, "base64url")]);
  t.equal(boxIdOf(createHash("sha256").update(spki).digest()), house.access.identity.boxId);
  t.same(spki, house.access.identity.spki);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  t.ok(verify(null, Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, "base64url")));
  t.match(JSON.parse(Buffer.from(payload, "base64url").toString()), {
    box: house.access.identity.boxId,
    client: tokens.client,
    thumbprint: phone.thumbprint,
    role: "owner",
    nonce: body["nonce"],
  });
});

t.test("pairing T1: wrong, unknown, used, expired, voided and closed get the same answer", async (t) => {
  const house = await openHouse(t);
  const phone = await Phone.make(house);
  const own = { key: phone.jwk, thumbprint: phone.thumbprint };
  const claim = (body: unknown) => house.send(HTTPS, "POST", "/api/v1/pairing/claim", { body });
  const offer = house.access.openOffer();
  const answers = [];
  answers.push(await claim(claimOf(house, offer, { ...own, code: wrongCode(offer) })));
  answers.push(await claim(claimOf(house, offer, { ...own, offer: "AAAAAAAAAAA", qr: true })));
  t.equal((await claim(claimOf(house, offer, own))).status, 200);
  answers.push(await claim(claimOf(house, offer, own)));
  const late = house.access.openOffer("owner");
  house.clock.advance(5 * 60_000);
  answers.push(await claim(claimOf(house, late, own)));
  answers.push(await house.send(HTTPS, "POST", "/api/v1/pairing/poll", { body: { claim: "x".repeat(43) } }));
  const guessed = house.access.openOffer();
  for (let i = 0; i < 5; i++)
    answers.push(await claim(claimOf(house, guessed, { ...own, code: wrongCode(guessed) })));
  t.equal(house.access.pairingState(), "closed", "five wrong proofs void an offer");
  answers.push(await claim(claimOf(house, guessed, own)));
  for (const answer of answers) {
    t.equal(answer.status, 403);
    t.same(answer.body, answers[0]?.body);
    t.equal(answer.body.code, "pairing-refused");
  }
});

t.test(
  "pairing T1: an address is not heard after ten wrong proofs an hour, an IPv6 /64 being one",
  async (t) => {
    const house = await openHouse(t);
    const phone = await Phone.make(house);
    const own = { key: phone.jwk, thumbprint: phone.thumbprint };
    const from = (host: string) => ({ ...HTTPS, address: host });
    for (let i = 0; i < 10; i++) {
      const offer = house.access.openOffer("viewer");
      const wrong = claimOf(house, offer, { ...own, code: wrongCode(offer) });
      await house.send(from(`2001:db8:1:2::${(i + 1).toString(16)}`), "POST", "/api/v1/pairing/claim", {
        body: wrong,
      });
      const api = await house.send(LOCAL, "DELETE", `/api/v1/offers/${offer.id}`);
      t.equal(api.status, 204);
    }
    const offer = house.access.openOffer();
    const right = () => claimOf(house, offer, own);
    const claim = (address: string) =>
      house.send(from(address), "POST", "/api/v1/pairing/claim", { body: right() });
    t.equal(
      (await claim("2001:db8:1:2:ffff::1")).status,
      403,
      "its /64 is not heard, even with the right code",
    );
    t.equal((await claim("2001:db8:1:3::1")).status, 200, "its neighbour is");
    house.clock.advance(3_600_000);
    const later = house.access.openOffer();
    const again = await house.send(from("2001:db8:1:2::1"), "POST", "/api/v1/pairing/claim", {
      body: claimOf(house, later, own),
    });
    t.equal(again.status, 200, "an hour later it is heard again");
  },
);

t.test(
  "pairing T1: twenty wrong proofs an hour close pairing until somebody opens it at the box",
  async (t) => {
    const house = await openHouse(t);
    const owner = await pairedPhone(house);
    for (let i = 0; i < 20; i++) {
      const offer = house.access.openOffer();
      const wrong = claimOf(house, offer, {
        key: owner.jwk,
        thumbprint: owner.thumbprint,
        code: wrongCode(offer),
      });
      const origin = { ...HTTPS, address: `203.0.113.${i}` };
      await house.send(origin, "POST", "/api/v1/pairing/claim", { body: wrong });
      if (i < 19) await house.send(LOCAL, "DELETE", `/api/v1/offers/${offer.id}`);
    }
    t.equal(house.access.pairingState(), "closed");
    const remote = await owner.call("POST", "/api/v1/offers", { body: {} });
    t.same([remote.status, remote.body.code], [503, "pairing-too-many"], "an owner elsewhere cannot");
    house.clock.advance(7_200_000);
    await owner.refresh();
    t.equal((await owner.call("POST", "/api/v1/offers", { body: {} })).status, 503, "nor does time");
    const local = await house.send(LOCAL, "POST", "/api/v1/offers", { body: {} });
    t.equal(local.status, 201);
    t.equal(house.access.pairingState(), "open");
    t.equal((await owner.call("POST", "/api/v1/offers", { body: { role: "guest" } })).status, 201);
  },
);

t.test("pairing: four offers at once, and no more", async (t) => {
  const house = await openHouse(t);
  for (let i = 0; i < 4; i++) house.access.openOffer();
  t.throws(() => house.access.openOffer(), { code: "pairing-too-many", retryAfterMs: 300_000 });
  house.clock.advance(300_000);
  t.equal(house.access.pairingState(), "closed");
  t.ok(house.access.openOffer());
});

t.test(
  "pairing T2 T4: a key is paired where nobody reads along, a phone without one in the home network alone",
  async (t) => {
    const house = await openHouse(t);
    const phone = await Phone.make(house);
    const offer = house.access.openOffer();
    const own = { key: phone.jwk, thumbprint: phone.thumbprint };
    const code = async (origin: typeof HTTPS, options: Parameters<typeof claimOf>[2], headers = {}) =>
      (
        await house.send(origin, "POST", "/api/v1/pairing/claim", {
          body: claimOf(house, offer, options),
          headers,
        })
      ).body.code;
    t.equal(await code(LAN, own), "secure-origin-required");
    t.equal(await code(WAN_HTTP, own), "secure-origin-required");
    t.equal(await code(LOOPBACK, { ...own, refresh: "cookie" }), "secure-origin-required");
    t.equal(await code(WAN_HTTP, { key: null }), "not-from-lan");
    t.equal(await code(TUNNEL, { key: null }, { "x-forwarded-for": "192.168.1.5" }), "not-from-lan");
    t.equal(
      (
        await house.send(HTTPS, "POST", "/api/v1/pairing/claim", {
          body: { ...claimOf(house, offer, own), key: { ...phone.jwk, y: "A".repeat(43) } },
        })
      ).body.code,
      "body-invalid",
    );
    t.equal(house.access.pairingState(), "open", "none of these cost a try");
    t.equal((await phone.pair(offer)).status, 200);
  },
);

t.test(
  "pairing T25: a poll whose answer was lost can be repeated for a minute, then the claim is used up",
  async (t) => {
    const house = await openHouse(t);
    const phone = await Phone.make(house);
    const claimed = await house.send(HTTPS, "POST", "/api/v1/pairing/claim", {
      body: claimOf(house, house.access.openOffer(), { key: phone.jwk, thumbprint: phone.thumbprint }),
    });
    t.equal((await phone.poll(claimed.body.claim, LAN)).body.code, "secure-origin-required");
    const first = await phone.poll(claimed.body.claim);
    house.clock.advance(59_000);
    const second = await phone.poll(claimed.body.claim);
    t.same(second.body, first.body);
    t.equal((await phone.refresh()).status, 200);
    house.clock.advance(2_000);
    t.equal((await phone.poll(claimed.body.claim)).body.code, "pairing-refused");
    t.same(house.database.prepare("SELECT * FROM pairing_claims").all(), [], "nothing of it is left");
    t.equal((await phone.call("GET", "/api/v1/channels")).status, 200);
  },
);

t.test("pairing: a kill between claim and poll loses nothing", async (t) => {
  const house = await openHouse(t);
  const phone = await Phone.make(house);
  const claimed = await house.send(HTTPS, "POST", "/api/v1/pairing/claim", {
    body: claimOf(house, house.access.openOffer(), { key: phone.jwk, thumbprint: phone.thumbprint }),
  });
  await house.restart();
  t.equal(house.access.claimed(), true);
  t.equal((await phone.poll(claimed.body.claim)).status, 200);
  t.equal((await phone.call("GET", "/api/v1/channels")).status, 200);
  await house.restart();
  const again = await phone.poll(claimed.body.claim);
  t.equal(again.status, 200, "nor does one after the answer was lost");
  t.equal((await phone.call("GET", "/api/v1/channels")).status, 200);
  const clients = await phone.call("GET", "/api/v1/clients");
  t.equal(clients.body.clients.length, 1);
});

t.test("pairing: a client that never collects its tokens is forgotten, and is no owner", async (t) => {
  const house = await openHouse(t);
  const phone = await Phone.make(house);
  const claimed = await house.send(HTTPS, "POST", "/api/v1/pairing/claim", {
    body: claimOf(house, house.access.openOffer(), { key: phone.jwk, thumbprint: phone.thumbprint }),
  });
  t.equal(house.access.claimed(), true);
  house.clock.advance(5 * 60_000);
  t.equal(house.access.claimed(), false);
  t.equal((await phone.poll(claimed.body.claim)).body.code, "pairing-refused");
  t.equal(house.access.openOffer().role, "owner");
});

t.test("pairing: a name keeps to its line", async (t) => {
  const house = await openHouse(t);
  const phone = await Phone.make(house);
  await phone.pair(house.access.openOffer(), { name: "\u202eA\nb\u0000 客厅 " });
  t.equal((await phone.call("GET", "/api/v1/clients/self")).body.name, "A b 客厅");
});

t.test("pairing: bounded number of clients", async (t) => {
  const house = await openHouse(t, { clients: 2 });
  await pairedPhone(house);
  await pairedPhone(house);
  t.throws(() => house.access.openOffer(), { code: "pairing-too-many" });
});

t.test("pairing: a box without room uses no offer and no pass up, and says nothing of it", async (t) => {
  const house = await openHouse(t, { clients: 3 });
  const states: string[] = [];
  house.access.onOffer(({ state }) => states.push(state));
  const owner = await pairedPhone(house);
  await pairedPhone(house);
  const byCode = house.access.openOffer("viewer");
  const byQr = (await owner.call("POST", "/api/v1/offers", { body: { role: "viewer" } })).body;
  const pass = (await owner.call("POST", "/api/v1/hand-offs")).body;
  const third = await pairedPhone(house, "viewer");
  states.length = 0;

  const late = await Phone.make(house);
  const wrong = await late.claim(byCode, { code: wrongCode(byCode) });
  for (let n = 0; n < 2; n++) {
    for (const answer of [
      await late.claim(byCode),
      await late.claim(byQr, { qr: true }),
      await late.takeUp(pass),
    ])
      t.same([answer.status, answer.body], [403, wrong.body]);
  }
  t.same(states, []);
  t.equal((await house.send(LOCAL, "GET", "/api/v1/offers")).body.offers.length, 2, "they are open still");
  t.notOk(house.notes.some(({ event }) => event === "hand-off-replayed"));

  await third.call("DELETE", "/api/v1/clients/self");
  t.equal((await late.takeUp(pass)).status, 200, "there is room again");
  t.equal((await late.takeUp(pass)).body.code, "hand-off-used");
  await owner.call("DELETE", "/api/v1/clients/self");
  const next = await Phone.make(house);
  t.equal((await next.pair(byCode)).status, 200);
  t.equal((await next.claim(byCode)).body.code, "pairing-refused", "good once");
  house.clock.advance(5 * 60_000 + 100);
  t.same(states, ["closed", "paired"], "with its owner's removal, and by its client");
});

t.test("pairing T8: what strangers repeat is a line of the log in a minute, with how often", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const lines = (event: string): { level: number; times?: number }[] =>
    house
      .logged()
      .split("\n")
      .filter((line) => line.includes(`"msg":"${event}"`))
      .map((line) => JSON.parse(line) as { level: number; times?: number });
  const stranger = await Phone.make(house);
  const offer = { ...house.access.openOffer(), code: "BBBB-BBBB" };
  for (let n = 0; n < 60; n++) await stranger.claim(offer);
  const pass = (await owner.call("POST", "/api/v1/hand-offs")).body;
  for (let n = 0; n < 20; n++) await stranger.takeUp(pass);
  t.match(lines("pairing-refused"), [{ level: 40 }]);
  t.equal(lines("hand-off-replayed").length, 1);
  house.clock.advance(60_000);
  t.match(lines("pairing-refused"), [{}, { level: 40, times: 59, address: HTTPS.address }]);
  t.match(lines("hand-off-replayed"), [{}, { times: 18, address: HTTPS.address }]);

  // What somebody does who is paired: some lines of it, and no flood either.
  house.clock.advance(60_000);
  const before = house.logged().length;
  for (let n = 0; n < 40; n++) {
    const made = await owner.call("POST", "/api/v1/hand-offs");
    await (await Phone.make(house)).takeUp(made.body);
    const { clients } = (await owner.call("GET", "/api/v1/clients")).body;
    for (const { id, current } of clients)
      if (current === false) await owner.call("DELETE", `/api/v1/clients/${id}`);
  }
  for (const event of ["hand-off-made", "client-paired", "client-revoked"])
    t.equal(house.logged().slice(before).split(`"msg":"${event}"`).length - 1, 30, event);
  house.clock.advance(60_000);
  t.match(lines("client-revoked").at(-1), { level: 30, times: /^1\d$/ });
});

t.test(
  "pairing T8: claims and polls of strangers write nothing, nor does asking whose the box is",
  async (t) => {
    const house = await openHouse(t);
    const offer = house.access.openOffer();
    let transactions = 0;
    const transaction = house.database.transaction.bind(house.database);
    house.database.transaction = (work) => {
      transactions++;
      return transaction(work);
    };
    const phone = await Phone.make(house);
    for (let n = 0; n < 4; n++) {
      await phone.claim({ ...offer, code: wrongCode(offer) });
      await phone.poll("x".repeat(43));
      t.equal(house.access.claimed(), false);
    }
    t.equal(transactions, 0);
    t.equal((await phone.claim(offer)).status, 200);
    t.equal(transactions, 1, "the client's");
    t.equal(house.access.claimed(), true);

    // It is never collected: nobody's owner, and gone as soon as somebody claims or polls.
    house.clock.advance(5 * 60_000);
    transactions = 0;
    t.equal(house.access.claimed(), false);
    t.equal(transactions, 0);
    await phone.poll("x".repeat(43));
    t.equal(transactions, 1);
    t.same((await house.send(LOCAL, "GET", "/api/v1/clients")).body.clients, []);
    await phone.poll("x".repeat(43));
    t.equal(transactions, 1, "once");
  },
);

t.test("pairing T13: only JSON is a claim", async (t) => {
  const house = await openHouse(t);
  const body = JSON.stringify(claimOf(house, house.access.openOffer(), { key: null }));
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    const answer = await house.send(LAN, "POST", "/api/v1/pairing/claim", {
      body,
      headers: { "content-type": type },
    });
    t.ok(answer.status === 415 || answer.status === 400, `${type}: ${answer.status}`);
  }
  t.equal(house.access.pairingState(), "open");
});
