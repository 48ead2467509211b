import t from "tap";
import { LAN, LOCAL, openHouse, pairedPhone, lanViewer, type House } from "./house.ts";

const DAY = 86_400_000;

const clientOf = async (house: House, id: string) =>
  (await house.send(LOCAL, "GET", "/api/v1/clients")).body.clients.find(
    (one: { id: string }) => one.id === id,
  );

t.test("clients: limits are set for kids and guests, shown, and taken over as they are", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house, "owner");
  const kid = await pairedPhone(house, "kid");
  const id = kid.tokens!.client;
  t.same((await clientOf(house, id)).limits, { maximumAge: 12, unrated: true });
  t.equal((await clientOf(house, owner.tokens!.client)).limits, undefined);
  const limits = {
    maximumAge: 6,
    unrated: false,
    hours: [{ days: [1, 2], from: "15:00", to: "24:00" }],
    channels: ["a", "b"],
    minutesPerDay: 90,
  };
  const set = await owner.call("PATCH", `/api/v1/clients/${id}`, { body: { limits } });
  t.equal(set.status, 200);
  t.same(set.body.limits, limits);
  t.same((await kid.call("GET", "/api/v1/clients/self")).body.limits, limits, "the kid may know");
  await house.restart();
  t.same((await clientOf(house, id)).limits, limits);
  t.equal((await kid.call("PATCH", `/api/v1/clients/${id}`, { body: { limits: {} } })).status, 403);
  t.equal((await kid.call("PATCH", "/api/v1/clients/self", { body: { limits: {} } })).status, 403);
});

t.test("clients: limits that do not fit change nothing, not even the rest of the request", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house, "owner");
  const kid = (await pairedPhone(house, "kid")).tokens!.client;
  const viewer = (await pairedPhone(house, "viewer")).tokens!.client;
  const patch = (id: string, body: unknown) => owner.call("PATCH", `/api/v1/clients/${id}`, { body });
  const night = { hours: [{ days: [1], from: "21:00", to: "06:00" }] };
  const refused = await patch(kid, { name: "Other", role: "guest", limits: night });
  t.match(refused, { status: 400, body: { code: "limits-invalid" } });
  t.match(await clientOf(house, kid), { name: "Ada's phone", role: "kid" });
  t.match(await patch(viewer, { limits: {} }), { status: 400, body: { code: "limits-invalid" } });
  t.match(await patch(viewer, { role: "kid", limits: { maximumAge: 6 } }), {
    status: 200,
    body: { limits: { maximumAge: 6 } },
  });
  await patch(viewer, { role: "viewer" });
  t.same((await patch(viewer, { role: "kid" })).body.limits, { maximumAge: 12, unrated: true }, "a new kid");
});

t.test("T5: a guest's stay is the policy's at the most, in the future, and ends to the second", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house, "owner");
  const guest = await pairedPhone(house, "guest");
  const id = guest.tokens!.client;
  const { clock } = house;
  const iso = (ms: number): string => new Date(clock.now() + ms).toISOString();
  t.equal((await clientOf(house, id)).endsAt, iso(7 * DAY));
  const patch = (endsAt: string, whom = id) =>
    owner.call("PATCH", `/api/v1/clients/${whom}`, { body: { endsAt } });
  for (const wrong of [iso(0), iso(-1000), iso(7 * DAY + 1000)])
    t.match(await patch(wrong), {
      status: 400,
      body: { code: "limits-invalid", detail: { field: "endsAt" } },
    });
  t.match(await patch(iso(1000), owner.tokens!.client), { status: 400, body: { code: "limits-invalid" } });
  t.equal((await patch(iso(60_000))).body.endsAt, iso(60_000));
  await house.restart();
  t.equal((await guest.call("GET", "/api/v1/channels")).status, 200);
  clock.advance(60_000);
  t.match(await guest.call("GET", "/api/v1/channels"), { status: 401, body: { code: "stay-over" } });
});

t.test("T5: what a guest has running is ended within a minute of its stay, without a request", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house, "owner");
  const guest = (await pairedPhone(house, "guest")).tokens!.client;
  house.access.start();
  const ended: [string, string][] = [];
  house.access.onClientEnded((client, reason) => ended.push([client, reason]));
  const endsAt = new Date(house.clock.now() + 100_000).toISOString();
  await owner.call("PATCH", `/api/v1/clients/${guest}`, { body: { endsAt } });
  house.clock.advance(99_000);
  t.same(ended, []);
  house.clock.advance(61_000);
  t.same(ended, [[guest, "stay-over"]]);
  house.clock.advance(DAY);
  t.equal(ended.length, 1, "once");
  const brief = (await pairedPhone(house, "guest")).tokens!.client;
  await house.send(LOCAL, "PATCH", `/api/v1/clients/${brief}`, {
    body: { endsAt: new Date(house.clock.now() + 2000).toISOString() },
  });
  house.clock.advance(30_000);
  t.same(ended[1], [brief, "stay-over"], "however short it was");
  house.access.stop();
});

t.test("sessions: what runs for a cookie or a session that has come to its end is ended, too", async (t) => {
  const house = await openHouse(t, { lanCookie: 2 * DAY, refreshAbsolute: 3 * DAY, refreshSliding: 2 * DAY });
  const cookie = await lanViewer(house, "viewer");
  const phone = await pairedPhone(house, "viewer");
  house.access.start();
  const ended: string[] = [];
  house.access.onClientEnded((client, reason) => ended.push(`${reason} ${client}`));
  house.clock.advance(1.5 * DAY);
  t.equal((await phone.refresh()).status, 200);
  t.equal((await house.send(LAN, "GET", "/api/v1/channels", { headers: { cookie } })).status, 200);
  house.clock.advance(0.5 * DAY + 60_000);
  const lan = /=([a-z2-7]{16})\./.exec(cookie)?.[1];
  t.same(ended, [`stay-over ${lan}`]);
  house.clock.advance(DAY);
  t.same(
    ended.slice(1),
    [`stay-over ${phone.tokens!.client}`],
    "180 days (here 3) after pairing, used or not",
  );
  house.access.stop();
});

t.test("PIN: owners set it, every client may try it, and strangers may not", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house, "owner");
  const kid = await pairedPhone(house, "kid");
  const guest = await pairedPhone(house, "guest");
  const set = (phone: typeof owner, pin: unknown) =>
    phone.call("PUT", "/api/v1/parental-pin", { body: { pin } });
  const unlock = (pin: unknown) => kid.call("POST", "/api/v1/clients/self/unlock", { body: { pin } });
  t.match(await unlock("2468"), { status: 409, body: { code: "pin-missing" } });
  for (const phone of [kid, guest]) t.equal((await set(phone, "1111")).status, 403);
  for (const wrong of ["123", "1234567", "12a4", "", undefined])
    t.equal((await set(owner, wrong)).status, 400);
  t.same((await kid.call("GET", "/api/v1/parental-pin")).body, { set: false });
  t.equal((await set(owner, "2468")).status, 204);
  t.same((await kid.call("GET", "/api/v1/parental-pin")).body, { set: true });
  t.match(await unlock("0000"), { status: 403, body: { code: "pin-wrong" } });
  const unlocked = await unlock("2468");
  t.equal(unlocked.status, 200);
  t.equal(Date.parse(unlocked.body.until), house.clock.now() + 30 * 60_000);
  t.equal(
    (await house.send(LAN, "POST", "/api/v1/clients/self/unlock", { body: { pin: "2468" } })).status,
    401,
  );
  for (let i = 0; i < 5; i++) t.match(await unlock("0000"), { status: 403, body: { code: "pin-wrong" } });
  t.match(await unlock("2468"), { status: 429, body: { code: "pin-locked" } });
  t.notMatch(house.logged(), /2468|"0000"/, "no PIN in the log");
  t.equal((await set(owner, null)).status, 204);
  t.match(await unlock("2468"), { status: 409, body: { code: "pin-missing" } });
});
