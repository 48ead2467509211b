import t from "tap";
import { secretHash } from "../../src/access-control/bytes.ts";
import { createRecognition, type Shown } from "../../src/access-control/recognise.ts";
import type { Session } from "../../src/access-control/sessions.ts";

const CLIENT = "a".repeat(16);
const [SECRET, BEFORE] = ["s".repeat(43), "p".repeat(43)];
const session: Session = {
  client: CLIENT,
  family: "family-of-ada",
  currentHash: secretHash(SECRET),
  previousHash: secretHash(BEFORE),
  createdAt: 0,
  rotatedAt: 0,
  expiresAt: 1e15,
};
const recognise = createRecognition({
  sessions: { get: (client) => (client === CLIENT ? session : undefined) },
  grants: { known: (grant) => (grant === "granted" ? "playback" : null) },
});
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = (claims: unknown): string => `${part({ alg: "ES256" })}.${part(claims)}.${"x".repeat(86)}`;
const shown = (headers: Shown["headers"], url = "/api/v1/channels", body?: unknown): string | null =>
  recognise({ url, headers, body });

t.test("recognition: what this box gave, and nothing that only looks so", (t) => {
  const good = token({ sub: CLIENT, sid: "family-of-ada" });
  t.equal(shown({ authorization: `DPoP ${good}` }), CLIENT);
  t.equal(shown({ cookie: `other=1; tp_lan=${CLIENT}.${SECRET}` }), CLIENT);
  t.equal(shown({}, "/api/v1/token", { refreshToken: `${CLIENT}.${SECRET}` }), CLIENT);
  t.equal(
    shown({}, "/api/v1/token", { refreshToken: `${CLIENT}.${BEFORE}` }),
    CLIENT,
    "one that may be asked again",
  );
  t.equal(shown({}, "/m/granted/index.m3u8"), "playback");
  const strangers: [string, Shown["headers"], string?, unknown?][] = [
    ["nothing", {}],
    ["another session", { authorization: `DPoP ${token({ sub: CLIENT, sid: "family-of-eve" })}` }],
    ["another client", { authorization: `DPoP ${token({ sub: "b".repeat(16), sid: "family-of-ada" })}` }],
    ["no texts", { authorization: `DPoP ${token({ sub: [CLIENT], sid: 1 })}` }],
    ["no object", { authorization: `DPoP ${token(null)}` }],
    ["no JSON", { authorization: "DPoP a.b.c" }],
    ["a bearer", { authorization: `Bearer ${good}` }],
    ["two parts", { authorization: `DPoP ${good.split(".").slice(0, 2).join(".")}` }],
    [
      "too long",
      { authorization: `DPoP ${token({ sub: CLIENT, sid: "family-of-ada", x: "x".repeat(9000) })}` },
    ],
    ["a wrong secret", { cookie: `tp_lan=${CLIENT}.${"w".repeat(43)}` }],
    ["a cookie of nobody", { cookie: `tp_lan=${"c".repeat(16)}.${SECRET}` }],
    ["a wrong body", {}, "/api/v1/token", { refreshToken: 7 }],
    ["a body that is none", {}, "/api/v1/token", null],
    ["a forged grant", {}, "/m/forged/index.m3u8"],
    ["a token beside a forged grant", { authorization: `DPoP ${good}` }, "/m/forged/index.m3u8"],
  ];
  for (const [name, headers, url, body] of strangers) t.equal(shown(headers, url, body), null, name);
  t.end();
});
