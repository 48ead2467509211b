import t from "tap";
import { pairedPhone, openHouse, lanViewer, LAN, Phone, HTTPS, claimOf, type House } from "./house.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CHANNELS = "/api/v1/channels";

/** Sets the clock of a box and lets its records follow, as the daemon's clock does. @param era when doubt began; null: there was none */
function step(house: House, to: number, era: number | null): void {
  const from = house.clock.now();
  house.clock.setWall(to);
  house.access.followClock({ from, to, era: era === null ? null : { start: era, end: from } });
}

t.test("clock-less boot: who paired before the time was known stays as long as anybody", async (t) => {
  const house = await openHouse(t);
  const era = house.clock.now();
  const phone = await pairedPhone(house);
  const guest = await pairedPhone(house, "guest");
  const cookie = await lanViewer(house);
  house.clock.advance(HOUR);
  step(house, era + 400 * DAY, era);
  const lan = async (): Promise<number> =>
    (await house.send(LAN, "GET", CHANNELS, { headers: { cookie } })).status;
  t.equal((await phone.call("GET", CHANNELS)).status, 401, "an access token is short, and is refreshed");
  t.equal((await phone.refresh()).status, 200);
  t.equal((await phone.call("GET", CHANNELS)).status, 200);
  t.equal((await guest.refresh()).status, 200);
  t.equal(await lan(), 200);
  await house.restart();
  phone.nonce = guest.nonce = undefined;
  house.clock.advance(7 * DAY - HOUR - MINUTE);
  t.equal((await guest.refresh()).status, 200, "seven days, counted from the pairing");
  house.clock.advance(2 * MINUTE);
  t.equal((await guest.refresh()).body.code, "stay-over", "and not a minute longer");
  house.clock.advance(23 * DAY - 5 * MINUTE);
  t.equal(await lan(), 200, "thirty days");
  house.clock.advance(10 * MINUTE);
  t.equal(await lan(), 401);
});

t.test("clock-less boot: what is older does not live on", async (t) => {
  const house = await openHouse(t);
  const guest = await pairedPhone(house, "guest");
  const idle = await pairedPhone(house);
  const busy = await pairedPhone(house);
  house.clock.advance(HOUR);
  const era = house.clock.now();
  // The box was off for 31 days and does not know it.
  house.clock.advance(HOUR);
  t.equal((await guest.refresh()).status, 200, "it is let in as long as nobody knows better");
  t.equal((await busy.refresh()).status, 200);
  step(house, era + 31 * DAY, era);
  t.equal((await guest.refresh()).body.code, "stay-over");
  t.equal((await idle.refresh()).body.code, "refresh-invalid", "not used for thirty days");
  t.equal((await busy.refresh()).status, 200, "used an hour ago");
});

t.test("clock-less boot: a term of 180 days counts from its true beginning", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house);
  house.clock.advance(HOUR);
  const era = house.clock.now();
  house.clock.advance(HOUR);
  t.equal((await phone.refresh()).status, 200);
  step(house, era + 179 * DAY, era);
  t.equal((await phone.refresh()).status, 200);
  house.clock.advance(2 * DAY);
  t.equal((await phone.refresh()).body.code, "refresh-invalid");
});

t.test("clock-less boot: a claim outlives the step", async (t) => {
  const house = await openHouse(t);
  const era = house.clock.now();
  const phone = await Phone.make(house);
  const claimed = await house.send(HTTPS, "POST", "/api/v1/pairing/claim", {
    body: claimOf(house, house.access.openOffer(), { key: phone.jwk, thumbprint: phone.thumbprint }),
  });
  t.equal(claimed.status, 200);
  step(house, era + 400 * DAY, era);
  t.equal((await phone.poll(claimed.body.claim as string)).status, 200);
  t.equal((await phone.call("GET", CHANNELS)).status, 200);
});

t.test(
  "clock-less boot: a refresh whose answer was lost on the way over the step is asked for again",
  async (t) => {
    const house = await openHouse(t);
    const era = house.clock.now();
    const phone = await pairedPhone(house);
    const before = phone.tokens?.refreshToken;
    t.equal((await phone.refresh()).status, 200);
    const successor = phone.tokens?.refreshToken;
    step(house, era + 400 * DAY, era);
    t.equal((await phone.refresh(before)).body.refreshToken, successor);
  },
);

t.test("clock-less boot: an era is followed once, whatever the power does", async (t) => {
  const house = await openHouse(t);
  const era = house.clock.now();
  const guest = await pairedPhone(house, "guest");
  house.clock.advance(MINUTE);
  const to = era + DAY;
  step(house, to, era);
  const after = house.database.prepare("SELECT paired_at, not_after FROM clients").all();
  t.match(after, [{ paired_at: to - MINUTE, not_after: to - MINUTE + 7 * DAY }]);
  await house.restart();
  guest.nonce = undefined;
  house.access.followClock({
    from: era + DAY + HOUR,
    to: era + 9 * DAY,
    era: { start: era, end: era + DAY + HOUR },
  });
  t.same(house.database.prepare("SELECT paired_at, not_after FROM clients").all(), after);
});

t.test("clock: after a step back nothing from the future is good, and nobody stays longer", async (t) => {
  const house = await openHouse(t);
  const truth = house.clock.now();
  const early = await pairedPhone(house);
  const gone = await pairedPhone(house, "guest");
  house.clock.advance(8 * DAY);
  t.equal((await gone.refresh()).body.code, "stay-over");
  house.clock.setWall(truth + 300 * DAY);
  const phone = await pairedPhone(house);
  const guest = await pairedPhone(house, "guest");
  const cookie = await lanViewer(house);
  const lan = async (): Promise<number> =>
    (await house.send(LAN, "GET", CHANNELS, { headers: { cookie } })).status;
  t.equal((await phone.call("GET", CHANNELS)).status, 200);
  house.clock.advance(HOUR);
  step(house, truth + DAY, null);
  t.equal((await phone.call("GET", CHANNELS)).status, 401, "a token from the future");
  t.equal((await phone.refresh()).status, 200, "its session goes on");
  t.equal((await phone.call("GET", CHANNELS)).status, 200);
  t.equal((await early.refresh()).status, 200, "what was there before the future is as it was");
  t.equal((await gone.refresh()).body.code, "stay-over", "who had gone does not come back");
  t.equal(await lan(), 200);
  house.clock.advance(6 * DAY + 22 * HOUR);
  t.equal((await guest.refresh()).status, 200);
  house.clock.advance(2 * HOUR);
  t.equal((await guest.refresh()).body.code, "stay-over", "seven days less the hour in the future");
  house.clock.advance(24 * DAY);
  t.equal(await lan(), 401);
});

t.test("clock: a step forward moves nothing", async (t) => {
  const house = await openHouse(t);
  await pairedPhone(house);
  const before = house.database.prepare("SELECT * FROM sessions").all();
  step(house, house.clock.now() + 40 * DAY, null);
  t.same(house.database.prepare("SELECT * FROM sessions").all(), before);
});
