import t from "tap";
import type { Offer } from "../../src/protocol/api.ts";
import type { House } from "./house.ts";
import { HTTPS_LAN, LAN, Phone, claimOf, lanViewer, openHouse, pairedPhone } from "./house.ts";

const claimWithoutKey = (house: House, offer: Offer, how: { qr?: boolean; watchOnly?: boolean } = {}) =>
  house.send(LAN, "POST", "/api/v1/pairing/claim", {
    body: { ...claimOf(house, offer, { key: null, ...how }), ...(how.watchOnly && { watchOnly: true }) },
  });

t.test(
  "first owner: an owner's offer is not spent over plain http; scanned, it goes on over https",
  async (t) => {
    const house = await openHouse(t);
    const offer = house.access.openOffer();
    for (let turn = 0; turn < 8; turn++) {
      const refused = await claimWithoutKey(house, offer, { qr: true });
      t.same([refused.status, refused.body.code], [403, "secure-origin-required"]);
      t.same(refused.body.detail, { codeGood: true });
    }
    t.same((await house.send(LAN, "GET", "/api/v1/clients/self")).status, 401);
    const phone = await Phone.make(house);
    t.match((await phone.pair(offer, { qr: true })).body.tokens, { role: "owner" });
    t.ok(house.access.claimed());
  },
);

t.test("first owner: a typed code that went out in the open is void, the scanned one is not", async (t) => {
  const house = await openHouse(t);
  const offer = house.access.openOffer();
  const refused = await claimWithoutKey(house, offer);
  t.match(refused.body, { code: "secure-origin-required", detail: { codeGood: false } });
  const thief = await Phone.make(house);
  t.equal((await thief.pair(offer)).body.code, "pairing-refused", "whoever found it by trying gets nothing");
  t.equal((await claimWithoutKey(house, offer)).body.code, "pairing-refused");
  t.match((await (await Phone.make(house)).pair(offer, { qr: true })).body.tokens, { role: "owner" });
});

t.test("first owner: a typed code to which an owner says yes stays good", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const offer = (await owner.call("POST", "/api/v1/offers", { body: { role: "owner" } })).body as Offer;
  t.match((await claimWithoutKey(house, offer)).body.detail, { codeGood: true });
  t.match((await (await Phone.make(house)).claim(offer)).body.match, /^\d\d$/);
});

t.test(
  "first owner: who wants to watch only, spends it knowingly; other roles are not concerned",
  async (t) => {
    const house = await openHouse(t);
    t.equal((await claimWithoutKey(house, house.access.openOffer("viewer"))).status, 200);
    const offer = house.access.openOffer();
    t.equal((await claimWithoutKey(house, offer, { watchOnly: true })).status, 200);
    t.notOk(house.access.claimed());
    t.equal((await claimWithoutKey(house, offer, { qr: true })).body.code, "pairing-refused", "it is spent");
    const guess = await claimWithoutKey(house, { ...house.access.openOffer(), code: "BBBB-BBBB" });
    t.equal(guess.body.code, "pairing-refused", "who guesses does not learn what is open");
  },
);

t.test("first owner: a LAN viewer waits for no owner where there is none", async (t) => {
  const house = await openHouse(t);
  const cookie = await lanViewer(house, "viewer");
  const wish = { headers: { cookie, "x-tellyport": "1" } };
  t.same((await house.send(LAN, "POST", "/api/v1/hand-offs", wish)).body.code, "owner-missing");
  const owner = await pairedPhone(house);
  const pass = (await house.send(LAN, "POST", "/api/v1/hand-offs", wish)).body;
  await owner.call("DELETE", "/api/v1/clients/self");
  const app = await Phone.make(house);
  t.equal((await app.takeUp(pass, { origin: HTTPS_LAN })).body.code, "owner-missing");
});
