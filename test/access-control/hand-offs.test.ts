import t from "tap";
import type { HandOff, OfferState } from "../../src/protocol/access-api.ts";
import { parseHandOffFragment } from "../../src/protocol/pairing.ts";
import {
  HTTPS,
  HTTPS_LAN,
  LAN,
  LOCAL,
  Phone,
  TUNNEL,
  handOffClaim,
  lanViewer,
  openHouse,
  pairedPhone,
  type House,
} from "./house.ts";

async function passOf(phone: Phone): Promise<HandOff> {
  const made = await phone.call("POST", "/api/v1/hand-offs");
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return made.body as HandOff;
}

async function passOfCookie(house: House, cookie: string, origin = LAN): Promise<HandOff> {
  const headers = { cookie, "x-tellyport": "1" };
  return (await house.send(origin, "POST", "/api/v1/hand-offs", { headers })).body as HandOff;
}

/** Takes a pass up, and collects the tokens. */
async function handedOver(house: House, pass: HandOff): Promise<Phone> {
  const child = await Phone.make(house);
  const polled = await child.poll((await child.takeUp(pass)).body.claim as string);
  if (polled.status !== 200) throw new Error(JSON.stringify(polled.body));
  return child;
}

t.test(
  "hand-off: the next origin gets a key of its own, and its parent's role, user and payer",
  async (t) => {
    const house = await openHouse(t);
    const owner = await pairedPhone(house);
    const pass = await passOf(owner);
    t.match(pass.fragment, /^#h=1\.[\w-]{11}\.[\w-]{22}$/, "128 bits");
    t.equal(parseHandOffFragment(pass.fragment)?.offer, pass.id);
    t.equal(Date.parse(pass.expiresAt) - house.clock.now(), 600_000);
    const child = await handedOver(house, pass);
    t.match((await child.call("GET", "/api/v1/clients/self")).body, {
      role: "owner",
      kind: "key",
      name: "Ada's app",
      handedOverFrom: owner.tokens?.client,
      endsAt: null,
      lastHome: false,
    });
    t.match((await child.call("GET", "/api/v1/channels")).body.principal, {
      client: child.tokens?.client,
      user: owner.tokens?.client,
      payer: owner.tokens?.client,
    });
    t.match(
      house.notes.filter(({ detail }) => "kind" in detail).slice(1),
      [
        {
          event: "handed-over",
          client: child.tokens?.client,
          name: "Ada's app",
          detail: { role: "owner", kind: "key", from: owner.tokens?.client },
        },
      ],
      "one thing, told once",
    );
    await house.restart();
    t.equal(
      (await child.call("GET", "/api/v1/clients/self")).body.handedOverFrom,
      owner.tokens?.client,
      "after a restart too",
    );
    const { secret = "?" } = parseHandOffFragment(pass.fragment) ?? {};
    t.notOk((JSON.stringify(house.notes) + house.logged()).includes(secret));
  },
);

t.test("hand-off T25: a pass is good once; again is 410 and told, until its end", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const pass = await passOf(owner);
  await handedOver(house, pass);
  const thief = await Phone.make(house);
  const replayed = await thief.takeUp(pass);
  t.same([replayed.status, replayed.body.code], [410, "hand-off-used"]);
  t.match(house.notes.at(-1), {
    event: "hand-off-replayed",
    client: owner.tokens?.client,
    address: HTTPS.address,
  });
  const guess = await thief.takeUp(pass, { secret: "A".repeat(22) });
  t.same([guess.status, guess.body.code], [403, "pairing-refused"], "who does not know it learns nothing");
  house.clock.advance(600_000);
  t.equal((await thief.takeUp(pass)).body.code, "pairing-refused");
});

t.test(
  "hand-off T25: unknown, wrong, another's and expired passes are refused as everything is",
  async (t) => {
    const house = await openHouse(t);
    const owner = await pairedPhone(house);
    const viewer = await pairedPhone(house, "viewer");
    const [mine, other] = [await passOf(owner), await passOf(viewer)];
    const thief = await Phone.make(house);
    const { secret = "" } = parseHandOffFragment(other.fragment) ?? {};
    const answers = [
      await thief.takeUp(mine, { secret }),
      await thief.takeUp(mine, { offer: "AAAAAAAAAAA" }),
      await thief.takeUp(mine, { secret: "A".repeat(22) }),
      await thief.pair({ ...house.access.openOffer(), code: "BBBB-BBBB" }),
    ];
    t.equal(
      (await thief.takeUp(mine, { thumbprint: owner.thumbprint })).status,
      403,
      "proven for another key",
    );
    house.clock.advance(600_000);
    answers.push(await thief.takeUp(mine));
    for (const { status, body } of answers) t.same([status, body], [403, answers[0]?.body]);
    t.equal(answers[0]?.body.code, "pairing-refused");
  },
);

t.test("hand-off T25: bound to its parent, who must still be there", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const lost = await pairedPhone(house, "viewer");
  const [open, used] = [await passOf(lost), await passOf(lost)];
  const child = await handedOver(house, used);
  await owner.call("DELETE", `/api/v1/clients/${lost.tokens?.client}?alone=true`);
  const thief = await Phone.make(house);
  t.equal((await thief.takeUp(open)).body.code, "pairing-refused");
  t.equal((await thief.takeUp(used)).body.code, "pairing-refused", "of the used one nothing is said either");
  t.equal(
    (await child.call("GET", "/api/v1/channels")).status,
    200,
    "who came before is a client of its own, and stays where the owner says so",
  );
});

t.test("hand-off T25: never more than the parent may at that moment, nor longer", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const second = await pairedPhone(house, "owner");
  const early = await passOf(second);
  const path = `/api/v1/clients/${second.tokens?.client}`;
  await owner.call("PATCH", path, { body: { role: "kid" } });
  t.equal((await (await Phone.make(house)).takeUp(early)).body.code, "pairing-refused", "of its former role");
  const kid = await handedOver(house, await passOf(second));
  t.equal(kid.tokens?.role, "kid");

  const offer = (await house.send(LOCAL, "POST", "/api/v1/offers", { body: { role: "guest" } })).body;
  const guest = await Phone.make(house);
  await guest.pair(offer);
  house.clock.advance(6 * 86_400_000);
  await guest.refresh();
  const child = await handedOver(house, await passOf(guest));
  t.equal((await child.call("GET", "/api/v1/channels")).body.principal.payer, "local", "charged alike");
  t.equal(
    (await child.call("GET", "/api/v1/clients/self")).body.endsAt,
    (await guest.call("GET", "/api/v1/clients/self")).body.endsAt,
  );
  house.clock.advance(86_400_000 - 300_000);
  await child.refresh();
  const late = await passOf(child);
  house.clock.advance(300_000);
  t.equal((await (await Phone.make(house)).takeUp(late)).body.code, "pairing-refused", "its stay is over");
});

t.test("hand-off: three open ones of a client, none from the box itself", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const viewer = await pairedPhone(house);
  const [first] = [await passOf(owner), await passOf(owner), await passOf(owner)];
  const fourth = await owner.call("POST", "/api/v1/hand-offs");
  t.same([fourth.status, fourth.body.code], [503, "pairing-too-many"]);
  t.ok(await passOf(viewer), "each client has its own");
  await handedOver(house, first);
  t.ok(await passOf(owner), "a used one does not count");
  house.clock.advance(600_000);
  await owner.refresh();
  t.ok(await passOf(owner));
  t.equal((await house.send(LOCAL, "POST", "/api/v1/hand-offs")).body.code, "client-not-found");
  t.equal((await house.send(HTTPS, "POST", "/api/v1/hand-offs")).status, 401);
});

t.test("hand-off T5: nobody fills the box with its own", async (t) => {
  const house = await openHouse(t, { clientsPerUser: 3 });
  await pairedPhone(house);
  const guest = await pairedPhone(house, "guest");
  const passes = [await passOf(guest), await passOf(guest), await passOf(guest)] as const;
  await handedOver(house, passes[0]);
  const child = await handedOver(house, passes[1]);
  t.equal((await (await Phone.make(house)).takeUp(passes[2])).body.code, "pairing-refused");
  for (const phone of [guest, child])
    t.equal((await phone.call("POST", "/api/v1/hand-offs")).body.code, "pairing-too-many");
  t.ok(await pairedPhone(house), "others come in");
  await child.call("DELETE", "/api/v1/clients/self");
  t.ok(await passOf(guest));
});

t.test("hand-off: over, when pairing has closed itself", async (t) => {
  const house = await openHouse(t, { badProofsPerBox: 1 });
  const owner = await pairedPhone(house);
  const pass = await passOf(owner);
  const stranger = await Phone.make(house);
  await stranger.pair({ ...house.access.openOffer(), code: "BBBB-BBBB" });
  t.equal((await stranger.takeUp(pass)).body.code, "pairing-refused");
  t.equal((await owner.call("POST", "/api/v1/hand-offs")).body.code, "pairing-too-many");
  house.access.openOffer();
  t.equal((await stranger.takeUp(pass)).status, 200, "somebody stood at the box");
});

t.test("hand-off: a LAN viewer's is good at home alone, and by an owner's yes", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const cookie = await lanViewer(house, "viewer");
  const pass = await passOfCookie(house, cookie);
  const app = await Phone.make(house);
  t.equal((await app.takeUp(pass)).body.code, "pairing-refused", "read on the way, and used elsewhere");
  t.equal((await app.takeUp(pass, { origin: TUNNEL })).body.code, "pairing-refused");
  const before = house.database.prepare("SELECT * FROM clients").all().length;
  const claimed = await app.takeUp(pass, { origin: HTTPS_LAN });
  t.match(claimed.body.match, /^\d\d$/);
  t.same((await app.poll(claimed.body.claim, HTTPS_LAN)).body, { state: "pending" });
  t.equal(house.database.prepare("SELECT * FROM clients").all().length, before);
  const { offers } = (await owner.call("GET", "/api/v1/offers")).body as { offers: OfferState[] };
  t.match(offers, [{ id: pass.id, role: "viewer", state: "waiting", claim: { home: true } }]);
  t.equal((await (await Phone.make(house)).takeUp(pass, { origin: HTTPS_LAN })).status, 410);

  const decision = `/api/v1/offers/${pass.id}/decision`;
  t.equal((await owner.call("POST", decision, { body: { match: claimed.body.match } })).status, 204);
  t.match((await app.poll(claimed.body.claim, HTTPS_LAN)).body.tokens, { role: "viewer" });
  const viewer = (await house.send(LAN, "GET", "/api/v1/clients/self", { headers: { cookie } })).body.id;
  t.match((await app.call("GET", "/api/v1/clients/self")).body, { kind: "key", handedOverFrom: viewer });

  const others = [];
  for (let n = 0; n < 3; n++) others.push(await passOfCookie(house, cookie));
  const waiting = await app.takeUp(others[0] as HandOff, { origin: HTTPS_LAN });
  t.equal(((await passOfCookie(house, cookie)) as unknown as { code: string }).code, "pairing-too-many");
  await owner.call("DELETE", `/api/v1/clients/${viewer}`);
  t.equal(
    (await app.poll(waiting.body.claim, HTTPS_LAN)).body.code,
    "pairing-refused",
    "gone with its parent",
  );
  t.same((await owner.call("GET", "/api/v1/offers")).body, { offers: [] });
});

t.test("hand-off: an owner's, taken up without a key, makes a viewer", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const body = handOffClaim(house, await passOf(owner));
  const claimed = await house.send(LAN, "POST", "/api/v1/pairing/claim", { body });
  const polled = await house.send(LAN, "POST", "/api/v1/pairing/poll", {
    body: { claim: claimed.body.claim },
  });
  t.match(polled.body.tokens, { role: "viewer", accessToken: null });
  t.match(String(polled.headers["set-cookie"]), /^tp_lan=/);
});
