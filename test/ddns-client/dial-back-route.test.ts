import { pino } from "pino";
import t from "tap";
import { dialBackRoute } from "../../src/ddns-client/dial-back-route.ts";
import { buildApp } from "../../src/http-server/index.ts";
import { verifyEd25519Jws } from "../../src/kernel/ed25519-jws.ts";
import { DIAL_BACK_PATH, DIAL_BACK_TYPE } from "../../src/protocol/registration.ts";
import { makeIdentity } from "../cloud/dial-back/box.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

const identity = makeIdentity();
const NONCE = "A".repeat(32);

async function box(t: { teardown(f: () => unknown): void }) {
  const clock = new FakeClock();
  const isOurs = (address: string, port: number): boolean => address === "93.184.216.34" && port === 443;
  const app = await buildApp({
    log: pino({ level: "silent" }),
    version: "0",
    hostNames: new Set(),
    plugins: [dialBackRoute({ ...identity, isOurs, clock })],
    authenticator: { authenticate: async () => Promise.reject(new Error("nobody")) },
  });
  t.teardown(() => app.close());
  const ask = (query: string, remoteAddress = "198.51.100.1") =>
    app.inject({ url: `${DIAL_BACK_PATH}?${query}`, remoteAddress, headers: { host: "93.184.216.34" } });
  return { ask, clock };
}

t.test("dial-back: a box signs what it was asked, of its own address", async (t) => {
  const { ask, clock } = await box(t);
  const answer = await ask(`nonce=${NONCE}&address=93.184.216.34&port=443`);
  t.equal(answer.statusCode, 200);
  const { answer: jws } = answer.json<{ answer: string }>();
  const content = verifyEd25519Jws(jws, { typ: DIAL_BACK_TYPE, publicKey: identity.publicKey });
  t.same(content?.header, { alg: "EdDSA", typ: DIAL_BACK_TYPE, kid: identity.boxId });
  t.same(content?.payload, {
    iss: identity.boxId,
    nonce: NONCE,
    address: "93.184.216.34",
    port: 443,
    iat: clock.now() / 1000,
  });
});

t.test("dial-back: a box signs nothing else", async (t) => {
  const { ask, clock } = await box(t);
  for (const [query, status] of [
    [`nonce=${NONCE}&address=93.184.216.35&port=443`, 404],
    [`nonce=${NONCE}&address=93.184.216.34&port=444`, 404],
    [`nonce=short&address=93.184.216.34&port=443`, 400],
    [`nonce=${"A".repeat(65)}&address=93.184.216.34&port=443`, 400],
    [`nonce=${NONCE}&address=93.184.216.34`, 400],
    [`nonce=${NONCE}&address=93.184.216.34&port=0`, 400],
    [`nonce=${NONCE}&nonce=${NONCE}&address=93.184.216.34&port=443`, 400],
    ["", 400],
  ] as const)
    t.equal((await ask(query)).statusCode, status, query);
  clock.advance(60_000);
  const good = `nonce=${NONCE}&address=93.184.216.34&port=443`;
  const statuses: number[] = [];
  for (let more = 0; more < 12; more++) statuses.push((await ask(good)).statusCode);
  t.same(statuses, [...Array<number>(10).fill(200), 429, 429]);
  t.equal((await ask(good, "198.51.100.2")).statusCode, 200, "another network");
});
