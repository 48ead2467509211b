import t from "tap";
import type { AuditEntry } from "../../../src/protocol/access-api.ts";
import { HTTPS, LOCAL, openHouse, pairedPhone, type House } from "../house.ts";

async function entries(house: House, query = ""): Promise<AuditEntry[]> {
  const { body } = await house.send(LOCAL, "GET", `/api/v1/audit${query}`);
  return body.entries as AuditEntry[];
}

t.test("audit: owners read it, page by page, and nobody else", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const viewer = await pairedPhone(house);
  for (let i = 0; i < 60; i++)
    await owner.call("PATCH", `/api/v1/clients/${viewer.tokens?.client}`, { body: { name: `Phone ${i}` } });
  const first = await owner.call("GET", "/api/v1/audit");
  t.equal(first.status, 200);
  t.equal(first.headers["cache-control"], "no-store");
  t.equal(first.body.entries.length, 50);
  t.match(first.body.entries[0], {
    event: "client-changed",
    client: viewer.tokens?.client,
    name: "Phone 58",
    detail: { name: "Phone 59", by: owner.tokens?.client },
  });
  const last = (first.body.entries as AuditEntry[]).at(-1)?.id ?? 0;
  const second = await entries(house, `?before=${last}&limit=5`);
  t.same(
    second.map(({ id }) => last - id),
    [1, 2, 3, 4, 5],
  );
  for (const query of ["?limit=0", "?limit=201", "?limit=x", "?before=0", "?more=1"])
    t.equal((await house.send(LOCAL, "GET", `/api/v1/audit${query}`)).status, 400, query);
  t.equal((await viewer.call("GET", "/api/v1/audit")).body.code, "role-forbidden");
  t.equal((await house.send(HTTPS, "GET", "/api/v1/audit")).status, 401);
});

t.test("audit: owners ask for alarms alone, however much else happened since", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const viewer = await pairedPhone(house);
  for (let i = 0; i < 60; i++) house.access.audit.note({ event: "watched", client: viewer.tokens?.client });
  const answer = await owner.call("GET", "/api/v1/audit?alarms=true&limit=2");
  t.match(answer.body.entries, [
    { event: "client-paired", client: viewer.tokens?.client },
    { event: "client-paired", client: owner.tokens?.client },
  ]);
  t.equal((await entries(house, "?alarms=false"))[0]?.event, "watched");
  t.equal((await house.send(LOCAL, "GET", "/api/v1/audit?alarms=maybe")).status, 400);
  t.equal((await viewer.call("GET", "/api/v1/audit?alarms=true")).body.code, "role-forbidden");
});

t.test("audit: changes and removals say by whom, and what", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const viewer = await pairedPhone(house);
  const path = `/api/v1/clients/${viewer.tokens?.client}`;
  await owner.call("PATCH", path, { body: { role: "kid", name: "Tablet\u001b[2J" } });
  await owner.call("PATCH", path, { body: { role: "kid" } });
  await owner.call("DELETE", path);
  const [revoked, changed, ...more] = await entries(house);
  t.match(revoked, {
    event: "client-revoked",
    client: viewer.tokens?.client,
    name: "Tablet [2J",
    detail: { by: owner.tokens?.client },
  });
  t.match(changed, {
    event: "client-changed",
    name: "Ada's phone",
    detail: { role: "kid", roleBefore: "viewer", name: "Tablet [2J" },
  });
  t.notOk(
    more.some(({ event }) => event === "client-changed"),
    "what changes nothing is no change",
  );
});

t.test("audit T8: a refresh token used again ends the session, and owners are told", async (t) => {
  const house = await openHouse(t);
  await pairedPhone(house);
  const victim = await pairedPhone(house);
  const notices: AuditEntry[] = [];
  const off = house.access.onNotice((entry) => notices.push(entry));
  const stolen = victim.tokens?.refreshToken;
  const ended: string[] = [];
  house.access.onClientEnded((client) => ended.push(client));
  t.equal((await victim.refresh()).status, 200);
  t.equal((await victim.refresh(stolen)).status, 200, "within the grace a lost answer is given again");
  house.clock.advance(61_000);
  t.equal((await victim.refresh(stolen)).body.code, "refresh-invalid");
  t.match(notices, [
    { event: "refresh-reused", client: victim.tokens?.client, address: HTTPS.address, count: 1 },
  ]);
  t.same(ended, [victim.tokens?.client], "what it has running ends");
  t.equal((await victim.refresh()).body.code, "refresh-invalid", "the family is dead");
  await house.restart();
  t.match(await entries(house, "?limit=1"), [{ event: "refresh-reused" }], "and it is on disk");
  off();
});

t.test("audit: what strangers cause is counted, and holds nothing secret", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  house.access.audit.note({
    event: "request-refused",
    address: "10.0.0.1",
    detail: { code: "dpop-invalid" },
  });
  const codes = await owner.call("POST", "/api/v1/recovery-codes");
  await owner.refresh();
  const text = JSON.stringify(await entries(house));
  for (const secret of [
    ...(codes.body.codes as string[]),
    owner.tokens?.accessToken ?? "",
    owner.tokens?.refreshToken?.split(".")[1] ?? "",
  ]) {
    t.ok(secret.length > 8);
    t.notOk(text.includes(secret));
    t.notOk(house.logged().includes(secret));
  }
});

t.test("audit: which limits were changed, and until when a guest may stay", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const kid = await pairedPhone(house, "kid");
  const limit = (limits: object) =>
    owner.call("PATCH", `/api/v1/clients/${kid.tokens?.client}`, { body: { limits } });
  await limit({ maximumAge: 12, minutesPerDay: 60, unrated: false });
  await limit({ maximumAge: 6, minutesPerDay: 60, unrated: false });
  const [second, first] = await entries(house);
  t.match([first?.event, first?.detail["limits"]], ["client-changed", /minutesPerDay/]);
  t.equal(second?.detail["limits"], "maximumAge");
  const count = (await entries(house)).length;
  await limit({ maximumAge: 6, minutesPerDay: 60, unrated: false });
  t.equal((await entries(house)).length, count, "what changes nothing is no change");

  const guest = await pairedPhone(house, "guest");
  const endsAt = new Date(house.clock.now() + 86_400_000).toISOString();
  await owner.call("PATCH", `/api/v1/clients/${guest.tokens?.client}`, { body: { endsAt } });
  t.match((await entries(house))[0], { event: "client-changed", detail: { endsAt } });
});
