import t from "tap";
import { ms } from "../../src/kernel/units.ts";
import {
  HTTPS,
  HTTPS_LAN,
  LAN,
  LOCAL,
  LOOPBACK,
  Phone,
  TUNNEL,
  WAN_HTTP,
  claimOf,
  lanViewer,
  openHouse,
  pairedPhone,
} from "./house.ts";

const URL_PATH = "/api/v1/channels";

t.test("clients: the owner sees all, with where they were last", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const viewer = await pairedPhone(house);
  house.clock.advance(60_000);
  await viewer.call("GET", URL_PATH);
  const { status, body } = await owner.call("GET", "/api/v1/clients");
  t.equal(status, 200);
  t.match(body.clients, [
    { id: owner.tokens?.client, role: "owner", kind: "key", current: true, terminalType: "mobile" },
    {
      id: viewer.tokens?.client,
      role: "viewer",
      current: false,
      lastSeenAt: new Date(house.clock.now()).toISOString(),
      lastAddress: HTTPS.address,
    },
  ]);
  const text = JSON.stringify(body);
  t.notOk(text.includes(viewer.thumbprint) || text.includes("jwk"), "no keys");
  const local = await house.send(LOCAL, "GET", "/api/v1/clients");
  t.same(
    local.body.clients.map((client: { current: boolean }) => client.current),
    [false, false],
  );
  await house.restart();
  t.equal((await owner.call("GET", "/api/v1/clients")).body.clients.length, 2, "after a restart too");
});

t.test("clients T5: guest and viewer administer nothing", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  for (const role of ["guest", "kid", "viewer"] as const) {
    const phone = await pairedPhone(house, role);
    const other = `/api/v1/clients/${owner.tokens?.client}`;
    t.equal((await phone.call("GET", URL_PATH)).status, 200);
    t.equal((await phone.call("GET", "/api/v1/clients")).body.code, "role-forbidden");
    t.equal((await phone.call("POST", "/api/v1/offers", { body: {} })).body.code, "role-forbidden");
    t.equal((await phone.call("DELETE", "/api/v1/offers/x")).body.code, "role-forbidden");
    t.equal(
      (await phone.call("PATCH", `/api/v1/clients/${phone.tokens?.client}`, { body: { role: "owner" } })).body
        .code,
      "role-forbidden",
    );
    t.equal((await phone.call("DELETE", other)).body.code, "role-forbidden");
    t.match((await phone.call("GET", "/api/v1/clients/self")).body, { role, current: true });
  }
  t.equal((await owner.call("GET", URL_PATH)).status, 200);
});

t.test("clients T5: a guest stays seven days and is charged to who invited", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const offer = await owner.call("POST", "/api/v1/offers", { body: { role: "guest" } });
  const guest = await Phone.make(house);
  const waiting = await guest.claim(offer.body);
  t.match(waiting.body, { match: /^\d\d$/ }, "the owner is elsewhere and says yes by the number");
  const decision = `/api/v1/offers/${offer.body.id}/decision`;
  await owner.call("POST", decision, { body: { match: waiting.body.match } });
  await guest.poll(waiting.body.claim);
  t.equal((await guest.call("GET", URL_PATH)).body.principal.payer, owner.tokens?.client);
  const principal = (await guest.call("GET", URL_PATH)).body.principal;
  house.clock.advance(7 * 86_400_000 - 60_000);
  t.equal((await guest.refresh()).status, 200);
  t.equal(
    Date.parse(guest.tokens?.expiresAt ?? "") - house.clock.now(),
    60_000,
    "no token outlives the stay",
  );
  const grant = house.access.grants.issue("p1", principal, ms(house.clock.now() + 3_600_000));
  house.clock.advance(60_000);
  t.equal((await guest.call("GET", URL_PATH)).body.code, "stay-over");
  t.equal((await guest.refresh()).body.code, "stay-over");
  t.throws(() => house.access.grants.check(grant), { code: "grant-ended" });
});

t.test("clients T6: a revoked client is out at once, tokens, session, grants and streams", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const lost = await pairedPhone(house);
  const ended: unknown[] = [];
  const { principal } = (await lost.call("GET", URL_PATH)).body;
  const grant = house.access.grants.issue("p1", principal, ms(house.clock.now() + 3_600_000));
  const stop = house.access.onClientEnded((client, reason) => {
    ended.push([client, reason]);
    t.throws(() => house.access.grants.check(grant), { code: "grant-ended" }, "already ended when told");
  });
  const revoked = await owner.call("DELETE", `/api/v1/clients/${lost.tokens?.client}`);
  t.equal(revoked.status, 200);
  t.same(ended, [[lost.tokens?.client, "revoked"]]);
  const answer = await lost.call("GET", URL_PATH);
  t.same([answer.status, answer.body.code], [401, "client-revoked"]);
  t.equal((await lost.refresh()).body.code, "client-revoked");
  t.throws(() => house.access.grants.issue("p2", principal, ms(house.clock.now() + 1000)), {
    code: "client-revoked",
  });
  await house.restart();
  t.equal((await lost.call("GET", URL_PATH)).body.code, "client-revoked", "after a restart too");
  t.equal(
    (await owner.call("DELETE", `/api/v1/clients/${lost.tokens?.client}`)).body.code,
    "client-not-found",
  );
  stop();
});

t.test("clients: a request that was on its way when its client was revoked does not pass", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const lost = await pairedPhone(house);
  await owner.call("GET", URL_PATH);
  const pending = lost.call("GET", URL_PATH);
  // The proof is being checked, on another thread, while the command line revokes.
  const gone = house.send(LOCAL, "DELETE", `/api/v1/clients/${lost.tokens?.client}`);
  t.equal((await gone).status, 200);
  t.equal((await lost.call("GET", URL_PATH)).status, 401);
  t.ok([200, 401].includes((await pending).status), "one or the other, never a failure");
});

t.test("clients: rename and change role, at once", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const viewer = await pairedPhone(house);
  const path = `/api/v1/clients/${viewer.tokens?.client}`;
  const ended: unknown[] = [];
  house.access.onClientEnded((client, reason) => ended.push([client, reason]));
  t.match((await owner.call("PATCH", path, { body: { name: " Kitchen " } })).body, {
    name: "Kitchen",
    role: "viewer",
  });
  t.same(ended, [], "a name ends nothing");
  t.equal((await owner.call("PATCH", path, { body: { name: "\u0007" } })).body.code, "body-invalid");
  t.match((await owner.call("PATCH", path, { body: { role: "kid" } })).body, {
    name: "Kitchen",
    role: "kid",
  });
  t.same(ended, [[viewer.tokens?.client, "role-changed"]]);
  t.equal((await viewer.call("GET", URL_PATH)).body.principal.role, "kid", "whatever its token says");
  t.equal((await owner.call("PATCH", path, { body: { role: "owner" } })).status, 200);
  t.equal((await viewer.call("GET", "/api/v1/clients")).status, 200);
  await house.restart();
  t.equal((await viewer.call("GET", "/api/v1/clients/self")).body.role, "owner");
  t.equal(
    (await owner.call("PATCH", "/api/v1/clients/aaaa", { body: { name: "x" } })).body.code,
    "client-not-found",
  );
});

t.test(
  "clients: the last owner is not demoted or removed by others, goes by its own wish or at the box",
  async (t) => {
    const house = await openHouse(t);
    const owner = await pairedPhone(house);
    const path = `/api/v1/clients/${owner.tokens?.client}`;
    t.equal((await owner.call("PATCH", path, { body: { role: "viewer" } })).body.code, "last-owner");
    t.equal((await house.send(LOCAL, "PATCH", path, { body: { role: "viewer" } })).body.code, "last-owner");
    t.equal(
      (await house.send(LOCAL, "DELETE", path)).status,
      200,
      "the phone was lost: the command line removes it",
    );
    t.equal(house.access.claimed(), false);
    const next = await pairedPhone(house);
    t.equal(next.tokens?.role, "owner");
    const second = await pairedPhone(house, "owner");
    t.equal(
      (await second.call("DELETE", `/api/v1/clients/${next.tokens?.client}`)).status,
      200,
      "one of two",
    );
    const unpaired = await second.call("DELETE", "/api/v1/clients/self");
    t.equal(unpaired.status, 200);
    t.match(String(unpaired.headers["set-cookie"]), /^__Host-tp_rt=; Max-Age=0;/);
    t.equal(house.access.claimed(), false);
    t.equal((await second.call("GET", URL_PATH)).body.code, "client-revoked");
  },
);

t.test("clients: a LAN viewer by cookie, at home, over plain http, and nowhere else", async (t) => {
  const house = await openHouse(t);
  const offer = house.access.openOffer();
  const claimed = await house.send(LAN, "POST", "/api/v1/pairing/claim", {
    body: { ...claimOf(house, offer, { key: null }), watchOnly: true },
  });
  t.equal(
    (await house.send(WAN_HTTP, "POST", "/api/v1/pairing/poll", { body: { claim: claimed.body.claim } })).body
      .code,
    "not-from-lan",
  );
  const polled = await house.send(LAN, "POST", "/api/v1/pairing/poll", {
    body: { claim: claimed.body.claim },
  });
  t.match(polled.body.tokens, { accessToken: null, role: "viewer" }, "never an owner");
  t.notOk(polled.body.tokens.refreshToken);
  t.equal(house.access.claimed(), false);
  const set = String(polled.headers["set-cookie"]);
  t.match(set, /^tp_lan=[a-z2-7]{16}\.[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/);
  const headers = { cookie: set.split(";")[0] ?? "" };
  t.match((await house.send(LAN, "GET", URL_PATH, { headers })).body.principal, {
    role: "viewer",
    client: polled.body.tokens.client,
  });
  t.equal((await house.send(LOOPBACK, "GET", URL_PATH, { headers })).status, 200);
  for (const origin of [WAN_HTTP, HTTPS, HTTPS_LAN, TUNNEL]) {
    const spoofed = { ...headers, "x-forwarded-for": "192.168.1.5", "x-real-ip": "192.168.1.5" };
    t.equal(
      (await house.send(origin, "GET", URL_PATH, { headers: spoofed })).status,
      401,
      JSON.stringify(origin),
    );
  }
  await house.restart();
  t.equal((await house.send(LAN, "GET", URL_PATH, { headers })).status, 200, "after a restart too");
  t.equal((await house.send(LAN, "GET", "/api/v1/clients", { headers })).body.code, "role-forbidden");
  for (const cookie of [
    "tp_lan=x",
    `${headers.cookie}A`,
    `tp_lan=${"a".repeat(16)}.${"A".repeat(43)}`,
    `tp_lan=${polled.body.tokens.client}.${"A".repeat(43)}`,
  ]) {
    t.equal((await house.send(LAN, "GET", URL_PATH, { headers: { cookie } })).status, 401);
  }
  const promoted = await house.send(LOCAL, "PATCH", `/api/v1/clients/${polled.body.tokens.client}`, {
    body: { role: "owner" },
  });
  t.equal(promoted.body.code, "secure-origin-required");
  house.clock.advance(30 * 86_400_000);
  t.equal((await house.send(LAN, "GET", URL_PATH, { headers })).status, 401, "thirty days");
});

t.test("clients T13: another site's page changes nothing with a LAN viewer's cookie", async (t) => {
  const house = await openHouse(t);
  const cookie = await lanViewer(house, "viewer");
  const post = async (headers: Record<string, string>) =>
    (await house.send(LAN, "POST", "/api/v1/playback", { body: {}, headers: { cookie, ...headers } })).status;
  t.equal(await post({}), 403);
  t.equal(await post({ "x-tellyport": "0" }), 403);
  t.equal(await post({ "x-tellyport": "1" }), 200);
  t.equal(await post({ "x-tellyport": "1", "sec-fetch-site": "same-origin" }), 200);
  for (const site of ["cross-site", "same-site", "none", ""]) {
    t.equal(await post({ "x-tellyport": "1", "sec-fetch-site": site }), 403, site);
  }
  const get = async (site: string) =>
    (await house.send(LAN, "GET", URL_PATH, { headers: { cookie, "sec-fetch-site": site } })).status;
  t.equal(await get("none"), 200);
  t.equal(await get("cross-site"), 403);
  t.equal(
    (await house.send(LAN, "DELETE", "/api/v1/clients/self", { headers: { cookie } })).body.code,
    "cross-site-refused",
  );
  t.equal(
    (await house.send(LAN, "DELETE", "/api/v1/clients/self", { headers: { cookie, "x-tellyport": "1" } }))
      .status,
    200,
  );
  t.equal((await house.send(LAN, "GET", URL_PATH, { headers: { cookie } })).body.code, "client-revoked");
});

t.test("clients T17: nothing secret is logged", async (t) => {
  const house = await openHouse(t);
  const offer = house.access.openOffer();
  const secrets = [offer.code, offer.code.replace("-", ""), offer.url.split(".").at(-1) ?? ""];
  const phone = await Phone.make(house);
  const claim = claimOf(house, offer, { key: phone.jwk, thumbprint: phone.thumbprint });
  const claimed = await house.send(HTTPS, "POST", "/api/v1/pairing/claim", { body: claim });
  await phone.poll(claimed.body.claim);
  secrets.push(
    String(claim["proof"]),
    claimed.body.claim,
    phone.tokens?.accessToken ?? "",
    phone.tokens?.refreshToken ?? "",
  );
  await phone.refresh();
  secrets.push(phone.tokens?.accessToken ?? "", phone.tokens?.refreshToken?.split(".")[1] ?? "");
  const { principal } = (await phone.call("GET", URL_PATH)).body;
  const grant = house.access.grants.issue("p1", principal, ms(house.clock.now() + 1000));
  secrets.push(grant);
  const cookie = await lanViewer(house);
  secrets.push(cookie.split(".")[1] ?? "");
  const wrong = claimOf(house, house.access.openOffer(), {
    key: phone.jwk,
    thumbprint: phone.thumbprint,
    code: "BBBB-BBBB",
  });
  await house.send(HTTPS, "POST", "/api/v1/pairing/claim", { body: wrong });
  secrets.push(String(wrong["proof"]));
  await house.send(LOCAL, "DELETE", `/api/v1/clients/${phone.tokens?.client}`);
  const logged = house.logged();
  t.match(logged, /client-paired/, "something was logged");
  t.match(logged, /pairing-refused/);
  t.match(logged, /client-revoked/);
  for (const secret of secrets) {
    t.ok(secret.length >= 8, "a secret to look for");
    t.notOk(logged.includes(secret));
  }
});

t.test("clients: those of the release before are still there", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  house.database
    .exec(`ALTER TABLE clients DROP COLUMN handed_over_from; ALTER TABLE clients DROP COLUMN last_home;
    ALTER TABLE clients DROP COLUMN screen;
    UPDATE schema_version SET version = 1 WHERE module = 'access-control'`);
  await house.restart();
  const { clients } = (await house.send(LOCAL, "GET", "/api/v1/clients")).body;
  t.match(clients, [{ id: owner.tokens?.client, lastHome: null, handedOverFrom: null, endsAt: null }]);
  t.match((await owner.call("GET", "/api/v1/clients/self")).body, { lastHome: false });
});

t.test(
  "clients T8: a phone that changes its address at each request is written down once a minute",
  async (t) => {
    const house = await openHouse(t);
    const phone = await pairedPhone(house);
    const row = () => house.database.prepare("SELECT last_seen_at, last_address FROM clients").get();
    let writes = 0;
    house.database.exec("CREATE TABLE written (n INTEGER) STRICT");
    house.database.exec(
      "CREATE TRIGGER count AFTER UPDATE OF last_address ON clients BEGIN INSERT INTO written VALUES (1); END",
    );
    const from = (n: number) => ({ ...HTTPS, address: `198.51.100.${n}` });
    const call = (n: number) => phone.call("GET", "/api/v1/clients/self", { origin: from(n) });
    const written = (): number => {
      const before = writes;
      writes = Number(house.database.prepare("SELECT count(*) AS n FROM written").get()?.["n"]);
      return writes - before;
    };
    await call(1);
    t.equal(written(), 1);
    for (let n = 2; n <= 50; n++)
      t.equal((await call(n)).body.lastAddress, `198.51.100.${n}`, "seen at once");
    t.equal(written(), 0);
    t.equal(row()?.["last_address"], "198.51.100.1");
    house.clock.advance(60_000);
    await call(50);
    t.equal(written(), 1, "it is still elsewhere than is written");
    t.equal(row()?.["last_address"], "198.51.100.50");
    for (let minute = 0; minute < 9; minute++) {
      house.clock.advance(60_000);
      await phone.refresh(undefined, from(50));
      await call(50);
    }
    t.equal(written(), 0, "where it was: every ten minutes");
    house.clock.advance(60_000);
    await call(50);
    t.equal(written(), 1);
  },
);

t.test("clients: where the disk is full, nobody is turned away for it", async (t) => {
  const house = await openHouse(t);
  const phone = await pairedPhone(house);
  house.database.exec(
    "CREATE TRIGGER full BEFORE UPDATE OF last_address ON clients BEGIN SELECT RAISE(ABORT, 'full'); END",
  );
  for (let n = 0; n < 5; n++) {
    t.equal((await phone.call("GET", "/api/v1/channels")).status, 200);
    house.clock.advance(1000);
  }
  t.equal(house.logged().split('"msg":"last-seen-not-written"').length - 1, 1);
});
