import t from "tap";
import type { OfferState } from "../../src/protocol/access-api.ts";
import type { Offer } from "../../src/protocol/api.ts";
import { HTTPS, LOCAL, Phone, claimOf, openHouse, pairedPhone, wrongCode, type House } from "./house.ts";

/** An owner elsewhere, the offer it opened, and a phone that is to come in. */
async function openedElsewhere(
  house: House,
  role = "viewer",
): Promise<{ owner: Phone; offer: Offer; phone: Phone; path: string }> {
  const owner = await pairedPhone(house);
  const opened = await owner.call("POST", "/api/v1/offers", { body: { role } });
  if (opened.status !== 201) throw new Error(JSON.stringify(opened.body));
  const offer = opened.body as Offer;
  return { owner, offer, phone: await Phone.make(house), path: `/api/v1/offers/${offer.id}` };
}

const rows = (house: House): number[] =>
  ["clients", "pairing_claims", "sessions"].map(
    (table) => house.database.prepare(`SELECT * FROM ${table}`).all().length,
  );

t.test("approval: an owner elsewhere says yes by the number on the new phone", async (t) => {
  const house = await openHouse(t);
  const told: OfferState[] = [];
  house.access.onOffer((state) => told.push(state));
  const { owner, offer, phone, path } = await openedElsewhere(house);
  t.match((await owner.call("GET", path)).body, { id: offer.id, role: "viewer", state: "open", claim: null });
  const before = rows(house);

  const claimed = await phone.claim(offer, { name: "Bob's phone" });
  t.match(claimed.body.match, /^\d\d$/);
  t.same((await phone.poll(claimed.body.claim)).body, { state: "pending" });
  t.same(rows(house), before, "nothing of it is on disk");
  t.equal(house.access.pairingState(), "closed", "the offer is used up");
  t.equal((await (await Phone.make(house)).pair(offer)).body.code, "pairing-refused", "also its code");

  const waiting = (await owner.call("GET", path)).body as OfferState;
  t.match(waiting, {
    state: "waiting",
    claim: { name: "Bob's phone", terminalType: "mobile", address: HTTPS.address, home: false },
  });
  const choices = waiting.claim?.choices ?? [];
  t.equal(new Set(choices).size, 3, "three different numbers");
  t.ok(choices.includes(claimed.body.match));
  t.notOk(JSON.stringify(waiting).includes('match"'), "and not which of them");
  t.same((await owner.call("GET", "/api/v1/offers")).body, { offers: [waiting] });

  const decided = await owner.call("POST", `${path}/decision`, { body: { match: claimed.body.match } });
  t.equal(decided.status, 204);
  await house.restart();
  const paired = await phone.poll(claimed.body.claim);
  t.match(paired.body, { state: "paired", tokens: { role: "viewer" } }, "the yes survives a power cut");
  t.equal((await phone.call("GET", "/api/v1/channels")).status, 200);
  t.same(
    told.filter(({ id }) => id === offer.id).map(({ state }) => state),
    ["waiting", "paired"],
  );
  t.match(house.notes.slice(-3), [
    { event: "offer-opened", client: owner.tokens?.client, detail: { role: "viewer" } },
    { event: "client-paired", detail: { role: "viewer", kind: "key", by: "code" } },
    { event: "pairing-refused" }, // strangers' doings are written later
  ]);
});

t.test("approval: the right number is in every place, and every number comes", async (t) => {
  const house = await openHouse(t, { clients: 1000, openOffers: 4 });
  const owner = await pairedPhone(house);
  const phone = await Phone.make(house);
  const places = new Set<number>();
  const numbers = new Set<string>();
  for (let round = 0; round < 40; round++) {
    const offer = (await owner.call("POST", "/api/v1/offers", { body: {} })).body as Offer;
    const { match } = (await phone.claim(offer)).body;
    const state = (await owner.call("GET", `/api/v1/offers/${offer.id}`)).body as OfferState;
    places.add(state.claim?.choices.indexOf(match) ?? -1);
    numbers.add(match);
    await owner.call("DELETE", `/api/v1/offers/${offer.id}`);
  }
  t.same([...places].sort(), [0, 1, 2]);
  t.ok(numbers.size > 20, `${numbers.size} of 40`);
});

t.test("approval: remote phishing: a wrong number, and none, are a no that leaves no trace", async (t) => {
  for (const wrong of [true, false]) {
    const house = await openHouse(t);
    const { owner, offer, phone, path } = await openedElsewhere(house);
    const before = rows(house);
    const claimed = await phone.claim(offer);
    const state = (await owner.call("GET", path)).body as OfferState;
    const other = state.claim?.choices.find((choice) => choice !== claimed.body.match) ?? "";
    const body = { match: wrong ? other : null };
    t.equal(
      (await owner.call("POST", `${path}/decision`, { body })).status,
      204,
      "the answer does not say which",
    );
    const polled = await phone.poll(claimed.body.claim);
    t.same([polled.status, polled.body.code], [403, "pairing-denied"]);
    t.equal(polled.body.detail?.wrongNumber, wrong ? true : undefined);
    t.same(rows(house), before);
    t.equal((await owner.call("GET", path)).body.state, "refused");
    const again = await owner.call("POST", `${path}/decision`, { body: { match: claimed.body.match } });
    t.same([again.status, again.body.code], [404, "offer-not-found"], "there is no second try");
    t.match(house.notes.at(-1), {
      event: "pairing-denied",
      name: "Ada's phone",
      address: HTTPS.address,
      detail: { role: "viewer" },
    });
    house.clock.advance(5 * 60_000);
    t.equal((await phone.poll(claimed.body.claim)).body.code, "pairing-refused", "later it is unknown");
  }
});

t.test("approval: a claim waits five minutes, and no restart", async (t) => {
  const house = await openHouse(t);
  const told: OfferState[] = [];
  house.access.onOffer((state) => told.push(state));
  const { owner, offer, phone, path } = await openedElsewhere(house);
  house.clock.advance(4 * 60_000);
  const claimed = await phone.claim(offer);
  house.clock.advance(5 * 60_000 - 1000);
  t.equal((await phone.poll(claimed.body.claim)).body.state, "pending", "its time counts from the claim");
  house.clock.advance(2000);
  t.match(told.at(-1), { id: offer.id, state: "closed", claim: null }, "told without anybody asking");
  t.equal((await phone.poll(claimed.body.claim)).body.code, "pairing-refused");
  await owner.refresh();
  t.equal(
    (await owner.call("POST", `${path}/decision`, { body: { match: claimed.body.match } })).body.code,
    "offer-not-found",
  );

  const second = (await owner.call("POST", "/api/v1/offers", { body: {} })).body as Offer;
  const lost = await phone.claim(second);
  await house.restart();
  t.equal((await phone.poll(lost.body.claim)).body.code, "pairing-refused");
  t.same(rows(house), [1, 0, 1], "the owner alone is there");
});

t.test(
  "approval: an offer that runs out is told as closed, one that is opened at the box as paired",
  async (t) => {
    const house = await openHouse(t);
    const told: OfferState[] = [];
    const stop = house.access.onOffer((state) => told.push(state));
    house.access.onOffer(() => {
      throw new Error("a listener that fails");
    });
    const offer = house.access.openOffer();
    house.clock.advance(6 * 60_000);
    t.match(told, [{ id: offer.id, state: "closed" }]);
    t.match(house.logged(), /offer-listener-failed/);
    const other = house.access.openOffer();
    await (await Phone.make(house)).pair(other);
    t.match(told.at(-1), { id: other.id, state: "paired", role: "owner" });
    stop();
    house.access.openOffer();
    house.clock.advance(6 * 60_000);
    t.equal(told.length, 2);
  },
);

t.test("approval: an owner turns away who waits by closing the offer", async (t) => {
  const house = await openHouse(t);
  const { owner, offer, phone, path } = await openedElsewhere(house);
  const claimed = await phone.claim(offer);
  t.equal((await owner.call("DELETE", path)).status, 204);
  t.equal((await owner.call("GET", path)).body.state, "closed");
  t.equal((await phone.poll(claimed.body.claim)).body.code, "pairing-refused");
  t.equal((await owner.call("DELETE", path)).body.code, "offer-not-found");
  t.equal((await owner.call("GET", "/api/v1/offers/nothing")).body.code, "offer-not-found");
  t.equal((await owner.call("POST", `${path}/decision`, { body: { match: "7" } })).status, 400, "two digits");
});

t.test("approval: claims that wait count among the four", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  for (let n = 0; n < 4; n++) {
    const offer = (await owner.call("POST", "/api/v1/offers", { body: {} })).body as Offer;
    t.equal((await (await Phone.make(house)).claim(offer)).status, 200);
  }
  const fifth = await owner.call("POST", "/api/v1/offers", { body: {} });
  t.same([fifth.status, fifth.body.code], [503, "pairing-too-many"]);
  house.clock.advance(5 * 60_000);
  t.equal((await owner.call("POST", "/api/v1/offers", { body: {} })).status, 201);
});

t.test("approval: only owners see who waits and decide", async (t) => {
  const house = await openHouse(t);
  const { offer, phone, path } = await openedElsewhere(house);
  const claimed = await phone.claim(offer);
  const viewer = await pairedPhone(house, "viewer");
  const body = { match: claimed.body.match };
  t.equal((await viewer.call("GET", path)).body.code, "role-forbidden");
  t.equal((await viewer.call("GET", "/api/v1/offers")).body.code, "role-forbidden");
  t.equal((await viewer.call("POST", `${path}/decision`, { body })).body.code, "role-forbidden");
  t.equal((await house.send(HTTPS, "POST", `${path}/decision`, { body })).status, 401);
  t.equal((await house.send(LOCAL, "POST", `${path}/decision`, { body })).status, 204, "the box itself may");
  t.equal((await phone.poll(claimed.body.claim)).status, 200);
});

t.test("approval: what a removed owner has opened goes with it", async (t) => {
  const house = await openHouse(t);
  const { owner, offer, phone } = await openedElsewhere(house, "owner");
  const second = (await owner.call("POST", "/api/v1/offers", { body: {} })).body as Offer;
  const claimed = await phone.claim(offer);
  await house.send(LOCAL, "DELETE", `/api/v1/clients/${owner.tokens?.client}`);
  t.same((await house.send(LOCAL, "GET", "/api/v1/offers")).body, { offers: [] });
  t.equal((await phone.poll(claimed.body.claim)).body.code, "pairing-refused");
  t.equal((await phone.claim(second)).body.code, "pairing-refused");
});

t.test("approval: a box that filled up meanwhile keeps who waits waiting", async (t) => {
  const house = await openHouse(t, { clients: 2 });
  const { owner, offer, phone, path } = await openedElsewhere(house);
  const claimed = await phone.claim(offer);
  const other = await pairedPhone(house);
  const yes = () => owner.call("POST", `${path}/decision`, { body: { match: claimed.body.match } });
  t.equal((await yes()).body.code, "pairing-too-many");
  await other.call("DELETE", "/api/v1/clients/self");
  t.equal((await yes()).status, 204);
  t.equal((await phone.poll(claimed.body.claim)).status, 200);
});

t.test("approval: refusals are noted, with the closing of all pairing, and no secret", async (t) => {
  const house = await openHouse(t, { badProofsPerBox: 2 });
  const phone = await Phone.make(house);
  const offer = house.access.openOffer();
  const proofs = [];
  for (let n = 0; n < 2; n++) {
    const own = { key: phone.jwk, thumbprint: phone.thumbprint, code: wrongCode(offer) };
    const body = claimOf(house, offer, own);
    proofs.push(String(body["proof"]));
    await house.send(HTTPS, "POST", "/api/v1/pairing/claim", { body });
  }
  t.same(
    house.notes.map(({ event, address, count }) => [event, address, count]),
    [
      ["offer-opened", null, 1],
      ["pairing-closed", HTTPS.address, 1],
      ["pairing-refused", HTTPS.address, 2],
    ],
  );
  const text = JSON.stringify(house.notes) + house.logged();
  for (const secret of [...proofs, offer.code, offer.url.split(".").at(-1) ?? "?"])
    t.notOk(text.includes(secret));
});
