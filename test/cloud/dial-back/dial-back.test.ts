import type { RequestListener } from "node:http";
import { request as ask } from "node:https";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { pino } from "pino";
import t from "tap";
import { answers } from "../../../src/cloud/dial-back/answer.ts";
import { createDialBack } from "../../../src/cloud/dial-back/dial-back.ts";
import { PublicAddresses } from "../../../src/cloud/public-address.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { signJws } from "../../../src/kernel/ed25519-jws.ts";
import { DIAL_BACK_TYPE } from "../../../src/protocol/registration.ts";
import { labDialBack, makeIdentity, servedBox, servedStranger, type Identity } from "./box.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === "::1"),
);
const never = new AbortController().signal;
const identity = makeIdentity();
const at = (port: number, more: Partial<Identity & { address: string }> = {}) => ({
  boxId: identity.boxId,
  publicKey: identity.publicKey,
  address: "127.0.0.1",
  port,
  signal: never,
  ...more,
});

/** A stranger that signs like a box. */
function signing(
  as: Identity,
  change: (query: URLSearchParams) => object,
  header: object = {},
): RequestListener {
  return (request, response) => {
    const query = new URL(request.url ?? "", "https://x").searchParams;
    const jws = signJws({ typ: DIAL_BACK_TYPE, kid: as.boxId, ...header }, change(query), as.sign);
    response.end(JSON.stringify({ answer: jws }));
  };
}
const honest = (query: URLSearchParams, more: object = {}): object => ({
  iss: identity.boxId,
  nonce: query.get("nonce"),
  address: query.get("address"),
  port: Number(query.get("port")),
  iat: 0,
  ...more,
});

t.test("dial-back: a box that is there is found, by IPv4", async (t) => {
  const port = await servedBox(t, identity);
  t.equal(await labDialBack().verify(at(port)), true);
});

t.test(
  "dial-back: a box that is there is found, by IPv6",
  { skip: hasIpv6 ? false : "no IPv6 here" },
  async (t) => {
    const port = await servedStranger(t, signing(identity, honest), "::1");
    t.equal(await labDialBack().verify(at(port, { address: "::1" })), true);
    t.equal(
      await labDialBack().verify(at(port, { address: "0:0::1" })),
      false,
      "of an address in its one spelling",
    );
  },
);

t.test("T21: who is not that box, at that address, is not found", async (t) => {
  const dialBack = labDialBack({ asked: { burst: 100, perSecond: 100 } });
  const other = makeIdentity("bbbbbbbbbbbbbbbb");
  const box = await servedBox(t, identity);
  t.equal(
    await dialBack.verify(at(box, { publicKey: other.publicKey })),
    false,
    "a key that is not registered",
  );
  t.equal(await dialBack.verify(at(box, { boxId: other.boxId })), false, "another box's id");
  const elsewhere = await servedBox(t, other);
  t.equal(await dialBack.verify(at(elsewhere)), false, "another box");
  const thief = { ...other, boxId: identity.boxId };
  const cases: Record<string, Parameters<typeof servedStranger>[1]> = {
    "another key under its id": signing(thief, honest),
    "another's id within": signing(identity, (query) => honest(query, { iss: other.boxId })),
    "an old nonce": signing(identity, (query) => honest(query, { nonce: "A".repeat(32) })),
    "another address": signing(identity, (query) => honest(query, { address: "127.0.0.2" })),
    "another port": signing(identity, (query) => honest(query, { port: 1 })),
    "a port in words": signing(identity, (query) => honest(query, { port: query.get("port") })),
    "a signature for something else": signing(identity, honest, { typ: "tellyport-registration+jws" }),
    "another kid": signing(identity, honest, { kid: other.boxId }),
    "a redirect to the box": (request, response) => {
      response.writeHead(302, { location: `https://127.0.0.1:${box}${request.url ?? ""}` }).end();
    },
    "a long answer": (_request, response) => response.end(`{"answer":"${"x".repeat(5000)}"}`),
    "no JSON": (_request, response) => response.end("hello"),
    "an empty answer": (_request, response) => response.end(),
    "a broken answer": (_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("{");
      setTimeout(() => response.destroy(), 20);
    },
    "another status": (request, response) => {
      response.statusCode = 201;
      signing(identity, honest)(request, response);
    },
  };
  for (const [what, listener] of Object.entries(cases))
    t.equal(await dialBack.verify(at(await servedStranger(t, listener))), false, what);
  t.equal(
    await dialBack.verify(at(await servedStranger(t, signing(identity, honest)))),
    true,
    "the strangers' way works",
  );
});

t.test("T21: a box does not sign for whoever passes the question on to it", async (t) => {
  const box = await servedBox(t, identity);
  const relay = await servedStranger(t, (request, response) => {
    ask({ host: "127.0.0.1", port: box, path: request.url ?? "", rejectUnauthorized: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 500);
      answer.pipe(response);
    }).end();
  });
  t.equal(await labDialBack().verify(at(relay)), false);
  t.equal(await labDialBack().verify(at(box)), true);
});

t.test("dial-back: nobody there, or nobody who speaks, costs no more than its time", async (t) => {
  const dialBack = labDialBack({ wholeMs: 500 });
  const from = performance.now();
  t.equal(await dialBack.verify(at(9)), false, "no port for it");
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.teardown(() => silent.close());
  const { port } = silent.address() as { port: number };
  t.equal(await dialBack.verify(at(port)), false, "no TLS");
  const slow = await servedStranger(t, (_request, response) => {
    const drops = setInterval(() => response.write(" "), 50);
    response.on("close", () => clearInterval(drops));
  });
  t.equal(await dialBack.verify(at(slow)), false, "a drop at a time");
  t.ok(performance.now() - from < 2500);
  const gone = await servedStranger(t, () => undefined);
  const stop = new AbortController();
  const asking = dialBack.verify({ ...at(gone), signal: stop.signal });
  stop.abort(new Error("enough"));
  await t.rejects(asking, { message: "enough" });
});

t.test("T16: nothing is asked that is not of the internet, nor of the cloud's own network", async (t) => {
  let asked = 0;
  const port = await servedStranger(t, (_request, response) => {
    asked++;
    response.end();
  });
  const log = pino({ level: "silent" });
  const dialBack = createDialBack({ clock: systemClock, log, addresses: new PublicAddresses() });
  for (const address of [
    "127.0.0.1",
    "127.1",
    "0x7f000001",
    "2130706433",
    "localhost",
    "[::1]",
    "::1",
    "::ffff:127.0.0.1",
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "fe80::1%eth0",
    "fd00::1",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "example.com",
    "",
    "1.2.3.4/24",
    "::ffff:93.184.216.34",
    "2600:0::1",
  ])
    t.equal(await dialBack.verify(at(port, { address })), false, address);
  // Published in a lab, but a neighbour of the cloud.
  const careful = createDialBack({
    clock: systemClock,
    log,
    addresses: new PublicAddresses(["127.0.0.0/8"]),
  });
  t.equal(await careful.verify(at(port)), false);
  for (const other of [0, 22, 25, 53, 5432, 65536])
    t.equal(await labDialBack().verify(at(other)), false, `port ${other}`);
  t.equal(asked, 0);
});

t.test("dial-back: only so many of one network, and at once", async (t) => {
  const port = await servedBox(t, identity);
  const few = labDialBack({ asked: { burst: 2, perSecond: 0.001 } });
  t.equal(await few.verify(at(port)), true);
  const nobody = at(await servedStranger(t, (_request, response) => void response.end()), {
    boxId: "bbbbbbbbbbbbbbbb",
  });
  t.equal(await few.verify(nobody), false);
  await t.rejects(few.verify(nobody), { code: "rate-limited" });
  t.equal(await few.verify(at(port)), true, "a box that was there before is not held up by others");
  t.equal(await few.verify(at(port)), true);
  await t.rejects(few.verify(at(port)), { code: "rate-limited" });
  const silent = await servedStranger(t, () => undefined);
  const one = labDialBack({ atOnce: 1, wholeMs: 300 });
  const first = one.verify(at(silent));
  await t.rejects(one.verify(at(port)), { code: "rate-limited" });
  t.equal(await first, false);
  t.equal(await one.verify(at(port)), true, "there is room again");
});

t.test("dial-back: an answer is read strictly", (t) => {
  const question = { ...identity, nonce: "n".repeat(32), address: "93.184.216.34", port: 443 };
  const payload = {
    iss: identity.boxId,
    nonce: question.nonce,
    address: question.address,
    port: 443,
    iat: 1,
  };
  const header = { typ: DIAL_BACK_TYPE, kid: identity.boxId };
  const body = (more: object = {}, less: object = payload): string =>
    JSON.stringify({ answer: signJws({ ...header, ...more }, less, identity.sign) });
  t.equal(answers(body(), question), true);
  for (const [what, text] of [
    ["alg none", body({ alg: "none" })],
    ["alg HS256", body({ alg: "HS256" })],
    ["crit", body({ crit: ["b64"], b64: false })],
    ["a key elsewhere", body({ jku: "https://evil.example" })],
    ["a member twice", body().replace(/^\{/, '{"answer":"x",')],
    ["a list", `[${body()}]`],
    ["no answer", "{}"],
    ["a number", '{"answer":1}'],
    ["a long one", body({}, { ...payload, more: "x".repeat(9000) })],
    ["another nonce", body({}, { ...payload, nonce: "m".repeat(32) })],
  ] as const)
    t.equal(answers(text, question), false, what);
  t.end();
});
