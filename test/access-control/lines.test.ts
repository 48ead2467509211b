import t from "tap";
import { ms } from "../../src/kernel/units.ts";
import { LAN, LOCAL, Phone, handOffClaim, openHouse, pairedPhone, type House } from "./house.ts";

const idOf = (phone: Phone): string => phone.tokens?.client ?? "";

/** A phone's next browser, by its hand-off. */
async function browserOf(phone: Phone): Promise<Phone> {
  const made = await phone.call("POST", "/api/v1/hand-offs");
  const next = await Phone.make(phone.house);
  const polled = await next.poll((await next.takeUp(made.body)).body.claim as string);
  if (polled.status !== 200) throw new Error(JSON.stringify([made.body, polled.body]));
  return next;
}

/** Hands its place to itself and leaves the old one, again and again. @returns the last */
async function moved(phone: Phone, times: number): Promise<Phone> {
  let here = phone;
  for (let n = 0; n < times; n++) {
    const next = await browserOf(here);
    await here.call("DELETE", "/api/v1/clients/self");
    here = next;
  }
  return here;
}

const rowsOf = (house: House): number =>
  Number(house.database.prepare("SELECT count(*) AS n FROM clients").get()?.["n"]);

t.test(
  "lines T5: who moves from browser to browser keeps its limits, what it watched and its wrong PINs",
  async (t) => {
    const house = await openHouse(t);
    await pairedPhone(house, "owner");
    const gone = await pairedPhone(house, "viewer");
    await house.send(LOCAL, "DELETE", `/api/v1/clients/${idOf(gone)}`);
    const kid = await pairedPhone(house, "kid");
    const limits = { maximumAge: 6, minutesPerDay: 10, channels: ["a"] };
    await house.send(LOCAL, "PATCH", `/api/v1/clients/${idOf(kid)}`, { body: { limits } });
    await house.send(LOCAL, "PUT", "/api/v1/parental-pin", { body: { pin: "2468" } });
    const unlock = (phone: Phone, pin: string) =>
      phone.call("POST", "/api/v1/clients/self/unlock", { body: { pin } });
    for (let n = 0; n < 5; n++) await unlock(kid, "0000");
    house.access.start();
    house.access.rules.watched((await kid.call("GET", "/api/v1/channels")).body.principal, 600);
    house.clock.advance(300_000);
    house.access.stop();
    for (let n = 0; n < 5; n++) await unlock(kid, "0000");

    const last = await moved(kid, 258);
    t.ok(rowsOf(house) < 30, "what they leave behind is bounded");
    for (const when of ["before", "after"]) {
      const { principal } = (await last.call("GET", "/api/v1/channels")).body;
      t.same((await last.call("GET", "/api/v1/clients/self")).body.limits, limits, `${when} a restart`);
      const wish = { principal, channel: "a", minimumAge: 0, home: true };
      t.equal(house.access.rules.objection(wish)?.code, "quota-used", when);
      t.equal((await unlock(last, "2468")).body.code, "pin-locked", when);
      await house.restart();
    }
    t.equal(
      (await gone.call("GET", "/api/v1/channels")).body.code,
      "client-revoked",
      "others are remembered",
    );
    t.same(await house.send(LOCAL, "GET", "/api/v1/clients").then(({ body }) => body.clients.length), 2);
  },
);

const roleOf = async (phone: Phone): Promise<string> =>
  (await phone.call("GET", "/api/v1/clients/self")).body.role;

t.test("lines T5: a new role is that of all its browsers, and ends what each has running", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house, "owner");
  const phone = await pairedPhone(house, "viewer");
  const browser = await browserOf(phone);
  const third = await browserOf(browser);
  const other = await pairedPhone(house, "viewer");
  const ended: string[] = [];
  house.access.onClientEnded((client, reason) => ended.push(`${client} ${reason}`));
  const { principal } = (await third.call("GET", "/api/v1/channels")).body;
  const grant = house.access.grants.issue("p1", principal, ms(house.clock.now() + 3_600_000));
  const pass = (await third.call("POST", "/api/v1/hand-offs")).body;
  const patch = (whom: Phone, body: object) => owner.call("PATCH", `/api/v1/clients/${idOf(whom)}`, { body });

  const answer = await patch(browser, { role: "kid", limits: { maximumAge: 6 } });
  t.match(answer, { status: 200, body: { role: "kid" } });
  t.same(
    answer.body.changed,
    [phone, third].map((one) => ({ id: idOf(one), name: one === phone ? "Ada's phone" : "Ada's app" })),
    "who changed with it",
  );
  for (const one of [phone, browser, third]) {
    t.equal(await roleOf(one), "kid");
    t.same((await one.call("GET", "/api/v1/clients/self")).body.limits, { maximumAge: 6 });
  }
  t.equal(await roleOf(other), "viewer");
  t.same(ended.toSorted(), [phone, browser, third].map((one) => `${idOf(one)} role-changed`).toSorted());
  t.throws(() => house.access.grants.check(grant), { code: "grant-ended" });
  const late = await Phone.make(house);
  t.equal((await late.takeUp(pass)).body.code, "pairing-refused", "nor is a pass of before good");
  const noted = house.notes.filter(({ event }) => event === "client-changed");
  t.match(
    noted.map(({ client, detail }) => [client, detail["role"], detail["roleBefore"]]).toSorted(),
    [phone, browser, third].map((one) => [idOf(one), "kid", "viewer"]).toSorted(),
  );
  await house.restart();
  for (const one of [phone, browser, third]) t.equal(await roleOf(one), "kid");

  t.equal((await patch(phone, { role: "viewer" })).body.changed.length, 2);
  for (const one of [phone, browser, third]) t.equal(await roleOf(one), "viewer", "and back");
  await patch(third, { role: "guest" });
  const endsAt = new Date(house.clock.now() + 60_000).toISOString();
  t.equal((await patch(browser, { endsAt })).body.changed.length, 2);
  for (const one of [phone, browser, third])
    t.equal((await one.call("GET", "/api/v1/clients/self")).body.endsAt, endsAt, "none stays longer");
});

t.test(
  "lines T5: limits of a time before never count in a new role, wherever the power failed",
  async (t) => {
    const house = await openHouse(t);
    const guest = await pairedPhone(house, "guest");
    const path = `/api/v1/clients/${idOf(guest)}`;
    await house.send(LOCAL, "PATCH", path, { body: { limits: { minutesPerDay: 5 } } });
    house.database.exec(
      "CREATE TRIGGER cut BEFORE UPDATE OF role ON clients BEGIN SELECT RAISE(ABORT, 'power'); END",
    );
    t.equal((await house.send(LOCAL, "PATCH", path, { body: { role: "kid" } })).status, 500);
    house.database.exec("DROP TRIGGER cut");
    await house.restart();
    const shown = (await house.send(LOCAL, "GET", "/api/v1/clients")).body.clients[0];
    t.match(shown, { role: "guest", limits: { minutesPerDay: 5 } }, "all of it or nothing");
    house.database.exec(
      "CREATE TRIGGER cut BEFORE DELETE ON viewing_limits BEGIN SELECT RAISE(ABORT, 'power'); END",
    );
    t.equal((await house.send(LOCAL, "PATCH", path, { body: { role: "kid" } })).status, 500);
    house.database.exec("DROP TRIGGER cut");
    await house.restart();
    t.equal((await house.send(LOCAL, "GET", "/api/v1/clients")).body.clients[0].role, "guest");
  },
);

t.test("lines: an owner's browsers that are none are changed by themselves, and with it", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house, "owner");
  const app = await browserOf(owner);
  const claimed = await house.send(LAN, "POST", "/api/v1/pairing/claim", {
    body: handOffClaim(house, (await owner.call("POST", "/api/v1/hand-offs")).body),
  });
  const polled = await house.send(LAN, "POST", "/api/v1/pairing/poll", {
    body: { claim: claimed.body.claim },
  });
  const tablet = polled.body.tokens.client as string;
  const patch = (id: string, body: object) => house.send(LOCAL, "PATCH", `/api/v1/clients/${id}`, { body });
  const roles = async () => {
    const { clients } = (await house.send(LOCAL, "GET", "/api/v1/clients")).body;
    return [idOf(owner), idOf(app), tablet].map(
      (id) => clients.find((one: { id: string }) => one.id === id)?.role,
    );
  };
  t.same((await patch(tablet, { role: "kid" })).body.changed, []);
  t.same(await roles(), ["owner", "owner", "kid"]);
  t.equal((await patch(idOf(app), { role: "viewer" })).body.code, "last-owner", "both would go");
  await pairedPhone(house, "owner");
  await patch(tablet, { limits: { maximumAge: 6 } });
  t.equal((await patch(idOf(app), { role: "viewer" })).body.changed.length, 1);
  t.same(await roles(), ["viewer", "viewer", "kid"], "a child's tablet stays one");
  await patch(idOf(owner), { role: "owner" });
  const { clients } = (await house.send(LOCAL, "GET", "/api/v1/clients")).body;
  t.same(clients.find((one: { id: string }) => one.id === tablet).limits, { maximumAge: 6 });
  t.same(await roles(), ["owner", "owner", "kid"]);
  await patch(idOf(owner), { role: "kid" });
  t.same(await roles(), ["kid", "kid", "kid"], "nobody keeps more in a browser at home");
  await patch(idOf(owner), { role: "owner" });
  t.same(await roles(), ["owner", "owner", "viewer"], "one without a key is never an owner");
});

t.test("lines T6: whom an owner removes goes with what it opened, and with what that opened", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house, "owner");
  const stolen = await pairedPhone(house, "viewer");
  const mine = await browserOf(stolen);
  const [second, third] = [await browserOf(mine), await browserOf(stolen)];
  // One between is gone, and so often that nobody remembers it.
  const last = await moved(second, 40);
  const pass = (await last.call("POST", "/api/v1/hand-offs")).body;
  const { principal } = (await last.call("GET", "/api/v1/channels")).body;
  const grant = house.access.grants.issue("p1", principal, ms(house.clock.now() + 3_600_000));
  const ended: string[] = [];
  house.access.onClientEnded((client, reason) => ended.push(`${client} ${reason}`));
  const listed = (await owner.call("GET", "/api/v1/clients")).body.clients;
  const known = (whom: Phone) => listed.find((one: { id: string }) => one.id === idOf(whom));
  t.same(known(mine).removedWith, [idOf(last)], "what an owner is told before");
  t.equal((await mine.call("GET", "/api/v1/clients/self")).body.removedWith, undefined, "and nobody else");

  const removed = await owner.call("DELETE", `/api/v1/clients/${idOf(mine)}`);
  t.equal(removed.status, 200);
  t.same(removed.body, { removed: [mine, last].map((one) => ({ id: idOf(one), name: "Ada's app" })) });
  t.same(
    ended,
    [mine, last].map((one) => `${idOf(one)} revoked`),
  );
  t.throws(() => house.access.grants.check(grant), { code: "grant-ended" });
  await house.restart();
  for (const one of [mine, second, last]) {
    t.equal((await one.call("GET", "/api/v1/channels")).status, 401);
    t.equal((await one.refresh()).status, 401);
  }
  t.equal((await (await Phone.make(house)).takeUp(pass)).body.code, "pairing-refused");
  for (const one of [owner, stolen, third])
    t.equal((await one.call("GET", "/api/v1/channels")).status, 200, "what is not of it stays");
  const notes = house.notes.filter(({ event }) => event === "client-revoked").slice(-2);
  t.match(notes, [
    { client: idOf(mine), detail: { by: idOf(owner) } },
    { client: idOf(last), detail: { by: idOf(owner), with: "Ada's app" } },
  ]);
});

t.test("lines: who removes itself, or is removed alone, leaves what it opened", async (t) => {
  const house = await openHouse(t);
  const page = await pairedPhone(house, "owner");
  const app = await browserOf(page);
  const tablet = await browserOf(app);
  const forgotten = await browserOf(page);
  const works = async (phone: Phone) => (await phone.call("GET", "/api/v1/channels")).status === 200;
  const gone = await app.call("DELETE", `/api/v1/clients/${idOf(page)}`);
  t.same(
    gone.body.removed.map(({ id }: { id: string }) => id),
    [idOf(page), idOf(forgotten)],
    "not the one that asks, and what came of that",
  );
  t.same([await works(app), await works(tablet), await works(forgotten)], [true, true, false]);
  const self = await app.call("DELETE", "/api/v1/clients/self");
  t.match(self, { status: 200, body: { removed: [{ id: idOf(app) }] } });
  t.equal(await works(tablet), true, "moved to the home screen");

  const viewer = await pairedPhone(house, "viewer");
  const browser = await browserOf(viewer);
  t.equal((await viewer.call("DELETE", `/api/v1/clients/${idOf(browser)}`)).body.code, "role-forbidden");
  const path = `/api/v1/clients/${idOf(viewer)}`;
  t.equal((await tablet.call("DELETE", `${path}?alone=maybe`)).status, 400);
  t.same((await tablet.call("DELETE", `${path}?alone=true`)).body.removed.length, 1);
  t.equal(await works(browser), true);
});

t.test("lines T6: a removal that fails half way has removed nobody", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house, "viewer");
  const browser = await browserOf(phone);
  house.database.exec(
    `CREATE TRIGGER cut BEFORE UPDATE OF revoked_at ON clients WHEN OLD.id = '${idOf(browser)}'
       BEGIN SELECT RAISE(ABORT, 'power'); END`,
  );
  t.equal((await house.send(LOCAL, "DELETE", `/api/v1/clients/${idOf(phone)}`)).status, 500);
  house.database.exec("DROP TRIGGER cut");
  await house.restart();
  t.equal((await house.send(LOCAL, "GET", "/api/v1/clients")).body.clients.length, 2);
});
