import { execFileSync } from "node:child_process";
import { join } from "node:path";
import t from "tap";
import type { Offer } from "../../src/protocol/api.ts";
import { startDaemon, tellyport, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone, onTheWire, type WireAnswer } from "../helpers/key-phone.ts";
import {
  networkNamespace,
  skipWithoutNamespaces,
  type NetworkNamespace,
} from "../helpers/network-namespace.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { onTheWireInside } from "../helpers/wire-inside.ts";

/** Pairing under attack, over the network. */

const wrong = (code: string): string => (code === "BBBB-BBBB" ? "CCCC-CCCC" : "BBBB-BBBB");

const httpOf = (box: Daemon): string => `http://127.0.0.1:${box.http}`;

async function clientsOf(box: Daemon): Promise<{ id: string; role: string; kind: string }[]> {
  const answer = await box.local<{ clients: { id: string; role: string; kind: string }[] }>(
    "GET",
    "/api/v1/clients",
  );
  return answer.body.clients;
}

/** An offer that an owner's phone opens from the network. */
async function openedBy(owner: KeyPhone, role = "viewer"): Promise<Offer> {
  const opened = await owner.call("POST", "/api/v1/offers", { role });
  if (opened.status !== 201) throw new Error(JSON.stringify(opened.body));
  return opened.body as Offer;
}

/** What a stranger can tell answers apart by, but for the time of day. */
function seen({ status, body, headers }: WireAnswer): unknown {
  const { date: _date, ...rest } = headers;
  return { status, body: body as unknown, headers: rest };
}

t.test("T1: closed, unknown, wrong, used, waiting and voided are one answer", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const owner = await KeyPhone.paired(box);
  const phone = await KeyPhone.make(box);
  const nowhere = { code: "BCDF-GHJK", url: `https://box.test/#p=1.AAAAAAAAAAA.${"A".repeat(22)}` };
  const answers: [string, WireAnswer][] = [];
  const claim = async (
    what: string,
    offer: Pick<Offer, "code" | "url">,
    by: "code" | "qr",
  ): Promise<void> => {
    answers.push([what, await phone.claim(await phone.claimBody(offer, by))]);
  };
  await claim("closed, by code", nowhere, "code");
  await claim("closed, by QR code", nowhere, "qr");
  const offer = await box.openOffer();
  await claim("unknown offer", nowhere, "qr");
  await claim("wrong code", { ...offer, code: wrong(offer.code) }, "code");
  t.equal((await (await KeyPhone.make(box)).pair(offer)).status, 200);
  await claim("used, by code", offer, "code");
  await claim("used, by QR code", offer, "qr");
  const waiting = await openedBy(owner);
  t.equal((await phone.claim(await phone.claimBody(waiting))).status, 200);
  await claim("somebody waits there", waiting, "code");
  const voided = await box.openOffer();
  phone.from = "127.0.2.1";
  for (let guess = 0; guess < 5; guess++)
    await claim(`wrong for the ${guess + 1}. time`, { ...voided, code: wrong(voided.code) }, "code");
  await claim("the right code after five wrong ones", voided, "code");
  await claim("its QR code", voided, "qr");
  for (const [what, answer] of answers) t.same(seen(answer), seen(answers[0]?.[1] as WireAnswer), what);
  t.match(answers[0]?.[1], { status: 403, body: { code: "pairing-refused" } });
});

t.test(
  "T1: twenty wrong guesses close pairing, for hand-offs too, until it is opened at the box",
  async (t) => {
    const box = await startDaemon(t, { tuner: null });
    const owner = await KeyPhone.paired(box);
    const pass = await owner.handOff();
    const phone = await KeyPhone.make(box);
    for (let guess = 0; guess < 20; guess++) {
      const offer = await box.openOffer("viewer");
      phone.from = `127.0.3.${guess + 1}`;
      await phone.claim(await phone.claimBody({ ...offer, code: wrong(offer.code) }));
      if (guess < 19) await box.local("DELETE", `/api/v1/offers/${offer.id}`);
    }
    phone.from = "127.0.4.1";
    t.equal((await phone.send("/api/v1/box")).body.pairing, "closed");
    t.equal((await phone.takeUp(pass)).body.code, "pairing-refused");
    for (const [path, body] of [
      ["/api/v1/offers", {}],
      ["/api/v1/hand-offs", undefined],
    ] as const) {
      const answer = await owner.call("POST", path, body);
      t.same([answer.status, answer.body.code], [503, "pairing-too-many"], path);
    }
    t.equal((await phone.pair(await box.openOffer("viewer"))).status, 200, "somebody stood at the box");
  },
);

/** Puts further addresses on the namespace's interface. */
function addAddresses(network: NetworkNamespace, addresses: readonly string[]): void {
  const [command = "", ...rest] = network.wrapper;
  for (const address of addresses)
    execFileSync(command, [...rest, "ip", "-6", "addr", "add", address, "dev", "lan0", "nodad"]);
}

t.test(
  "T1: addresses that rotate within one /64 are one sender",
  { skip: skipWithoutNamespaces() },
  async (t) => {
    const network = await networkNamespace(t);
    const addresses = Array.from({ length: 11 }, (_, n) => `fd77::${(n + 1).toString(16)}`);
    addAddresses(network, [...addresses.map((address) => `${address}/64`), "fd78::1/64"]);
    const box = await startDaemon(t, { address: "::", wrapper: network.wrapper });
    const phone = await KeyPhone.make(box);
    const door = `https://[fd77::1]:${box.https}`;
    const claim = async (offer: Offer, from: string, code = offer.code) => {
      const body = await phone.claimBody({ ...offer, code });
      return [door, "/api/v1/pairing/claim", { method: "POST", body, from }] as const;
    };
    for (const five of [addresses.slice(0, 5), addresses.slice(5, 10)]) {
      const offer = await box.openOffer();
      const guesses = five.map((from) => claim(offer, from, wrong(offer.code)));
      for (const { status } of await onTheWireInside(network, await Promise.all(guesses)))
        t.equal(status, 403);
    }
    const offer = await box.openOffer();
    const [same, other] = await onTheWireInside(network, [
      await claim(offer, "fd77::b"),
      await claim(offer, "fd78::1"),
    ]);
    t.match(same, { status: 403, body: { code: "pairing-refused" } }, "the right code, from the eleventh");
    t.match(other, { status: 200, body: { match: null } }, "another network is heard");
  },
);

t.test(
  "T2: over plain http nobody pairs with a key, administers, or gets a refresh cookie",
  { skip: skipWithoutNamespaces() },
  async (t) => {
    const network = await networkNamespace(t);
    const box = await startDaemon(t, { address: network.address, wrapper: network.wrapper });
    const http = `http://${network.address}:${box.http}`;
    const https = `https://${network.address}:${box.https}`;
    const phone = await KeyPhone.make(box, http);
    const post = (origin: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
      onTheWireInside(network, [[origin, path, { method: "POST", body, headers }]]).then(
        ([answer]) => answer as WireAnswer,
      );
    const offer = await box.openOffer("owner");
    const answers: [string, WireAnswer][] = [];
    for (const refresh of ["body", "cookie"]) {
      const body = await phone.claimBody(offer, "code", { refresh });
      answers.push([`claim, ${refresh}`, await post(http, "/api/v1/pairing/claim", body)]);
    }
    const body = await phone.claimBody(offer, "code", { refresh: "cookie" });
    const claimed = await post(https, "/api/v1/pairing/claim", body);
    t.equal(claimed.status, 200, "by https it goes");
    answers.push(["poll", await post(http, "/api/v1/pairing/poll", { claim: claimed.body.claim })]);
    const paired = await post(https, "/api/v1/pairing/poll", { claim: claimed.body.claim });
    t.match(paired.headers["set-cookie"], [/^__Host-tp_rt=.*; HttpOnly; Secure; SameSite=Strict$/]);
    const cookie = String(paired.headers["set-cookie"]?.[0]).split(";")[0] ?? "";
    phone.nonce = String(paired.headers["dpop-nonce"]);
    const secret = cookie.replace(/^.*?=/, "");
    for (const given of [{ refreshToken: secret }, {}]) {
      const dpop = await phone.proof("POST", "/api/v1/token", { token: null });
      answers.push(["refresh", await post(http, "/api/v1/token", given, { dpop, cookie })]);
    }
    const token = String(paired.body.tokens.accessToken);
    for (const [method, path] of [
      ["GET", "/api/v1/clients"],
      ["POST", "/api/v1/offers"],
      ["GET", "/api/v1/offers"],
      ["POST", "/api/v1/hand-offs"],
    ] as const) {
      const dpop = await phone.proof(method, path, { token });
      const headers = { authorization: `DPoP ${token}`, dpop };
      const [answer] = await onTheWireInside(network, [
        [
          http,
          path,
          { method, headers, ...(path === "/api/v1/offers" && method === "POST" && { body: {} }) },
        ],
      ]);
      answers.push([`${method} ${path}`, answer as WireAnswer]);
    }
    for (const [what, { status, body, headers }] of answers) {
      // A refresh by a cookie that cannot have come over http is one without any token.
      const expected = what === "refresh" && status === 401 ? "refresh-invalid" : "secure-origin-required";
      t.equal(body.code, expected, what);
      t.equal(headers["set-cookie"], undefined, `${what}: no cookie`);
    }
    t.equal(answers.filter(([, { status }]) => status === 403).length, answers.length - 1);

    const owner = await box.openOffer("owner");
    const claim = await phone.claimBody(owner, "code", { key: null });
    const spent = await post(http, "/api/v1/pairing/claim", claim);
    t.same([spent.status, spent.body.code], [403, "secure-origin-required"], "an owner's offer is not spent");
    const guessed = await post(https, "/api/v1/pairing/claim", await phone.claimBody(owner));
    t.equal(guessed.body.code, "pairing-refused", "nor good for whoever read the claim and found its code");
    const viewer = await box.openOffer("viewer");
    const lan = await post(
      http,
      "/api/v1/pairing/claim",
      await phone.claimBody(viewer, "code", { key: null }),
    );
    const watching = await post(http, "/api/v1/pairing/poll", { claim: lan.body.claim });
    t.match(watching.headers["set-cookie"], [/^tp_lan=/]);
    t.match(watching.body.tokens, { role: "viewer", accessToken: null }, "a LAN viewer is never an owner");
    const lanCookie = String(watching.headers["set-cookie"]?.[0]).split(";")[0] ?? "";
    const opened = await post(http, "/api/v1/offers", {}, { cookie: lanCookie, "x-tellyport": "1" });
    t.same([opened.status, opened.body.code], [403, "role-forbidden"]);
  },
);

t.test("T13: pages of other sites change nothing with the cookies of clients without a key", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  await KeyPhone.paired(box);
  const doors = [
    [httpOf(box), "tp_lan="],
    [`https://127.0.0.1:${box.https}`, "__Host-tp_b="],
  ] as const;
  for (const [origin, name] of doors) {
    const phone = await KeyPhone.make(box, origin);
    const cookie = await phone.pairWithoutKey(await box.openOffer());
    t.ok(cookie.startsWith(name), name);
    const before = await clientsOf(box);
    const send = (method: string, path: string, headers: Record<string, string>, body?: string) =>
      onTheWire(origin, path, {
        method,
        headers: { cookie, ...headers },
        ...(body !== undefined && { body }),
      });
    const asPage = { "x-tellyport": "1", "sec-fetch-site": "same-origin" };
    t.equal((await send("GET", "/api/v1/clients/self", {})).status, 200, "the cookie itself is good");
    for (const [type, text] of [
      ["application/x-www-form-urlencoded", "a=b"],
      ["text/plain", "{}"],
      ["multipart/form-data; boundary=x", "--x--\r\n"],
      ["application/json", "{}"],
    ] as const) {
      for (const site of [undefined, "cross-site", "same-site", "none"]) {
        for (const [page, code] of [
          ["https://evil.test", "origin-not-allowed"],
          [undefined, "cross-site-refused"],
        ] as const) {
          const answer = await send(
            "POST",
            "/api/v1/hand-offs",
            {
              "content-type": type,
              ...(page !== undefined && { origin: page }),
              ...(site !== undefined && { "sec-fetch-site": site }),
            },
            text,
          );
          const told = [answer.status, answer.body.code];
          t.same(told, [403, code], `${type} from ${site ?? "a form"} of ${page ?? "nobody"}`);
        }
      }
      if (type === "application/json") continue;
      const body = JSON.stringify(
        await phone.claimBody(await box.openOffer("viewer"), "code", { key: null }),
      );
      const claim = await send("POST", "/api/v1/pairing/claim", { "content-type": type }, body);
      t.ok([400, 415].includes(claim.status), `a claim as ${type}: ${claim.status}`);
      for (const offer of (await box.local<{ offers: Offer[] }>("GET", "/api/v1/offers")).body.offers)
        await box.local("DELETE", `/api/v1/offers/${offer.id}`);
    }
    for (const site of ["cross-site", "same-site", "none"]) {
      const headers = { ...asPage, "sec-fetch-site": site };
      t.equal((await send("DELETE", "/api/v1/clients/self", headers)).status, 403, `DELETE from ${site}`);
    }
    t.equal((await send("DELETE", "/api/v1/clients/self", {})).status, 403, "without the header");
    t.equal((await send("GET", "/api/v1/clients/self", { "sec-fetch-site": "cross-site" })).status, 403);
    t.same(
      (await clientsOf(box)).map(({ id }) => id),
      before.map(({ id }) => id),
      "nothing changed",
    );
    for (const [other] of doors.filter(([door]) => door !== origin))
      t.equal((await onTheWire(other, "/api/v1/clients/self", { headers: { cookie } })).status, 401);
    const gone = await send("DELETE", "/api/v1/clients/self", asPage);
    t.equal(gone.status, 200, "its own page may");
    t.match(gone.headers["set-cookie"], [new RegExp(`^${name}; Max-Age=0`)]);
  }
});

t.test("T25: a hand-off is good once, for nobody else's pass, and with its parent alone", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const owner = await KeyPhone.paired(box);
  const viewer = await KeyPhone.paired(box, "viewer");
  const [mine, theirs, late] = [await viewer.handOff(), await owner.handOff(), await viewer.handOff()];
  const thief = await KeyPhone.make(box);
  const mixed = mine.replace(/[^.]+$/, theirs.replace(/^.*\./, ""));
  for (const fragment of [mixed, mine.replace(/\.[^.]+\./, ".AAAAAAAAAAA."), mine.replace(/.{4}$/, "AAAA")]) {
    const answer = await thief.takeUp(fragment);
    t.same([answer.status, answer.body.code], [403, "pairing-refused"]);
  }
  const body = await thief.handOffBody(mine);
  const foreign = await KeyPhone.make(box);
  t.equal((await foreign.claim({ ...body, key: foreign.jwk })).status, 403, "proven for another key");

  const child = await KeyPhone.make(box);
  t.match((await child.takeUp(mine)).body, { state: "paired", tokens: { role: "viewer" } });
  t.match((await child.call("GET", "/api/v1/clients/self")).body, {
    handedOverFrom: viewer.tokens?.client,
    kind: "key",
    role: "viewer",
  });
  const replayed = await thief.takeUp(mine);
  t.same([replayed.status, replayed.body.code], [410, "hand-off-used"]);
  t.equal((await child.call("GET", "/api/v1/channels")).status, 200);

  t.equal((await owner.call("DELETE", `/api/v1/clients/${viewer.tokens?.client}`)).status, 200);
  t.match(
    await child.call("GET", "/api/v1/channels"),
    { status: 401, body: { code: "client-revoked" } },
    "what a stolen phone opened goes with it",
  );
  t.equal((await child.refresh()).status, 401);
  t.equal((await thief.takeUp(late)).body.code, "pairing-refused", "void with its parent");
  await box.stop();
  const secrets = [mine, theirs, late].map((fragment) => fragment.replace(/^.*\./, ""));
  t.notOk(
    secrets.some((secret) => box.output().includes(secret)),
    "nothing of them is logged",
  );
});

t.test("T25: a LAN viewer's hand-off, which can be read on the way, waits for an owner", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const owner = await KeyPhone.paired(box);
  const lan = await KeyPhone.make(box, httpOf(box));
  const cookie = await lan.pairWithoutKey(await box.openOffer("viewer"));
  const made = await onTheWire(httpOf(box), "/api/v1/hand-offs", {
    method: "POST",
    headers: { cookie, "x-tellyport": "1" },
  });
  t.equal(made.status, 201);
  const reader = await KeyPhone.make(box);
  const claimed = await reader.claim(await reader.handOffBody(made.body.fragment as string));
  t.same((await reader.poll(claimed.body.claim as string)).body, { state: "pending" });
  const path = `/api/v1/offers/${made.body.id}`;
  t.match((await owner.call("GET", path)).body, {
    state: "waiting",
    claim: { address: "127.0.0.1", home: true },
  });
  const before = (await clientsOf(box)).length;
  t.equal((await owner.call("POST", `${path}/decision`, { match: null })).status, 204);
  t.equal((await reader.poll(claimed.body.claim as string)).body.code, "pairing-denied");
  t.equal((await clientsOf(box)).length, before);
});

t.test("remote phishing: who has somebody's code typed in gets in by the right number alone", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const owner = await KeyPhone.paired(box);
  const phisher = await KeyPhone.make(box);
  for (const choose of ["wrong", "right"] as const) {
    const offer = await openedBy(owner, "owner");
    const claimed = await phisher.claim(await phisher.claimBody(offer));
    const { match, claim } = claimed.body as { match: string; claim: string };
    t.match(match, /^\d\d$/);
    const path = `/api/v1/offers/${offer.id}`;
    const { choices } = (await owner.call("GET", path)).body.claim as { choices: string[] };
    const chosen = choose === "right" ? match : (choices.find((one) => one !== match) ?? "");
    t.equal((await owner.call("POST", `${path}/decision`, { match: chosen })).status, 204);
    const polled = await phisher.poll(claim);
    if (choose === "right") t.match(polled.body, { state: "paired", tokens: { role: "owner" } });
    else t.same([polled.status, polled.body.code], [403, "pairing-denied"]);
    t.equal((await clientsOf(box)).length, choose === "right" ? 2 : 1);
  }
});

t.test("power: a yes that was answered is on disk, a wait is not", async (t) => {
  const state = await temporaryFolder(t);
  const box = await startDaemon(t, { state });
  const owner = await KeyPhone.paired(box);
  const phone = await KeyPhone.make(box);
  const offers = [await openedBy(owner), await openedBy(owner)];
  const claims: string[] = [];
  for (const offer of offers) {
    const claimed = await phone.claim(await phone.claimBody(offer));
    claims.push(claimed.body.claim as string);
    if (claims.length === 1)
      await owner.call("POST", `/api/v1/offers/${offer.id}/decision`, { match: claimed.body.match });
  }
  await box.kill();
  const again = await startDaemon(t, { state });
  const poll = (claim: string) =>
    onTheWire(`https://127.0.0.1:${again.https}`, "/api/v1/pairing/poll", {
      method: "POST",
      body: { claim },
    });
  t.match((await poll(claims[0] ?? "")).body, { state: "paired", tokens: { role: "viewer" } });
  t.equal((await poll(claims[1] ?? "")).body.code, "pairing-refused");
  t.equal((await clientsOf(again)).length, 2);
});

t.test("command line: a machine hands its place on, and another waits for an owner's yes", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const folder = await temporaryFolder(t);
  const as = (name: string) => ({ env: { ...process.env, TELLYPORT_CREDENTIALS: join(folder, name) } });
  const url = `https://127.0.0.1:${box.https}`;
  const first = await tellyport(["remote", "pair", url, "--code", (await box.openOffer()).code], as("first"));
  t.equal(first.code, 0, first.stderr);
  const made = await tellyport(["remote", "hand-off", "--json"], as("first"));
  const handOff = (JSON.parse(made.stdout) as { url: string }).url;
  const next = await tellyport(["remote", "pair", "--hand-off", handOff, "--json"], as("next"));
  t.equal(next.code, 0, next.stderr);
  t.match(JSON.parse(next.stdout), { role: "owner" });
  t.equal((await tellyport(["remote", "pair", "--hand-off", handOff], as("thief"))).code, 69);

  const owner = await KeyPhone.paired(box, "owner");
  const offer = await openedBy(owner);
  const pairing = tellyport(["remote", "pair", url, "--code", offer.code, "--json"], as("third"));
  const path = `/api/v1/offers/${offer.id}`;
  for (;;) {
    const { state } = (await owner.call("GET", path)).body as { state: string };
    if (state === "waiting") break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await owner.call("POST", `${path}/decision`, { match: null });
  const denied = await pairing;
  t.equal(denied.code, 77);
  t.match(denied.stderr, /choose \d\d on the owner's phone/);
  t.match(JSON.parse(denied.stderr.trim().split("\n").at(-1) ?? ""), { code: "pairing-denied" });
});
