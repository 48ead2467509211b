import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import { readSigned } from "../../src/cloud/routes/signed-requests.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { isTellyportError } from "../../src/kernel/errors.ts";
import { ACTIONS, REQUEST_AHEAD } from "../../src/protocol/registration.ts";
import { enrolledBox, post, RegisteringBox } from "../helpers/registering-box.ts";
import { from, testCloud } from "./cloud-in-test.ts";

const HOME = "93.184.216.34";

/** Changes one letter in the middle of a segment. */
function tampered(jws: string, segment: number): string {
  const parts = jws.split(".");
  const text = parts[segment] ?? "";
  const at = Math.floor(text.length / 2);
  parts[segment] = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
  return parts.join(".");
}

t.test(
  "signed requests: whatever is not signed by that box, for this cloud, for this action, is refused",
  async (t) => {
    const { origin, dialBack } = await testCloud(t);
    const box = await enrolledBox(origin);
    const other = await enrolledBox(origin);
    const good = (more: object = {}): Record<string, unknown> =>
      box.payload("update", origin, { address: null, port: 8443, lan: [], ...more });
    const text = JSON.stringify;
    const foreign = generateKeyPairSync("ed25519").privateKey;
    const signedBy = (key: typeof foreign, header: object, payload: object): string => {
      const signed = [header, payload].map((part) => Buffer.from(text(part)).toString("base64url")).join(".");
      return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
    };
    const hmac = (payload: object): string => {
      const signed = [{ ...box.header(), alg: "HS256" }, payload]
        .map((part) => Buffer.from(text(part)).toString("base64url"))
        .join(".");
      const key = Buffer.from(box.jwk.x, "base64url");
      return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
    };
    const unsigned = (payload: object): string =>
      `${[{ ...box.header(), alg: "none" }, payload].map((part) => Buffer.from(text(part)).toString("base64url")).join(".")}.`;
    const now = Math.floor(Date.now() / 1000);
    const cases: Record<string, () => string> = {
      "no JWS": () => "a.b.c",
      empty: () => "",
      "tampered header": () => tampered(box.jws(good()), 0),
      "tampered payload": () => tampered(box.jws(good()), 1),
      "tampered signature": () => tampered(box.jws(good()), 2),
      "no signature": () => box.jws(good()).replace(/\.[^.]*$/, "."),
      "a fourth segment": () => `${box.jws(good())}.AAAA`,
      padding: () => `${box.jws(good())}=`,
      "signed by another key, which it does not bring": () => signedBy(foreign, box.header(), good()),
      "signed by another box in this one's name": () => other.jws(good(), { ...other.header(), kid: box.id }),
      "another box's own, at this one's address": () =>
        other.jws({ ...good(), iss: other.id, seq: ++other.seq }),
      "kid of another box": () => box.jws(good(), { ...box.header(), kid: other.id }),
      "no kid": () => box.jws(good(), { ...box.header(), kid: undefined }),
      "alg none": () => unsigned(good()),
      "alg HS256 with the public key": () => hmac(good()),
      "alg ES256": () => box.jws(good(), { ...box.header(), alg: "ES256" }),
      "typ of a dial-back": () => box.jws(good(), { ...box.header(), typ: "tellyport-dial-back+jws" }),
      "typ of an attestation": () => box.jws(good(), { ...box.header(), typ: "tellyport-attestation+jws" }),
      "no typ": () => box.jws(good(), { ...box.header(), typ: undefined }),
      crit: () => box.jws(good(), { ...box.header(), crit: ["exp"] }),
      jku: () => box.jws(good(), { ...box.header(), jku: "https://evil.example/keys" }),
      x5c: () => box.jws(good(), { ...box.header(), x5c: [] }),
      "a private jwk": () => box.jws(good(), { ...box.header(), jwk: { ...box.jwk, d: box.jwk.x } }),
      "a jwk with more": () => box.jws(good(), { ...box.header(), jwk: { ...box.jwk, use: "sig" } }),
      "a jwk of another curve": () =>
        box.jws(good(), { ...box.header(), jwk: { ...box.jwk, crv: "X25519" } }),
      "a short key": () => box.jws(good(), { ...box.header(), jwk: { ...box.jwk, x: "AAAA" } }),
      "for another cloud": () => box.jws({ ...good(), aud: "https://cloud.example" }),
      "for this one with a slash": () => box.jws({ ...good(), aud: `${origin}/` }),
      "for several": () => box.jws({ ...good(), aud: [origin] }),
      "another action": () => box.jws({ ...good(), act: "withdraw" }),
      "a whole other action": () => box.jws(box.payload("withdraw", origin)),
      "a member more": () => box.jws(good({ exp: now + 60 })),
      "a member less": () => box.jws({ ...good(), lan: undefined }),
      "a member twice": () => box.jws(text(good()).replace(/}$/, ',"port":80}')),
      "a header member twice": () => box.jws(good(), text(box.header()).replace(/}$/, `,"kid":"${box.id}"}`)),
      "a number as text": () => box.jws(good({ port: "8443" })),
      "port 0": () => box.jws(good({ port: 0 })),
      "no address": () => box.jws(good({ address: "home.example" })),
      "nine LAN addresses": () => box.jws(good({ lan: Array<string>(9).fill("10.0.0.1") })),
      "seq 0": () => box.jws({ ...good(), seq: 0 }),
      "seq beyond what numbers hold": () =>
        box.jws(text({ ...good(), seq: 1 }).replace('"seq":1', '"seq":9007199254740993')),
      "seq with a fraction": () => box.jws({ ...good(), seq: box.seq + 0.5 }),
      "iat in days to come": () => box.jws({ ...good(), iat: now + REQUEST_AHEAD + 60 }),
      "iat below 0": () => box.jws({ ...good(), iat: -1 }),
      "an array": () => box.jws([good()]),
    };
    const path = ACTIONS.update.path(box.id);
    for (const [what, make] of Object.entries(cases)) {
      const { status, body } = await post(origin, path, { request: make() }, from(HOME));
      t.match({ status, code: body.code }, { status: 401, code: "registration-invalid" }, what);
    }
    t.same(dialBack.asked, [], "nothing was dialled for any of them");
    const after = await box.send(origin, "update", { address: null, port: 8443, lan: [] }, from(HOME));
    t.equal(after.status, 200, "and none of them used up a number: the next is taken");

    t.match(await post(origin, path, { request: box.jws(good()), more: 1 }), {
      status: 400,
      body: { code: "body-invalid" },
    });
    t.match(await post(origin, path, "not json"), { status: 400 });
    t.match(await post(origin, path, { request: "a".repeat(9000) }), {
      status: 400,
      body: { code: "body-invalid" },
    });
  },
);

t.test(
  "signed requests: replayed and reordered ones are refused, with the number to go on from",
  async (t) => {
    const { origin } = await testCloud(t);
    const box = await enrolledBox(origin);
    const first = { request: box.jws(box.payload("state", origin)) };
    const second = { request: box.jws(box.payload("state", origin)) };
    const path = ACTIONS.state.path(box.id);
    t.equal((await post(origin, path, second)).status, 200);
    for (const [what, request] of [
      ["replayed", second],
      ["reordered", first],
    ] as const)
      t.match(
        await post(origin, path, request),
        { status: 409, body: { code: "sequence-behind", detail: { seq: 3 } } },
        what,
      );
    const withdraw = { request: box.jws({ ...box.payload("withdraw", origin), seq: 3 }) };
    t.match(await post(origin, ACTIONS.withdraw.path(box.id), withdraw), { status: 409 }, "of whatever kind");
    const again = { request: box.jws({ ...box.payload("enrol", origin, { version: "2" }), seq: 3 }) };
    t.match(await post(origin, ACTIONS.enrol.path(), again), { status: 409 }, "enrolling as well");
  },
);

t.test("enrolment: again it is the same box, and without it nothing is known", async (t) => {
  const { origin } = await testCloud(t);
  const box = new RegisteringBox();
  t.match(await box.send(origin, "state"), { status: 404, body: { code: "box-unknown" } });
  const one = await box.send(origin, "enrol", { version: "1.0.0", model: "a box" });
  t.match(one, {
    status: 200,
    body: {
      box: box.id,
      name: `${box.id}.box.test`,
      lanName: `lan.${box.id}.box.test`,
      alias: null,
      hosts: [],
      seq: 2,
    },
  });
  const two = await box.send(origin, "enrol", { version: "1.0.1" });
  t.same({ ...two.body, seq: 2 }, one.body);
  const described = await fetch(`${origin}/v1/openapi.json`);
  t.match(await described.json(), {
    info: { title: "Tellyport cloud" },
    paths: { "/v1/boxes/{id}/addresses": {} },
  });
  const cloud = await fetch(`${origin}/v1/cloud`, { headers: from("93.184.216.34") });
  t.match(await cloud.json(), { zone: "box.test", observed: "93.184.216.34", stun: null });
});

t.test("signed requests: whatever the bytes, it is read or refused", (t) => {
  const box = new RegisteringBox();
  const rules = { origins: () => ["https://cloud.test"], clock: systemClock };
  const read = (text: string): void => {
    try {
      readSigned(text, "update", box.id, rules);
    } catch (error) {
      if (!isTellyportError(error, "registration-invalid")) throw error;
    }
  };
  const good = box.jws(box.payload("update", "https://cloud.test", { address: null, port: 1, lan: [] }));
  t.equal(readSigned(good, "update", box.id, rules).action.port, 1);
  fc.assert(fc.property(fc.string(), read));
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, char) =>
      read(good.slice(0, at) + char + good.slice(at + 1)),
    ),
  );
  fc.assert(fc.property(fc.nat(good.length), (at) => read(good.slice(0, at))));
  fc.assert(fc.property(fc.json(), fc.json(), (header, payload) => read(box.jws(payload, header))));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
      const x = Buffer.from(key).toString("base64url");
      read(box.jws(box.payload("update", "https://cloud.test"), { ...box.header(), jwk: { ...box.jwk, x } }));
    }),
  );
  t.end();
});
