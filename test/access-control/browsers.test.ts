import t from "tap";
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

t.test("browsers: without a key, by a cookie over https, seven days, never an owner", async (t) => {
  const house = await openHouse(t);
  const offer = house.access.openOffer();
  const claimed = await house.send(HTTPS, "POST", "/api/v1/pairing/claim", {
    body: claimOf(house, offer, { key: null }),
  });
  const poll = (origin: typeof HTTPS) =>
    house.send(origin, "POST", "/api/v1/pairing/poll", { body: { claim: claimed.body.claim } });
  t.equal((await poll(LAN)).body.code, "secure-origin-required");
  const polled = await poll(HTTPS);
  t.match(polled.body.tokens, { accessToken: null, role: "viewer" });
  t.notOk(polled.body.tokens.refreshToken);
  t.equal(house.access.claimed(), false);
  const set = String(polled.headers["set-cookie"]);
  t.match(
    set,
    /^__Host-tp_b=[a-z2-7]{16}\.[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  const headers = { cookie: set.split(";")[0] ?? "" };
  t.equal((await house.send(HTTPS, "GET", URL_PATH, { headers })).body.principal.role, "viewer");
  t.equal((await house.send(HTTPS_LAN, "GET", URL_PATH, { headers })).status, 200);
  for (const origin of [LAN, LOOPBACK, WAN_HTTP, TUNNEL]) {
    t.equal((await house.send(origin, "GET", URL_PATH, { headers })).status, 401, JSON.stringify(origin));
  }
  const asLan = { cookie: headers.cookie.replace("__Host-tp_b", "tp_lan") };
  t.equal((await house.send(LAN, "GET", URL_PATH, { headers: asLan })).status, 401, "by no other name");
  t.equal((await house.send(HTTPS, "GET", "/api/v1/clients", { headers })).body.code, "role-forbidden");
  const self = await house.send(HTTPS, "GET", "/api/v1/clients/self", { headers });
  t.match(self.body, { kind: "browser", role: "viewer" });
  const promoted = await house.send(LOCAL, "PATCH", `/api/v1/clients/${self.body.id}`, {
    body: { role: "owner" },
  });
  t.equal(promoted.body.code, "secure-origin-required");
  await house.restart();
  house.clock.advance(7 * 86_400_000 - 1);
  t.equal((await house.send(HTTPS, "GET", URL_PATH, { headers })).status, 200);
  house.clock.advance(1);
  t.equal((await house.send(HTTPS, "GET", URL_PATH, { headers })).status, 401, "however often it was here");
});

t.test("browsers: its tokens are no refresh tokens, and its hand-off needs no yes", async (t) => {
  const house = await openHouse(t);
  const cookie = await lanViewer(house, "viewer", HTTPS);
  const phone = await Phone.make(house);
  t.equal((await phone.refresh(cookie.split("=")[1])).body.code, "refresh-invalid");
  const pass = await house.send(HTTPS, "POST", "/api/v1/hand-offs", {
    headers: { cookie, "x-tellyport": "1" },
  });
  const claimed = await phone.takeUp(pass.body);
  t.equal(claimed.body.match, null);
  t.match((await phone.poll(claimed.body.claim)).body.tokens, { role: "viewer" });
});

t.test("browsers T13: another site's page changes nothing with a browser's cookie", async (t) => {
  const house = await openHouse(t);
  const cookie = await lanViewer(house, "viewer", HTTPS);
  const post = async (headers: Record<string, string>) =>
    (await house.send(HTTPS, "POST", "/api/v1/playback", { body: {}, headers: { cookie, ...headers } }))
      .status;
  t.equal(await post({}), 403);
  t.equal(await post({ "x-tellyport": "1" }), 200);
  t.equal(await post({ "x-tellyport": "1", "sec-fetch-site": "same-origin" }), 200);
  for (const site of ["cross-site", "same-site", "none", ""]) {
    t.equal(await post({ "x-tellyport": "1", "sec-fetch-site": site }), 403, site);
  }
  const get = async (site: string) =>
    (await house.send(HTTPS, "GET", URL_PATH, { headers: { cookie, "sec-fetch-site": site } })).status;
  t.equal(await get("none"), 200);
  t.equal(await get("same-origin"), 200);
  t.equal(await get("cross-site"), 403);
});

t.test("browsers: unpairing takes the cookie of its kind", async (t) => {
  const house = await openHouse(t);
  await pairedPhone(house);
  for (const [origin, name] of [
    [LAN, "tp_lan"],
    [HTTPS, "__Host-tp_b"],
  ] as const) {
    const cookie = await lanViewer(house, "viewer", origin);
    const gone = await house.send(origin, "DELETE", "/api/v1/clients/self", {
      headers: { cookie, "x-tellyport": "1" },
    });
    t.equal(gone.status, 200);
    t.match(String(gone.headers["set-cookie"]), new RegExp(`^${name}=; Max-Age=0;`));
    t.equal((await house.send(origin, "GET", URL_PATH, { headers: { cookie } })).body.code, "client-revoked");
  }
});

t.test(
  "policy T4: where clients are paired at home alone, others are refused by where they are",
  async (t) => {
    const house = await openHouse(t, { pairFromHomeOnly: true });
    const phone = await Phone.make(house);
    const claim = async (origin: typeof HTTPS, code?: string) =>
      (await phone.claim(house.access.openOffer(), { origin, ...(code !== undefined && { code }) })).body
        .code;
    t.equal(await claim(HTTPS), "not-from-lan");
    t.equal(await claim(TUNNEL), "not-from-lan");
    t.equal(await claim(HTTPS, "BBBB-BBBB"), "not-from-lan", "whatever the code");
    const offer = house.access.openOffer();
    t.equal((await phone.pair(offer, { origin: HTTPS_LAN })).status, 200);
    t.equal((await phone.call("GET", URL_PATH)).status, 200, "and watches from anywhere");
    const pass = await phone.call("POST", "/api/v1/hand-offs");
    t.equal((await (await Phone.make(house)).takeUp(pass.body)).body.code, "not-from-lan", "hand-offs too");
    house.clock.advance(300_000);
    const other = await Phone.make(house);
    t.equal((await other.pair(house.access.openOffer(), { origin: LOOPBACK })).status, 200);
  },
);

t.test("policy: with plain http switched off, LAN viewers neither pair nor watch", async (t) => {
  const house = await openHouse(t, { lanHttp: false });
  const claimed = await house.send(LAN, "POST", "/api/v1/pairing/claim", {
    body: claimOf(house, house.access.openOffer("viewer"), { key: null }),
  });
  t.equal(claimed.body.code, "secure-origin-required");
  const cookie = `tp_lan=${"a".repeat(16)}.${"A".repeat(43)}`;
  const answer = await house.send(LAN, "GET", URL_PATH, { headers: { cookie } });
  t.same([answer.status, answer.body.code], [401, "access-token-missing"]);
  t.match(answer.body.title, /switched off/);
  t.equal((await lanViewer(house, "viewer", HTTPS)).split("=")[0], "__Host-tp_b", "browsers over https do");
});

t.test("clients: where a client was last, home or away", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const self = async (origin: typeof HTTPS) =>
    (await owner.call("GET", "/api/v1/clients/self", { origin })).body as Record<string, unknown>;
  t.match(await self(HTTPS), { lastHome: false, lastAddress: HTTPS.address });
  house.clock.advance(60_000);
  t.match(await self(HTTPS_LAN), { lastHome: true, lastAddress: HTTPS_LAN.address });
  await house.restart();
  t.match((await house.send(LOCAL, "GET", "/api/v1/clients")).body.clients, [{ lastHome: true }]);
});

t.test("T2: who was paired over plain http is for the home network alone, nobody else is", async (t) => {
  const house = await openHouse(t);
  const seen = async (origin: typeof LAN) => {
    const cookie = await lanViewer(house, "viewer", origin);
    return (await house.send(origin, "GET", URL_PATH, { headers: { cookie } })).body.principal.homeOnly;
  };
  t.equal(await seen(LAN), true);
  t.equal(await seen(HTTPS), undefined);
});
