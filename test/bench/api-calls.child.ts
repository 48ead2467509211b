import { createHash, createPrivateKey, randomBytes, sign } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import type { Called, Caller } from "./api-calls.bench.ts";

/** Calls the API one after another on one connection, each time with a proof made before. `argv`: file with a `Caller`. */

const PATH = "/api/v1/channels";
const { port, key, token, nonce, calls } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Caller;
const privateKey = createPrivateKey({ key: { ...key }, format: "jwk" });
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const { kty, crv, x, y } = key;
const head = encode({ alg: "ES256", typ: "dpop+jwt", jwk: { kty, crv, x, y } });
const ath = createHash("sha256").update(token).digest("base64url");
const htu = `http://127.0.0.1:${port}${PATH}`;

const proofs = Array.from({ length: calls }, () => {
  const jti = randomBytes(12).toString("base64url");
  const input = `${head}.${encode({ jti, htm: "GET", htu, iat: 0, nonce, ath })}`;
  const signature = sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
});

/** A client may ask 600 times at once from one place, and one that moves about so often from each. */
const CALLS_FROM_ONE = 500;
const agents = Array.from({ length: Math.ceil(calls / CALLS_FROM_ONE) }, () => {
  const [a, b, c] = randomBytes(3);
  return new Agent({ keepAlive: true, maxSockets: 1, localAddress: `127.${a}.${b}.${((c ?? 0) % 250) + 2}` });
});
const call = (dpop: string, agent: Agent | undefined): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `DPoP ${token}`, dpop };
    request({ port, host: "127.0.0.1", path: PATH, agent, headers }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
    })
      .once("error", reject)
      .end();
  });

console.log("ready");
await once(process.stdin.resume(), "end");
const times: number[] = [];
const from = performance.now();
for (const [index, proof] of proofs.entries()) {
  const at = performance.now();
  const status = await call(proof, agents[Math.floor(index / CALLS_FROM_ONE)]);
  if (status !== 200) throw new Error(`a call was answered ${status}`);
  times.push(performance.now() - at);
}
const seconds = (performance.now() - from) / 1000;
const p50 = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
for (const agent of agents) agent.destroy();
console.log(JSON.stringify({ seconds, p50 } satisfies Called));
