import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { calculateJwkThumbprint } from "jose";
import t from "tap";
import type { PublicJwk } from "../../../src/protocol/api.ts";
import { boxIdOf } from "../../../src/protocol/identity.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";
import { problem, startFakeBox } from "../fake-box.ts";
import { run } from "../run-command.ts";

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A box that attests what `change` makes of the truth. */
async function attestingBox(
  t: Teardown,
  change: (claims: Record<string, unknown>) => Record<string, unknown>,
  options: { foreignId?: boolean; forged?: boolean } = {},
): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const spki = publicKey.export({ type: "spki", format: "der" });
  const id =
    options.foreignId === true ? "aaaabbbbccccdddd" : boxIdOf(createHash("sha256").update(spki).digest());
  let claim: { key: PublicJwk; nonce: string } | null = null;
  let polls = 0;
  const { url } = await startFakeBox(t, async ({ line, body }) => {
    switch (line) {
      case "GET /api/v1/box":
        return {
          body: {
            id,
            name: "Box",
            version: "1",
            clock: "synchronised",
            pairing: "open",
            claimed: false,
            https: null,
            time: "2026-11-20T12:00:00.000Z",
          },
        };
      case "POST /api/v1/pairing/claim":
        claim = body as unknown as { key: PublicJwk; nonce: string };
        return { body: { claim: "s", match: "42", expiresAt: "2026-11-20T12:05:00.000Z" } };
      case "POST /api/v1/pairing/poll": {
        if (polls++ === 0) return { body: { state: "pending" } };
        const truth = {
          box: id,
          client: "c",
          thumbprint: claim === null ? "" : await calculateJwkThumbprint(claim.key),
          role: "viewer",
          nonce: claim?.nonce,
          iat: 0,
        };
        const jwk = publicKey.export({ format: "jwk" });
        const signed = `${encode({ alg: "EdDSA", jwk })}.${encode(change(truth))}`;
        const signature = sign(null, Buffer.from(options.forged === true ? "x" : signed), privateKey);
        return {
          body: {
            state: "paired",
            tokens: {
              accessToken: "a",
              expiresAt: "2026-11-20T12:10:00.000Z",
              refreshToken: "r",
              client: "c",
              role: "viewer",
              attestation: `${signed}.${signature.toString("base64url")}`,
            },
          },
        };
      }
      default:
        return problem(404, "route-not-found");
    }
  });
  return url;
}

t.test("pairing: approval is waited for, with the digits to compare", async (t) => {
  const path = join(await temporaryFolder(t), "c.json");
  const url = await attestingBox(t, (claims) => claims);
  const { code, stderr } = await run(["remote", "pair", url, "--code", "BCDF-GHJK"], {
    env: { TELLYPORT_CREDENTIALS: path },
  });
  t.equal(code, 0, stderr);
  t.match(stderr, /choose 42/);
});

t.test("pairing: what cannot prove that it is the box is not paired with", async (t) => {
  const path = join(await temporaryFolder(t), "c.json");
  const boxes = [
    attestingBox(t, (claims) => ({ ...claims, nonce: "of another claim" })),
    attestingBox(t, (claims) => ({ ...claims, thumbprint: "of another key" })),
    attestingBox(t, (claims) => ({ ...claims, role: "owner" })),
    attestingBox(t, (claims) => claims, { forged: true }),
    attestingBox(t, (claims) => claims, { foreignId: true }),
  ];
  const runs = boxes.map(async (url) =>
    run(["remote", "pair", await url, "--code", "BCDF-GHJK", "--json"], {
      env: { TELLYPORT_CREDENTIALS: path },
    }),
  );
  for (const { code, stderr } of await Promise.all(runs)) {
    t.equal(code, 77);
    t.match(JSON.parse(stderr.split("\n").at(-2) ?? ""), { code: "box-not-trusted" });
  }
  await t.rejects(stat(path), { code: "ENOENT" }, "nothing was remembered");
});
