import { createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { planRing, signing } from "../../src/access-control/key-ring.ts";
import { AccessKeys, KEY_LIFE, PUBLISHED_BEFORE, grantKeyId } from "../../src/access-control/keys.ts";
import { publicKeys } from "../../src/access-control/public-keys.ts";
import { ms } from "../../src/kernel/units.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { eventually } from "../helpers/daemon.ts";
import { HTTPS, openHouse, pairedPhone, type House } from "./house.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 20, 12);
const TERMS = { token: 12 * MINUTE, grant: 2 * DAY };
const TIMES = { life: 90 * DAY, publishedBefore: DAY, term: 2 * DAY };

const idsOf = (keys: AccessKeys): string[] =>
  [...keys.all("token"), ...keys.all("grant")].map(({ id }) => id);

t.test(
  "key ring: each key signs ninety days, is known a day before and as long as what it signed lives",
  (t) => {
    let keys: { from: number }[] = [{ from: START }];
    const made: number[] = [];
    const signed = new Map<number, number>();
    for (let now = START; now < START + 400 * DAY; now += HOUR) {
      const plan = planRing(keys, now, TIMES);
      keys = [...plan.keys];
      if (plan.makeFrom !== null) {
        t.equal(plan.makeFrom, now + DAY);
        keys.push({ from: plan.makeFrom });
        made.push(plan.makeFrom);
      }
      t.ok(keys.length <= 2, "never more than two");
      const current = signing(keys, now);
      t.ok(current.from <= now);
      signed.set(current.from, now);
      for (const [from, last] of signed)
        if (now < last + TIMES.term)
          t.ok(
            keys.some((key) => key.from === from),
            "what it signed can be verified",
          );
    }
    t.same(
      made.map((from) => (from - START) / DAY),
      [90, 180, 270, 360],
    );
    t.end();
  },
);

t.test("key ring: whatever the clock does, there is a key that signs, and few of them", (t) => {
  const jump = fc.integer({ min: -20 * 365, max: 20 * 365 });
  fc.assert(
    fc.property(fc.array(jump, { maxLength: 60 }), (days) => {
      let keys: { from: number }[] = [{ from: START }];
      let now = START;
      for (const by of days) {
        now = Math.max(0, now + by * DAY);
        const plan = planRing(keys, now, TIMES);
        keys = [...plan.keys, ...(plan.makeFrom === null ? [] : [{ from: plan.makeFrom }])];
        signing(keys, now);
        if (keys.length > 3 || keys.some(({ from }) => from > now + DAY)) return false;
      }
      return true;
    }),
  );
  t.throws(() => signing([], START), RangeError);
  t.end();
});

t.test(
  "access keys: those of release 0.1.0 are read, keep their ids and last ninety days from then on",
  async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, "access-keys.json");
    const token = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const grant = generateKeyPairSync("ed25519").privateKey;
    const refresh = randomBytes(32);
    const pem = (key: typeof token): string => key.export({ type: "pkcs8", format: "pem" }).toString();
    writeFileSync(
      path,
      JSON.stringify({ token: pem(token), grant: pem(grant), refresh: refresh.toString("base64url") }),
    );
    const one = await AccessKeys.load(folder, START, TERMS);
    t.same(one.refresh, refresh);
    t.same(pem(one.signing("token", START).privateKey), pem(token));
    t.equal(one.signing("grant", START).id, grantKeyId(grant));
    for (let day = 10; day <= 80; day += 10) {
      const again = await AccessKeys.load(folder, START + day * DAY, TERMS);
      t.same(idsOf(again), idsOf(one), "a restart does not begin their time anew");
    }
    const late = await AccessKeys.load(folder, START + 89 * DAY + HOUR, TERMS);
    t.equal(late.all("token").length, 2);
    t.equal(late.signing("token", START + 89 * DAY + HOUR).id, one.signing("token", START).id);
  },
);

t.test("access keys: a rotation is on disk before anybody sees it", async (t) => {
  const folder = await temporaryFolder(t);
  const keys = await AccessKeys.load(folder, START, TERMS);
  const first = idsOf(keys);
  const later = START + KEY_LIFE - PUBLISHED_BEFORE;
  t.notOk(await keys.renew(later - 1));
  chmodSync(folder, 0o500);
  const asRoot = process.getuid?.() === 0;
  if (!asRoot) {
    await t.rejects(keys.renew(later));
    t.same(idsOf(keys), first, "what cannot be written is not used");
  }
  chmodSync(folder, 0o700);
  t.ok(await keys.renew(later));
  t.equal(keys.all("token").length, 2);
  t.same(idsOf(await AccessKeys.load(folder, later, TERMS)), idsOf(keys), "the power may go now");
  const next = keys.all("token")[1]?.id;
  t.equal(keys.signing("token", later + PUBLISHED_BEFORE).id, next);
  t.ok(await keys.renew(later + PUBLISHED_BEFORE + TERMS.token));
  t.same(
    keys.all("token").map(({ id }) => id),
    [next],
  );
  t.equal(keys.all("grant").length, 2, "grants live longer");
  t.ok(await keys.renew(later + PUBLISHED_BEFORE + TERMS.grant));
  t.equal(keys.all("grant").length, 1);
  t.equal(keys.find("token", first[0]), undefined, "of an old key nothing is verified");
  t.equal(keys.find("grant", next), undefined, "a key is for its use alone");
});

t.test("access keys: nothing private is published", async (t) => {
  const keys = await AccessKeys.load(await temporaryFolder(t), START, TERMS);
  await keys.renew(START + KEY_LIFE);
  const list = publicKeys(keys);
  t.equal(list.length, 4);
  const known = new Set(["kty", "crv", "x", "y", "kid", "alg", "use"]);
  for (const key of list)
    for (const name of Object.keys(key)) t.ok(known.has(name), `${name} is a public member`);
  const secrets = [...keys.all("token"), ...keys.all("grant")].map(
    ({ privateKey }) => privateKey.export({ format: "jwk" }).d ?? "",
  );
  for (const secret of secrets) t.notMatch(JSON.stringify(list), secret);
});

t.test("access keys: clients notice nothing of a rotation", async (t) => {
  const house = await openHouse(t, { accessToken: 2 * DAY });
  const phone = await pairedPhone(house);
  const kidOf = (token?: string | null): string =>
    (JSON.parse(Buffer.from(token?.split(".")[0] ?? "", "base64url").toString()) as { kid: string }).kid;
  const principal = {
    client: phone.tokens?.client ?? "",
    user: "u",
    terminalType: "mobile",
    role: "owner",
    payer: "u",
  };
  const good = async (): Promise<void> => {
    t.equal((await phone.call("GET", "/api/v1/channels")).status, 200);
  };
  const first = kidOf(phone.tokens?.accessToken);
  for (let i = 0; i < 3; i++) {
    await rotate(house, 20);
    await phone.refresh();
  }
  await rotate(house, 29.5);
  t.same((await phone.refresh()).status, 200);
  t.equal(kidOf(phone.tokens?.accessToken), first);
  const published = await eventually("the next ones are published", async () => {
    const all = await kids(house);
    return all.length === 4 && all;
  });
  const grant = house.access.grants.issue("one", principal as never, ms(house.clock.now() + DAY));
  await good();
  await rotate(house, 0.6);
  await good();
  t.equal(house.access.grants.check(grant), "one", "a grant of the key before");
  t.equal((await phone.refresh()).status, 200);
  t.not(kidOf(phone.tokens?.accessToken), first);
  t.ok(published.includes(kidOf(phone.tokens?.accessToken)), "by a key that was known a day before");
  await good();
  await house.restart();
  phone.nonce = undefined;
  await good();
});

/** Lets so many days pass on a box that runs. */
async function rotate(house: House, days: number): Promise<void> {
  house.access.start();
  await house.clock.advanceAsync(days * DAY, 6 * HOUR);
  await new Promise((resolve) => setTimeout(resolve, 100));
  house.access.stop();
}

async function kids(house: House): Promise<string[]> {
  const { body } = await house.send(HTTPS, "GET", "/.well-known/jwks.json");
  return (body.keys as { kid: string }[]).map(({ kid }) => kid);
}

t.test("access keys: the document is for the daemon's user, and holds what it says", async (t) => {
  const folder = await temporaryFolder(t);
  await AccessKeys.load(folder, START, TERMS);
  const document = JSON.parse(readFileSync(join(folder, "access-keys.json"), "utf8")) as {
    token: { from: number; key: string }[];
  };
  t.equal(document.token[0]?.from, START);
  t.equal(createPrivateKey(document.token[0]?.key ?? "").asymmetricKeyType, "ec");
  for (const change of [
    { token: [] },
    { grant: document.token },
    { token: [{ from: "x", key: document.token[0]?.key }] },
    { refresh: "AAAA" },
  ]) {
    writeFileSync(join(folder, "access-keys.json"), JSON.stringify({ ...document, ...change }));
    await t.rejects(AccessKeys.load(folder, START, TERMS), { code: "state-unusable" });
  }
});
