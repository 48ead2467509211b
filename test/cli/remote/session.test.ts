import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { calculateJwkThumbprint, decodeProtectedHeader } from "jose";
import t from "tap";
import { Type } from "typebox";
import { CredentialsFile } from "../../../src/cli/remote/credentials.ts";
import { Session } from "../../../src/cli/remote/session.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";
import {
  claimsOf,
  fakeCredentials,
  problem,
  startFakeBox,
  type FakeAnswer,
  type FakeRequest,
} from "../fake-box.ts";
import { createBoxIdentity } from "../../web/box-identity.ts";
import { stayAlive } from "../run-command.ts";

const signal = new AbortController().signal;
const identity = createBoxIdentity();

/** What the box answers to a refresh. @param wrong what it attests in place of what is true */
async function tokens(
  n: number,
  { headers }: FakeRequest,
  wrong: Partial<Parameters<typeof identity.attest>[0]> = {},
  by = identity,
): Promise<FakeAnswer> {
  const { jti } = claimsOf(headers["dpop"]);
  const { jwk } = decodeProtectedHeader(String(headers["dpop"]));
  const told = { client: "c", role: "viewer" as const };
  const thumbprint = await calculateJwkThumbprint(jwk ?? {});
  return {
    body: {
      accessToken: `access-${n}`,
      expiresAt: "2026-11-20T12:20:00.000Z",
      refreshToken: `refresh-${n}`,
      ...told,
      attestation: by.attest({ ...told, thumbprint, nonce: String(jti), ...wrong }),
    },
  };
}

async function sessionWith(
  t: Teardown,
  answer: (request: FakeRequest, path: string) => FakeAnswer | Promise<FakeAnswer>,
): Promise<{ session: Session; path: string; url: string }> {
  t.teardown(stayAlive());
  const path = join(await temporaryFolder(t), "c.json");
  const box = await startFakeBox(t, (request) => answer(request, path));
  const file = new CredentialsFile(path, systemClock);
  const paired = await fakeCredentials(box.port);
  const credentials = { ...paired, box: { ...paired.box, id: identity.id } };
  await file.create(credentials, signal);
  return { session: new Session(file, credentials, systemClock), path, url: box.url };
}

t.test("session: proofs carry method, address, token and the box's nonce", async (t) => {
  const seen: Record<string, unknown>[] = [];
  const { session, url } = await sessionWith(t, ({ headers }) => {
    const claims = claimsOf(headers["dpop"]);
    seen.push(claims);
    t.equal(headers.authorization, "DPoP access-1");
    return claims["nonce"] === "n1"
      ? { body: "{}" }
      : problem(401, "dpop-nonce-required", { "dpop-nonce": "n1" });
  });
  await session.call(Type.Object({}), { method: "GET", path: "/api/v1/guide?from=1", signal });
  await session.call(Type.Object({}), { method: "GET", path: "/api/v1/guide", signal });
  const ath = createHash("sha256").update("access-1").digest("base64url");
  t.match(
    seen,
    [{}, { nonce: "n1" }, { nonce: "n1" }].map((one) => ({
      ...one,
      htm: "GET",
      htu: `${url}/api/v1/guide`,
      ath,
    })),
  );
  t.equal(new Set(seen.map(({ jti }) => jti)).size, 3, "each proof is used once");
});

t.test("session: a nonce asked for twice is not run after", async (t) => {
  let asked = 0;
  const { session } = await sessionWith(t, () => {
    asked++;
    return problem(401, "dpop-nonce-required", { "dpop-nonce": `n${asked}` });
  });
  await t.rejects(session.call(Type.Null(), { method: "GET", path: "/x", signal }), {
    code: "dpop-nonce-required",
  });
  t.equal(asked, 2);
});

t.test("session: new tokens are on the disk before they are used", async (t) => {
  let used = false;
  const { session } = await sessionWith(t, async (request, path) => {
    const { line, headers, body } = request;
    if (line === "POST /api/v1/token") {
      t.equal(body["refreshToken"], "refresh-1");
      t.notOk("ath" in claimsOf(headers["dpop"]));
      return tokens(2, request);
    }
    if (headers.authorization === "DPoP access-1") return problem(401, "access-token-invalid");
    t.match(JSON.parse(await readFile(path, "utf8")), {
      accessToken: "access-2",
      refreshToken: "refresh-2",
    });
    used = true;
    return { body: "{}" };
  });
  await session.call(Type.Object({}), { method: "GET", path: "/x", signal });
  t.ok(used);
});

t.test("session: a refresh whose answer is lost keeps the old token for the next try", async (t) => {
  let lost = 0;
  const { session, path } = await sessionWith(t, (request) => {
    const { line, headers, body } = request;
    if (line === "POST /api/v1/token") {
      if (lost++ === 0) return { hangUp: true };
      return body["refreshToken"] === "refresh-1" ? tokens(2, request) : problem(401, "refresh-invalid");
    }
    return headers.authorization === "DPoP access-2" ? { body: "{}" } : problem(401, "access-token-invalid");
  });
  const call = { method: "GET", path: "/x", signal } as const;
  await t.rejects(session.call(Type.Object({}), call), { code: "box-unreachable" });
  t.match(JSON.parse(await readFile(path, "utf8")), { refreshToken: "refresh-1" });
  await session.call(Type.Object({}), call);
  t.match(JSON.parse(await readFile(path, "utf8")), { refreshToken: "refresh-2" });
});

t.test("session: new tokens are taken from the box of the pairing alone", async (t) => {
  const impostor = createBoxIdentity();
  const lies = [
    { by: impostor },
    { by: impostor, box: identity.id },
    { nonce: "of another refresh" },
    { thumbprint: "of another key" },
    { client: "another" },
    { role: "owner" as const },
  ];
  for (const { by = identity, ...wrong } of lies) {
    let used = 0;
    const { session, path } = await sessionWith(t, (request) => {
      if (request.line === "POST /api/v1/token") return tokens(2, request, wrong, by);
      if (request.headers.authorization !== "DPoP access-1") used++;
      return problem(401, "access-token-invalid");
    });
    await t.rejects(
      session.call(Type.Object({}), { method: "GET", path: "/x", signal }),
      { code: "box-not-trusted", message: new RegExp(identity.id) },
      JSON.stringify({ ...wrong, impostor: by === impostor }),
    );
    t.equal(used, 0, "nothing is asked with them");
    t.match(JSON.parse(await readFile(path, "utf8")), { refreshToken: "refresh-1" }, "nor are they kept");
  }
});

t.test("session: of many at once one refreshes, the others take what it brought", async (t) => {
  let refreshes = 0;
  const { session, path } = await sessionWith(t, (request) => {
    const { line, headers } = request;
    if (line === "POST /api/v1/token") return tokens(1 + ++refreshes, request);
    return headers.authorization === "DPoP access-1" ? problem(401, "access-token-invalid") : { body: "{}" };
  });
  const others = Array.from(
    { length: 5 },
    () => new Session(new CredentialsFile(path, systemClock), session.credentials, systemClock),
  );
  await Promise.all(others.map((one) => one.call(Type.Object({}), { method: "GET", path: "/x", signal })));
  t.equal(refreshes, 1);
});

t.test("session: what is no box, or one of another version, is said to be so", async (t) => {
  const answers: FakeAnswer[] = [
    { status: 502, body: "<html>gateway</html>" },
    { status: 200, body: '{"channels": 3}' },
    { hangUp: true },
    problem(410, "of-the-future"),
  ];
  const { session } = await sessionWith(t, () => answers.shift() ?? {});
  const schema = Type.Object({ channels: Type.Array(Type.String()) });
  const call = { method: "GET", path: "/x", signal } as const;
  for (let left = 3; left > 0; left--)
    await t.rejects(session.call(schema, call), { code: "box-unreachable" });
  await t.rejects(session.call(schema, call), {
    code: "playback-ended",
    message: "It is of-the-future.",
    detail: { code: "of-the-future" },
  });
});
