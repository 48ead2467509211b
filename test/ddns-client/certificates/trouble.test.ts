import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import t from "tap";
import { authorityFront, type AcmeExchange, type Instead } from "../../helpers/authority-front.ts";
import { ChallengeDns } from "../../helpers/challenge-dns.ts";
import { eventually } from "../../helpers/daemon.ts";
import { startPebble } from "../../helpers/pebble.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import type { Teardown } from "../../helpers/temporary.ts";
import { inTime, NAMES, testBox } from "./box.ts";

const skip = skipWithoutProgram("pebble", "openssl");
const problem = (type: string, detail: string) => ({ type: `urn:ietf:params:acme:error:${type}`, detail });

async function stage(t: Teardown, env: Record<string, string> = {}) {
  const dns = await ChallengeDns.listen(t);
  const pebble = await startPebble(t, { dns: dns.address, env });
  const front = await authorityFront(t, pebble);
  return { dns, pebble, front, options: { directory: front.directory, ca: pebble.ca, challenges: dns } };
}

/** The first `times` exchanges at a path are answered so. */
function atFirst(path: RegExp, times: number, instead: Instead) {
  let left = times;
  return ({ url }: AcmeExchange): Instead | undefined => (path.test(url) && left-- > 0 ? instead : undefined);
}

t.test("an authority that is busy is asked again", { skip }, async (t) => {
  const { front, options } = await stage(t);
  for (const [what, path, instead, code] of [
    ["500 without a word", /order-plz/, { status: 500 }, "acme-failed"],
    ["503 that is no JSON", /finalize/, { status: 503, body: "<html>" }, "acme-failed"],
    ["500 at the directory", /^\/dir$/, { status: 502 }, "acme-failed"],
    ["serverInternal", /my-order/, { status: 500, body: problem("serverInternal", "oh") }, "acme-failed"],
    [
      "rateLimited",
      /order-plz/,
      { status: 429, headers: { "retry-after": "3" }, body: problem("rateLimited", "slowly") },
      "acme-failed",
    ],
    [
      "a redirect",
      /order-plz/,
      { status: 302, headers: { location: "https://127.0.0.1:1/" } },
      "acme-failed",
    ],
  ] as const) {
    const box = await testBox(t, options);
    front.instead = atFirst(path, 1, instead);
    const before = front.orders().length;
    await box.keeper.start();
    box.keeper.want(NAMES);
    const seen = await eventually("a problem", () => box.keeper.state().problem, 60_000, 5);
    t.equal(seen.code, code, `${what}: ${seen.message}`);
    t.ok((seen.retryAt ?? 0) > seen.at, `${what}: and when it is tried again`);
    if (what === "rateLimited") t.match(seen.message, /slowly/);
    await inTime(`a certificate after ${what}`, box);
    t.equal(box.keeper.state().problem, null);
    t.equal(front.orders().length, before + 1, `${what}: one order`);
    await box.keeper.stop();
  }
});

t.test("what the authority refuses is said in its own words", { skip }, async (t) => {
  const { front, options } = await stage(t);
  front.instead = atFirst(/order-plz/, 99, {
    status: 403,
    body: {
      ...problem("rejectedIdentifier", "we do not\n\u001b[31mlike it"),
      subproblems: [{ ...problem("caa", "CAA says no"), identifier: { type: "dns", value: NAMES[0] } }],
    },
  });
  const box = await testBox(t, options);
  await box.keeper.start();
  box.keeper.want(NAMES);
  const seen = await eventually("a problem", () => box.keeper.state().problem, 60_000, 5);
  t.equal(seen.code, "acme-refused");
  t.match(seen.message, /we do not .*like it; abcdefghijklmnop\.box\.test: CAA says no/);
  t.notMatch(seen.message, /\p{Cc}/u);
  t.ok((seen.retryAt ?? 0) >= seen.at + 3600_000, "not before an hour");
});

t.test("nobody but the authority is asked", { skip }, async (t) => {
  const { front, options, dns } = await stage(t);
  const problemOf = async (what: Parameters<typeof testBox>[1]) => {
    const box = await testBox(t, what);
    await box.keeper.start();
    box.keeper.want(NAMES);
    const seen = await eventually("a problem", () => box.keeper.state().problem, 60_000, 5);
    await box.keeper.stop();
    return seen;
  };
  const untrusted = await problemOf({ directory: front.directory, challenges: dns });
  t.match(
    untrusted,
    { code: "acme-failed", message: /self-signed certificate/ },
    "its https has to be trusted",
  );
  const plain = await problemOf({ ...options, directory: front.directory.replace("https", "http") });
  t.match(plain, { code: "acme-refused", message: /by https/ });
  front.more = { newNonce: "http://127.0.0.1:1/" };
  t.match(await problemOf(options), { code: "acme-failed", message: /directory cannot be read/ });
  front.more = { newNonce: "https://127.0.0.1:1/" };
  t.match(
    await problemOf(options),
    { code: "fetch-refused" },
    "the directory leads to no other machine at home",
  );
  t.notOk(front.exchanges.some(({ url }) => url === "/order-plz"));
});

t.test("how long to wait is the authority's word", { skip }, async (t) => {
  const { front, options } = await stage(t);
  front.instead = atFirst(/order-plz/, 1, {
    status: 429,
    headers: { "retry-after": "7200" },
    body: problem("rateLimited", "slowly"),
  });
  const box = await testBox(t, options);
  await box.keeper.start();
  box.keeper.want(NAMES);
  const seen = await eventually("a problem", () => box.keeper.state().problem, 60_000, 5);
  t.ok((seen.retryAt ?? 0) >= seen.at + 7_200_000);
  const asked = front.exchanges.length;
  box.keeper.tryNow();
  box.keeper.want([NAMES[0] ?? ""]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.equal(front.exchanges.length, asked, "whoever is in a hurry waits too");
});

t.test("nonces that are refused again and again", { skip }, async (t) => {
  const { options } = await stage(t, { PEBBLE_WFE_NONCEREJECT: "60" });
  const box = await testBox(t, { ...options, speed: 10 });
  await box.keeper.start();
  box.keeper.want(NAMES);
  await inTime("a certificate", box);
});

t.test("a challenge that only part of the world has heard of", { skip }, async (t) => {
  const { front, options, dns } = await stage(t, { PEBBLE_AUTHZREUSE: "100" });
  dns.shown = (values) => values.slice(0, 1);
  const box = await testBox(t, options);
  await box.keeper.start();
  box.keeper.want(NAMES);
  const seen = await eventually("a problem", () => box.keeper.state().problem, 60_000, 5);
  t.equal(seen.code, "acme-failed", seen.message);
  t.match(seen.message, /box\.test/, "it says which name");
  dns.shown = (values) => values;
  box.clock.ahead += 2 * 60_000;
  await inTime("a certificate", box);
  t.equal(front.orders().length, 2, "an order that failed is over");
  const asked = dns.published.filter((values) => values !== null);
  t.same(
    asked.map((values) => values?.length),
    [2, 1],
    "the name that was judged is not judged again",
  );
});

t.test("an authority that has forgotten the account, or the order", { skip }, async (t) => {
  const { front, options, dns } = await stage(t);
  const box = await testBox(t, options);
  // The order is made, and then the authority is another.
  front.instead = ({ url }) => (url.startsWith("/authZ/") ? { status: 500 } : undefined);
  await box.keeper.start();
  box.keeper.want(NAMES);
  await eventually("a problem", () => box.keeper.state().problem, 60_000, 5);
  front.authority = await startPebble(t, { dns: dns.address });
  front.instead = () => undefined;
  box.clock.ahead += 2 * 60_000;
  await eventually(
    "an order that is over",
    () => front.exchanges.some(({ url, status }) => url.startsWith("/my-order") && status === 404),
    60_000,
  );
  await inTime("a certificate", box);
  t.equal(front.orders().length, 2);
  const accounts = front.exchanges.filter(({ url, status }) => url === "/sign-me-up" && status === 201);
  t.equal(accounts.length, 2);
});

t.test("the authority's time of renewal, its profiles, and what is replaced", { skip }, async (t) => {
  const { front, options } = await stage(t);
  const [hour, now] = [3600_000, Date.now()];
  const window = { start: now + 10 * hour, end: now + 12 * hour };
  front.more = {
    renewalInfo: `${front.origin}/renewal-info`,
    meta: { termsOfService: "x", profiles: { short: "a page" } },
  };
  const asked: string[] = [];
  front.instead = ({ url }) => {
    if (!url.startsWith("/renewal-info/")) return undefined;
    asked.push(url);
    return {
      status: 200,
      headers: { "content-type": "application/json", "retry-after": "21600" },
      body: {
        suggestedWindow: {
          start: new Date(window.start).toISOString(),
          end: new Date(window.end).toISOString(),
        },
        explanationURL: "https://ca.test/why",
      },
    };
  };
  const refused = await testBox(t, { ...options, profile: "long" });
  await refused.keeper.start();
  refused.keeper.want(NAMES);
  t.match(await eventually("a problem", () => refused.keeper.state().problem, 60_000, 5), {
    code: "acme-refused",
    message: /no profile long; it has: short/,
  });
  await refused.keeper.stop();

  const box = await testBox(t, { ...options, profile: "short" });
  await box.keeper.start();
  box.keeper.want(NAMES);
  const first = await inTime("a certificate", box);
  t.match(front.orders().at(-1)?.payload, { profile: "short" });
  t.notOk("replaces" in (front.orders().at(-1)?.payload ?? {}));
  const suggested = await eventually(
    "the window",
    () => [box.keeper.state().renewAt ?? 0].find((time) => time < window.end),
    60_000,
  );
  t.ok(suggested >= window.start, "a moment within the window");
  const leaf = new X509Certificate(first.cert);
  const serial = Buffer.from(leaf.serialNumber, "hex");
  t.ok(asked[0]?.endsWith(`.${positive(serial).toString("base64url")}`), "it is asked by the serial number");

  box.clock.ahead = 12.5 * hour;
  await inTime("renewed", box, ({ cert }) => cert !== first.cert);
  const { replaces } = front.orders().at(-1)?.payload ?? {};
  t.equal(`/renewal-info/${String(replaces)}`, asked[0]);
  t.equal((await readFile(join(box.state, "online.pem"), "utf8")).includes(first.key), false);
});

/** As DER has it. */
function positive(bytes: Buffer): Buffer {
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}
