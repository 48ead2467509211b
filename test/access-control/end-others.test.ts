import t from "tap";
import { ms } from "../../src/kernel/units.ts";
import { LAN, LOCAL, lanViewer, openHouse, pairedPhone } from "./house.ts";

const END = "/api/v1/clients/end-others";
const URL_PATH = "/api/v1/channels";

t.test("end others: one's own other clients, in any role", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const phone = await pairedPhone(house, "viewer");
  const tablet = await pairedPhone(house, "kid");
  // The tablet is the same person's as the phone, as a hand-off makes it.
  house.database
    .prepare("UPDATE clients SET user = ? WHERE id = ?")
    .run(phone.tokens?.client ?? "", tablet.tokens?.client ?? "");
  await house.restart();
  const ended: unknown[] = [];
  house.access.onClientEnded((client, reason) => ended.push([client, reason]));
  t.equal(
    (await phone.call("POST", END, { body: { everybody: true } })).body.code,
    "role-forbidden",
    "everybody is for owners",
  );
  t.same((await phone.call("POST", END, { body: {} })).body, { ended: 1 });
  t.same(ended, [[tablet.tokens?.client, "revoked"]]);
  t.equal((await tablet.call("GET", URL_PATH)).body.code, "client-revoked");
  t.equal((await owner.call("GET", URL_PATH)).status, 200);
  t.equal((await phone.call("GET", URL_PATH)).status, 200);
  t.same((await phone.call("POST", END, { body: {} })).body, { ended: 0 });
  const { entries } = (await owner.call("GET", "/api/v1/audit")).body;
  const others = entries.filter(({ event }: { event: string }) => event === "others-ended");
  t.match(others, [
    {
      client: phone.tokens?.client,
      detail: { ended: 1, everybody: false, names: "Ada's phone" },
    },
  ]);
  t.equal(others.length, 1, "nothing ended is nothing to write down");
});

t.test("end others T6: an owner ends everybody else at once, tokens, cookies and grants", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const second = await pairedPhone(house, "owner");
  const viewer = await pairedPhone(house);
  const cookie = await lanViewer(house);
  const { principal } = (await viewer.call("GET", URL_PATH)).body;
  const grant = house.access.grants.issue("p1", principal, ms(house.clock.now() + 3_600_000));
  t.same((await owner.call("POST", END, { body: { everybody: true } })).body, { ended: 3 });
  for (const restarted of [false, true]) {
    if (restarted) await house.restart();
    for (const phone of [second, viewer]) {
      t.equal((await phone.call("GET", URL_PATH)).body.code, "client-revoked");
      t.equal((await phone.refresh()).body.code, "client-revoked");
    }
    t.equal((await house.send(LAN, "GET", URL_PATH, { headers: { cookie } })).status, 401);
    t.throws(() => house.access.grants.check(grant), { code: "grant-ended" });
    t.equal((await owner.call("GET", "/api/v1/clients")).body.clients.length, 1);
  }
});

t.test("end others: at the box everybody goes", async (t) => {
  const house = await openHouse(t);
  await pairedPhone(house);
  await pairedPhone(house);
  t.same((await house.send(LOCAL, "POST", END, { body: {} })).body, { ended: 0 }, "it has none of its own");
  t.same((await house.send(LOCAL, "POST", END, { body: { everybody: true } })).body, { ended: 2 });
  t.equal(house.access.claimed(), false);
});
