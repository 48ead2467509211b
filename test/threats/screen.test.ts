import { randomBytes } from "node:crypto";
import t from "tap";
import type { Asked, AuditEntry, OfferState } from "../../src/protocol/access-api.ts";
import type { Client, Offer } from "../../src/protocol/api.ts";
import { startDaemon, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone, onTheWire, type WireAnswer } from "../helpers/key-phone.ts";
import { neighbourAddress, screenLink, screenOf } from "../helpers/screen-phone.ts";

/** The box's own screen, and televisions that ask to be let in, under attack. */

const OPEN_TO_ALL = `http: {address: "0.0.0.0", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\n`;

const clientsOf = async (box: Daemon): Promise<Client[]> =>
  (await box.local<{ clients: Client[] }>("GET", "/api/v1/clients")).body.clients;

/** What only owners and who stands before the box may. */
const AT_BOX = [
  ["GET", "/api/v1/offers"],
  ["POST", "/api/v1/offers"],
  ["GET", "/api/v1/watching"],
] as const;

async function statusesOf(phone: KeyPhone): Promise<number[]> {
  const all: number[] = [];
  for (const [method, path] of AT_BOX)
    all.push((await phone.call(method, path, method === "POST" ? {} : undefined)).status);
  return all;
}

/** Somebody who claims what an owner's phone opens, and waits. */
async function waitingFor(box: Daemon, owner: KeyPhone, role: string): Promise<WireAnswer & { id: string }> {
  const { body } = (await owner.call("POST", "/api/v1/offers", { role })) as { body: Offer };
  const phone = await KeyPhone.make(box);
  return { ...(await phone.claim(await phone.claimBody(body))), id: body.id };
}

t.test(
  "T27: the link of the box's screen is for one browser with a key, on the box, and good once",
  async (t) => {
    const box = await startDaemon(t, { tuner: null, config: OPEN_TO_ALL });
    const link = await screenLink(box);
    t.match(link.url, /^http:\/\/127\.0\.0\.1:\d+\/tv#p=1\./, "it leads to the box itself");
    t.equal((await onTheWire(box.url, "/api/v1/box")).body.pairing, "closed", "it is no offer for phones");
    const overTcp = await onTheWire(box.url, "/api/v1/screen", { method: "POST", body: {} });
    t.equal(overTcp.status, 401, "a program on the box has none without the command line's socket");

    const keyless = await KeyPhone.make(box, box.url);
    const without = await keyless.claim(await keyless.claimBody(link, "qr", { key: null }));
    t.match(without, { status: 403, body: { code: "pairing-refused" } }, "not without a key");
    const near = neighbourAddress();
    if (near !== null) {
      const elsewhere = await KeyPhone.make(box, `https://${near}:${box.https}`);
      const refused = await elsewhere.pair(link, "qr");
      t.match(refused, { status: 403, body: { code: "pairing-refused" } }, "not from elsewhere");
    }
    const screen = await KeyPhone.make(box);
    t.equal((await screen.pair(link, "qr")).status, 200);
    const second = await KeyPhone.make(box);
    t.match(await second.pair(link, "qr"), { status: 403, body: { code: "pairing-refused" } }, "once");
    const { entries } = (await box.local<{ entries: AuditEntry[] }>("GET", "/api/v1/audit?alarms=true")).body;
    t.match(entries, [{ event: "client-paired", detail: { by: "screen" } }], "owners are told of a screen");
  },
);

t.test(
  "T27: the screen's key counts in a browser on the box alone; others on the box have nothing",
  async (t) => {
    const box = await startDaemon(t, { tuner: null, config: OPEN_TO_ALL });
    const owner = await KeyPhone.paired(box, "owner");
    const screen = await screenOf(box);
    t.same(await statusesOf(screen), [200, 201, 200]);
    t.same(
      await statusesOf(await KeyPhone.paired(box, "viewer")),
      [403, 403, 403],
      "another browser on the box",
    );
    for (const [method, path] of AT_BOX) {
      const body = method === "POST" ? {} : undefined;
      t.equal(
        (await onTheWire(box.url, path, { method, body })).status,
        401,
        `${path}: a program on the box`,
      );
      for (const headers of [
        { "x-forwarded-for": "192.168.1.9" },
        { "x-real-ip": "192.168.1.9" },
        { forwarded: "for=192.168.1.9" },
        { via: "1.1 proxy" },
      ]) {
        const proof = await screen.proof(method, path);
        const token = screen.tokens?.accessToken ?? "";
        const answer = await screen.send(path, {
          method,
          body,
          headers: { ...headers, authorization: `DPoP ${token}`, dpop: proof },
        });
        t.equal(answer.status, 403, `${path} through a proxy that nobody named: ${JSON.stringify(headers)}`);
      }
    }
    const near = neighbourAddress();
    if (near !== null) {
      const door = `https://${near}:${box.https}`;
      for (const [method, path] of AT_BOX) {
        const dpop = await screen.proof(method, path, { payload: { htu: door + path } });
        const headers = { authorization: `DPoP ${screen.tokens?.accessToken ?? ""}`, dpop };
        const answer = await onTheWire(door, path, {
          method,
          headers,
          ...(method === "POST" && { body: {} }),
        });
        t.match(
          answer,
          { status: 403, body: { code: "role-forbidden" } },
          `${path} with its key, from elsewhere`,
        );
      }
    }
    const pass = await screen.handOff();
    const other = await KeyPhone.make(box);
    t.equal((await other.takeUp(pass)).status, 200);
    t.same(await statusesOf(other), [403, 403, 403], "what it hands on is a viewer's place");

    const [id] = (await clientsOf(box)).filter(({ screen }) => screen === true);
    t.equal((await owner.call("PATCH", `/api/v1/clients/${id?.id}`, { role: "kid" })).status, 200);
    t.same(await statusesOf(screen), [403, 403, 403], "an owner who makes a kid of it takes that away");
    await screenOf(box);
    t.match(await screen.call("GET", "/api/v1/channels"), { status: 401 }, "another screen takes its place");
    t.equal((await clientsOf(box)).filter(({ screen }) => screen !== undefined).length, 1);
  },
);

t.test("T27: whoever holds the remote control makes no owners, and sees nothing of them", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const owner = await KeyPhone.paired(box, "owner");
  const screen = await screenOf(box);
  const asked = await screen.call("POST", "/api/v1/offers", { role: "owner" });
  t.match(asked, { status: 403, body: { code: "role-forbidden" } });
  t.match((await screen.call("POST", "/api/v1/offers", {})).body, { role: "viewer" });
  for (const [method, path] of [
    ["GET", "/api/v1/clients"],
    ["GET", "/api/v1/audit"],
    ["POST", "/api/v1/recovery-codes"],
    ["POST", "/api/v1/pairing/answer"],
    ["GET", "/api/v1/tuners"],
  ] as const) {
    const body = method === "POST" ? { code: "BBBBBBBB" } : undefined;
    t.equal((await screen.call(method, path, body)).status, 403, `${method} ${path}`);
  }
  const future = await waitingFor(box, owner, "owner");
  const { offers } = (await screen.call("GET", "/api/v1/offers")).body as { offers: OfferState[] };
  t.same(
    offers.map(({ role }) => role),
    ["viewer"],
    "who is to be an owner is not shown",
  );
  const path = `/api/v1/offers/${future.id}`;
  t.equal((await screen.call("GET", path)).status, 404);
  const match = String(future.body.match);
  t.equal((await screen.call("POST", `${path}/decision`, { match })).status, 404, "nor decided about");
  t.equal((await screen.call("DELETE", path)).status, 404, "nor turned away");
  t.equal((await owner.call("POST", `${path}/decision`, { match })).status, 204);

  const viewer = await waitingFor(box, owner, "viewer");
  const wrong = match === "00" ? "01" : "00";
  const number = String(viewer.body.match) === wrong ? "02" : wrong;
  const decision = `/api/v1/offers/${viewer.id}/decision`;
  t.equal((await screen.call("POST", decision, { match: number })).status, 204);
  t.match(
    (await owner.call("GET", `/api/v1/offers/${viewer.id}`)).body,
    { state: "refused" },
    "a wrong number is a no",
  );

  const shown = [];
  for (let turn = 0; turn < 6; turn++) shown.push((await screen.call("POST", "/api/v1/offers", {})).status);
  t.same(shown, [201, 201, 201, 201, 201, 201], "one offer at a time: the former is closed");
  t.equal((await box.local<{ offers: OfferState[] }>("GET", "/api/v1/offers")).body.offers.length, 1);
});

/** What a television says of itself. */
async function askBody(phone: KeyPhone): Promise<Record<string, unknown>> {
  return {
    nonce: randomBytes(16).toString("base64url"),
    key: phone.jwk,
    name: "TV",
    terminalType: "tv",
    refresh: "body",
  };
}

async function ask(phone: KeyPhone): Promise<WireAnswer & { body: Asked }> {
  return phone.send("/api/v1/pairing/ask", { method: "POST", body: await askBody(phone) });
}

t.test(
  "T28: a television that asks bothers nobody, and is let in by an owner who sees code and number",
  async (t) => {
    const box = await startDaemon(t, { tuner: null });
    const tv = await KeyPhone.make(box);
    t.match(
      await ask(tv),
      { status: 409, body: { code: "owner-missing" } },
      "without an owner nobody is asked",
    );
    const owner = await KeyPhone.paired(box, "owner");
    const viewer = await KeyPhone.paired(box, "viewer");
    const asked = await ask(tv);
    t.match(asked.body.code, /^[B-Z]{4}-[B-Z]{4}$/);
    t.same(
      (await box.local("GET", "/api/v1/offers")).body,
      { offers: [] },
      "who has not seen it hears nothing",
    );
    t.match((await tv.poll(asked.body.claim)).body, { state: "pending", match: undefined });

    const answer = (phone: KeyPhone, body: object): Promise<WireAnswer> =>
      phone.call("POST", "/api/v1/pairing/answer", body);
    t.equal((await answer(viewer, { code: asked.body.code })).status, 403, "a viewer lets nobody in");
    t.equal(
      (await answer(owner, { code: asked.body.code, role: "owner" })).status,
      400,
      "no owner comes in like this",
    );
    t.equal((await answer(owner, { code: "BBBB-BBBB" })).status, 404, "a code that nobody shows");
    const taken = await answer(owner, { code: asked.body.code });
    t.match(taken, {
      status: 200,
      body: { state: "waiting", role: "viewer", claim: { name: "TV", home: true } },
    });
    t.equal((await answer(owner, { code: asked.body.code })).status, 404, "a code is good once");
    const { match } = (await tv.poll(asked.body.claim)).body as { match: string };
    t.ok((taken.body.claim.choices as string[]).includes(match), "the television shows one of the numbers");
    const id = String(taken.body.id);
    const wrong = (taken.body.claim.choices as string[]).find((one) => one !== match);
    t.equal((await owner.call("POST", `/api/v1/offers/${id}/decision`, { match: wrong })).status, 204);
    t.match((await tv.poll(asked.body.claim)).body, {
      code: "pairing-denied",
      detail: { wrongNumber: true },
    });

    const again = await ask(tv);
    const second = (await answer(owner, { code: again.body.code })).body as { id: string };
    const shown = (await tv.poll(again.body.claim)).body as { match: string };
    t.equal(
      (
        await owner.call(
          "POST",
          `/api/v1/offers/${second.id}/decision`,
          shown.match === undefined ? {} : { match: shown.match },
        )
      ).status,
      204,
    );
    t.match((await tv.poll(again.body.claim)).body, { state: "paired", tokens: { role: "viewer" } });
    t.same(await statusesOf(tv), [403, 403, 403], "and watches, no more");
  },
);

t.test("T28: who asks is at home, once at a time, and few are heard", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  await KeyPhone.paired(box, "owner");
  const tv = await KeyPhone.make(box);
  const first = await ask(tv);
  const second = await ask(tv);
  t.same([first.status, second.status], [200, 200]);
  t.equal((await tv.poll(first.body.claim)).status, 403, "the former is over");
  for (let at = 2; at <= 8; at++) {
    tv.from = `127.0.5.${at}`;
    t.equal((await ask(tv)).status, 200);
  }
  tv.from = "127.0.5.9";
  t.match(await ask(tv), { status: 503, body: { code: "pairing-too-many" } });

  const proxied = await startDaemon(t, {
    tuner: null,
    config: JSON.stringify({
      http: { address: "127.0.0.1", port: 0, https: { port: 0 }, trustedProxies: ["127.0.0.1"] },
      announce: { mdns: false, ssdp: "off" },
    }),
  });
  const offer = await proxied.openOffer("owner");
  const headers = { "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https" };
  const far = await KeyPhone.make(proxied);
  const claimed = await far.send("/api/v1/pairing/claim", {
    method: "POST",
    body: await far.claimBody(offer),
    headers,
  });
  t.equal(claimed.status, 200, "an owner may come in from afar");
  const from = await far.send("/api/v1/pairing/ask", { method: "POST", body: await askBody(far), headers });
  t.match(from, { status: 403, body: { code: "not-from-lan" } }, "who asks may not");
});
