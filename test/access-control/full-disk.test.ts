import t from "tap";
import { ms } from "../../src/kernel/units.ts";
import type { Database } from "../../src/kernel/store/database.ts";
import { HTTPS, LOCAL, Phone, claimOf, openHouse, pairedPhone, type House } from "./house.ts";

const CHANNELS = "/api/v1/channels";

/** From now on no transaction that does this to a table is committed. @returns what makes room again */
function noRoomFor(database: Database, change: string): () => void {
  database.exec(
    `CREATE TABLE full_disk (client TEXT REFERENCES clients (id) DEFERRABLE INITIALLY DEFERRED) STRICT;
     CREATE TRIGGER no_room AFTER ${change} BEGIN INSERT INTO full_disk VALUES ('nobody'); END`,
  );
  return () => database.exec("DROP TRIGGER no_room; DROP TABLE full_disk");
}

async function watching(house: House, phone: Phone): Promise<{ grant: string; ended: string[] }> {
  const { principal } = (await phone.call("GET", CHANNELS)).body;
  const grant = house.access.grants.issue("p1", principal, ms(house.clock.now() + 3_600_000));
  const ended: string[] = [];
  house.access.onClientEnded((client, reason) => ended.push(`${client} ${reason}`));
  return { grant, ended };
}

t.test("full disk: who could not be revoked is told of, stopped, and there still", async (t) => {
  const house = await openHouse(t);
  await pairedPhone(house, "owner");
  const phone = await pairedPhone(house, "viewer");
  const { grant, ended } = await watching(house, phone);
  const id = phone.tokens?.client;
  const browser = await Phone.make(house);
  await browser.poll((await browser.takeUp((await phone.call("POST", "/api/v1/hand-offs")).body)).body.claim);
  const pass = (await phone.call("POST", "/api/v1/hand-offs")).body;
  const makeRoom = noRoomFor(house.database, "UPDATE OF revoked_at ON clients");
  const ways = [
    () => house.send(LOCAL, "DELETE", `/api/v1/clients/${id}`),
    () => house.send(LOCAL, "POST", "/api/v1/clients/end-others", { body: { everybody: true } }),
  ];
  for (const way of ways) {
    t.equal((await way()).status, 500);
    const stopped = ended.splice(0);
    for (const one of [phone, browser])
      t.ok(
        stopped.includes(`${one.tokens?.client} revoked`),
        "what runs of it ends, and of who goes with it",
      );
    t.throws(() => house.access.grants.check(grant), { code: "grant-ended" });
    const { clients } = (await house.send(LOCAL, "GET", "/api/v1/clients")).body;
    t.equal(clients.length, 3, "who looks sees that it is not done");
    t.equal((await phone.call("GET", CHANNELS)).status, 200, "as after a restart");
    t.equal(house.notes.filter(({ event }) => /revoked|ended/.test(event)).length, 0);
  }
  t.equal((await (await Phone.make(house)).takeUp(pass)).body.code, "pairing-refused", "its passes are void");
  makeRoom();
  await house.restart();
  t.equal((await phone.call("GET", CHANNELS)).status, 200);
  t.match(await ways[0]?.(), { status: /^20[04]$/ });
  t.equal((await phone.call("GET", CHANNELS)).body.code, "client-revoked");
});

t.test("full disk: who could not be given another role has its own, and begins anew", async (t) => {
  const house = await openHouse(t);
  await pairedPhone(house, "owner");
  const phone = await pairedPhone(house, "viewer");
  const { grant, ended } = await watching(house, phone);
  const id = phone.tokens?.client;
  const body = { role: "kid", name: "Ada's kid" };
  const change = () => house.send(LOCAL, "PATCH", `/api/v1/clients/${id}`, { body });
  const makeRoom = noRoomFor(house.database, "UPDATE OF role ON clients");
  t.equal((await change()).status, 500);
  t.same(ended, [`${id} role-changed`]);
  t.throws(() => house.access.grants.check(grant), { code: "grant-ended" });
  const self = (await phone.call("GET", "/api/v1/clients/self")).body;
  t.match(self, { role: "viewer", name: "Ada's phone" });
  makeRoom();
  t.match((await change()).body, body);
});

t.test("full disk: a token that could not be renewed is good until it is", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house);
  const { ended } = await watching(house, phone);
  const { refreshToken } = phone.tokens ?? {};
  const makeRoom = noRoomFor(house.database, "INSERT ON sessions");
  t.equal((await phone.refresh()).status, 500);
  house.clock.advance(10 * 60_000);
  t.equal((await phone.refresh(refreshToken)).status, 500, "and not a token of before that comes late");
  makeRoom();
  t.equal((await phone.refresh(refreshToken)).status, 200);
  t.same(ended, []);

  // A copy in other hands, and the end of the session cannot be written.
  const room = noRoomFor(house.database, "DELETE ON sessions");
  house.clock.advance(10 * 60_000);
  t.equal((await phone.refresh(refreshToken)).status, 500);
  t.same(ended, [`${phone.tokens?.client} revoked`], "what runs ends all the same");
  room();
  t.equal((await phone.refresh(refreshToken)).status, 401);
  t.equal((await phone.call("GET", CHANNELS)).status, 401);
});

t.test("full disk: tokens that could not be handed out are asked for again", async (t) => {
  const house = await openHouse(t);
  const phone = await Phone.make(house);
  const claimed = await phone.claim(house.access.openOffer());
  const makeRoom = noRoomFor(house.database, "INSERT ON sessions");
  t.equal((await phone.poll(claimed.body.claim)).status, 500);
  makeRoom();
  t.equal((await phone.poll(claimed.body.claim)).status, 200);
  t.equal((await phone.call("GET", CHANNELS)).status, 200);
});

t.test("full disk: whom there is no room for is no client, and its code is good still", async (t) => {
  const house = await openHouse(t);
  const phone = await Phone.make(house);
  const offer = house.access.openOffer();
  const makeRoom = noRoomFor(house.database, "INSERT ON clients");
  const body = claimOf(house, offer, { key: phone.jwk, thumbprint: phone.thumbprint });
  t.equal((await house.send(HTTPS, "POST", "/api/v1/pairing/claim", { body })).status, 500);
  t.equal(house.access.claimed(), false);
  t.equal((await house.send(LOCAL, "GET", "/api/v1/clients")).body.clients.length, 0);
  t.match((await house.send(LOCAL, "GET", `/api/v1/offers/${offer.id}`)).body, { state: "open" });
  makeRoom();
  t.equal((await phone.pair(offer)).status, 200);

  const pass = (await phone.call("POST", "/api/v1/hand-offs")).body;
  const full = noRoomFor(house.database, "INSERT ON clients");
  const app = await Phone.make(house);
  t.equal((await app.takeUp(pass)).status, 500);
  full();
  t.equal((await app.takeUp(pass)).status, 200, "nor is its pass used");
  t.notOk(house.notes.some(({ event }) => event === "hand-off-replayed"));
});

t.test("full disk: the clock's step is followed as a whole or not at all", async (t) => {
  const house = await openHouse(t);
  const guest = await pairedPhone(house, "guest");
  const endsAt = async () => (await guest.call("GET", "/api/v1/clients/self")).body.endsAt;
  const before = await endsAt();
  const makeRoom = noRoomFor(house.database, "UPDATE OF not_after ON clients");
  const now = house.clock.now();
  t.throws(() => house.access.followClock({ from: now, to: now - 86_400_000, era: null }));
  t.equal(await endsAt(), before);
  makeRoom();
});
