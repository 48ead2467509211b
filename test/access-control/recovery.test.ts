import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import t from "tap";
import { RECOVERY_KDF, normaliseRecoveryCode, pairingProofBytes } from "../../src/protocol/pairing.ts";
import type { RequestOrigin } from "../../src/protocol/access.ts";
import type { AuditEntry } from "../../src/protocol/access-api.ts";
import {
  HTTPS,
  LAN,
  LOCAL,
  Phone,
  WAN_HTTP,
  claimOf,
  openHouse,
  pairedPhone,
  wrongCode,
  type Answer,
  type House,
} from "./house.ts";

const CODES = "/api/v1/recovery-codes";

async function makeCodes(house: House): Promise<string[]> {
  return (await house.send(LOCAL, "POST", CODES)).body.codes as string[];
}

/** What a phone sends for a recovery code: the code itself is not in it. */
function recoveryClaim(house: House, phone: Phone, code: string, change: Record<string, unknown> = {}) {
  const nonce = randomBytes(16).toString("base64url");
  const verifier = hkdfSync(
    "sha256",
    normaliseRecoveryCode(code) ?? "",
    RECOVERY_KDF.salt,
    RECOVERY_KDF.info,
    32,
  );
  const thumbprint = change["key"] === null ? "" : phone.thumbprint;
  const box = house.access.identity.boxId;
  const data = pairingProofBytes({ box, offer: "recovery", thumbprint, nonce });
  return {
    offer: "recovery",
    proof: createHmac("sha256", Buffer.from(verifier)).update(data).digest("base64url"),
    nonce,
    key: phone.jwk,
    name: "New phone",
    terminalType: "mobile",
    refresh: "body",
    ...change,
  };
}

async function recover(
  house: House,
  phone: Phone,
  code: string,
  origin: RequestOrigin = HTTPS,
): Promise<Answer> {
  const body = recoveryClaim(house, phone, code);
  const claimed = await house.send(origin, "POST", "/api/v1/pairing/claim", { body });
  return claimed.status === 200 ? phone.poll(claimed.body.claim, origin) : claimed;
}

t.test("recovery: ten codes, each makes one owner, once, after a restart too", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  t.same((await owner.call("GET", CODES)).body, { left: 0, madeAt: null });
  const made = await owner.call("POST", CODES);
  t.equal(made.status, 201);
  t.equal(made.headers["cache-control"], "no-store");
  const codes = made.body.codes as string[];
  t.equal(new Set(codes).size, 10);
  for (const code of codes) t.match(code, /^([B-DF-HJ-NP-TV-XZ]{4}-){4}[B-DF-HJ-NP-TV-XZ]{4}$/);
  t.same((await owner.call("GET", CODES)).body, {
    left: 10,
    madeAt: new Date(house.clock.now()).toISOString(),
  });

  await house.restart();
  const notices: AuditEntry[] = [];
  house.access.onNotice((entry) => notices.push(entry));
  const phone = await Phone.make(house);
  const paired = await recover(house, phone, codes[3]?.toLowerCase().replaceAll("-", " ") ?? "");
  t.match([paired.status, paired.body], [200, { state: "paired", tokens: { role: "owner" } }]);
  t.equal((await phone.call("GET", "/api/v1/clients")).status, 200);
  t.match(notices, [
    {
      event: "owner-recovered",
      client: phone.tokens?.client,
      name: "New phone",
      detail: { by: "code", role: "owner", kind: "key" },
    },
  ]);
  t.equal(notices.length, 1, "one thing, told once");
  t.equal((await phone.call("GET", CODES)).body.left, 9);
  const thief = await Phone.make(house);
  t.equal((await recover(house, thief, codes[3] ?? "")).body.code, "pairing-refused", "used up");
  await house.restart();
  t.equal((await recover(house, thief, codes[3] ?? "")).body.code, "pairing-refused", "for good");
  t.equal((await recover(house, thief, codes[4] ?? "")).status, 200);
});

t.test("recovery: new codes end all earlier ones", async (t) => {
  const house = await openHouse(t);
  const [old = ""] = await makeCodes(house);
  const [fresh = ""] = await makeCodes(house);
  t.equal((await recover(house, await Phone.make(house), old)).body.code, "pairing-refused");
  t.equal((await recover(house, await Phone.make(house), fresh)).status, 200);
});

t.test("recovery: owners alone make codes; the box keeps none of them", async (t) => {
  const house = await openHouse(t);
  await pairedPhone(house);
  const viewer = await pairedPhone(house);
  t.equal((await viewer.call("POST", CODES)).body.code, "role-forbidden");
  t.equal((await viewer.call("GET", CODES)).body.code, "role-forbidden");
  t.equal((await house.send(HTTPS, "POST", "/api/v1/owner/recover")).status, 401);
  const codes = await makeCodes(house);
  const rows = house.database.prepare("SELECT * FROM recovery_codes").all();
  t.equal(rows.length, 10);
  for (const row of rows) {
    const kept = Buffer.from(row["verifier"] as Uint8Array);
    t.equal(kept.length, 32);
    for (const code of codes) t.notOk(kept.includes(code.replaceAll("-", "")));
  }
  t.notOk(codes.some((code) => house.logged().includes(code)));
});

t.test("recovery: through confidential doors, with a key, and never as a LAN viewer", async (t) => {
  const house = await openHouse(t);
  const [code = ""] = await makeCodes(house);
  const phone = await Phone.make(house);
  for (const origin of [LAN, WAN_HTTP])
    t.equal((await recover(house, phone, code, origin)).body.code, "secure-origin-required");
  const keyless = await house.send(LAN, "POST", "/api/v1/pairing/claim", {
    body: recoveryClaim(house, phone, code, { key: null }),
  });
  t.equal(keyless.body.code, "pairing-refused");
  t.equal((await recover(house, phone, code)).status, 200, "none of that used it up");
});

t.test("recovery: a proof is for its box, its key and its nonce", async (t) => {
  const house = await openHouse(t);
  const [code = ""] = await makeCodes(house);
  const phone = await Phone.make(house);
  const other = await Phone.make(house);
  const good = recoveryClaim(house, phone, code);
  for (const change of [
    { key: other.jwk },
    { nonce: randomBytes(16).toString("base64url") },
    { offer: "recovery2" },
    { offer: undefined },
  ]) {
    const answer = await house.send(HTTPS, "POST", "/api/v1/pairing/claim", { body: { ...good, ...change } });
    t.equal(answer.body.code, "pairing-refused", JSON.stringify(change));
  }
  t.equal((await house.send(HTTPS, "POST", "/api/v1/pairing/claim", { body: good })).status, 200);
});

t.test("recovery T1: wrong codes from everywhere close pairing for nobody", async (t) => {
  const house = await openHouse(t);
  const [code = ""] = await makeCodes(house);
  const offer = house.access.openOffer("viewer");
  for (let i = 0; i < 60; i++) {
    const origin = { ...HTTPS, address: `203.0.113.${i}` };
    const answer = await recover(house, await Phone.make(house), "B".repeat(20), origin);
    t.equal(answer.body.code, "pairing-refused");
  }
  t.equal(house.access.pairingState(), "open");
  t.equal((await (await Phone.make(house)).pair(offer)).status, 200);
  t.equal((await recover(house, await Phone.make(house), code)).status, 200, "and the right one is heard");
});

t.test("recovery: an owner gets in when the list of clients is full, and pairing closed", async (t) => {
  const house = await openHouse(t, { clients: 3, badProofsPerBox: 2 });
  const [code = ""] = await makeCodes(house);
  const thief = await pairedPhone(house);
  await pairedPhone(house);
  const offer = house.access.openOffer();
  for (let i = 0; i < 2; i++) await (await Phone.make(house)).pair({ ...offer, code: wrongCode(offer) });
  t.equal(house.access.pairingState(), "closed");
  await pairedPhone(house);
  const phone = await Phone.make(house);
  t.equal((await recover(house, phone, code)).status, 200);
  t.same((await phone.call("POST", "/api/v1/clients/end-others", { body: { everybody: true } })).body, {
    ended: 3,
  });
  t.equal((await thief.call("GET", "/api/v1/channels")).body.code, "client-revoked");
});

t.test(
  "recovery: at the box an offer for an owner opens, whatever closed pairing, and owners are told",
  async (t) => {
    const house = await openHouse(t, { badProofsPerBox: 2 });
    await pairedPhone(house);
    const notices: AuditEntry[] = [];
    house.access.onNotice((entry) => notices.push(entry));
    const open = house.access.openOffer();
    for (let i = 0; i < 2; i++) await (await Phone.make(house)).pair({ ...open, code: wrongCode(open) });
    t.equal(house.access.pairingState(), "closed");
    const { status, body } = await house.send(LOCAL, "POST", "/api/v1/owner/recover");
    t.match([status, body], [201, { role: "owner" }]);
    await new Promise(setImmediate);
    t.match(notices.at(-1), { event: "owner-recovered", client: null, detail: { by: "box" } });
    const phone = await Phone.make(house);
    t.equal((await phone.pair(body)).status, 200);
    t.equal(phone.tokens?.role, "owner");
    await new Promise(setImmediate);
    t.match(notices.at(-1), { event: "client-paired", detail: { by: "recovery", role: "owner" } });
  },
);

t.test("recovery: a claim that is never collected has used its code up, and leaves no owner", async (t) => {
  const house = await openHouse(t);
  const [code = "", second = ""] = await makeCodes(house);
  const phone = await Phone.make(house);
  const body = recoveryClaim(house, phone, code);
  t.equal((await house.send(HTTPS, "POST", "/api/v1/pairing/claim", { body })).status, 200);
  house.clock.advance(10 * 60_000);
  t.equal(house.access.claimed(), false);
  t.equal((await recover(house, phone, code)).body.code, "pairing-refused");
  t.equal((await recover(house, phone, second)).status, 200);
  t.equal(
    (
      await house.send(HTTPS, "POST", "/api/v1/pairing/claim", {
        body: claimOf(house, house.access.openOffer(), {
          key: phone.jwk,
          thumbprint: phone.thumbprint,
          qr: true,
          offer: "recovery",
        }),
      })
    ).body.code,
    "pairing-refused",
    "an offer's secret is no recovery code",
  );
});
