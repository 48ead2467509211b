import t from "tap";
import { LOCAL, Phone, openHouse, pairedPhone, type House } from "./house.ts";

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
    t.equal((await gone.call("GET", "/api/v1/channels")).body.code, "client-revoked", "others are remembered");
    t.same(await house.send(LOCAL, "GET", "/api/v1/clients").then(({ body }) => body.clients.length), 2);
  },
);
