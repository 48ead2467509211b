import { runProgram } from "./daemon.ts";
import type { WireAnswer, WireRequest } from "./key-phone.ts";
import type { NetworkNamespace } from "./network-namespace.ts";

/** Runs in the namespace: reads `[origin, path, wish][]` from its input, sends one after the other, prints the answers. */
const PROGRAM = `
const chunks = [];
process.stdin.on("data", (chunk) => chunks.push(chunk)).on("end", async () => {
  const answers = [];
  for (const [origin, path, wish] of JSON.parse(Buffer.concat(chunks))) answers.push(await send(origin, path, wish));
  process.stdout.write(JSON.stringify(answers));
});
function send(origin, path, wish) {
  const { hostname, port, protocol } = new URL(origin);
  const payload = wish.body === undefined || typeof wish.body === "string" ? wish.body : JSON.stringify(wish.body);
  return new Promise((resolve, reject) => {
    const request = require(protocol === "https:" ? "node:https" : "node:http").request({
      hostname: hostname.replace(/^\\[|\\]$/g, ""), port, path, method: wish.method ?? "GET",
      agent: false, rejectUnauthorized: false, localAddress: wish.from,
      headers: { ...(payload === undefined ? {} : { "content-type": "application/json" }), ...wish.headers },
    }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => {
        const json = String(response.headers["content-type"] ?? "").includes("json");
        resolve({ status: response.statusCode, headers: response.headers, body: json && text !== "" ? JSON.parse(text) : text });
      });
    });
    request.once("error", reject);
    request.end(payload);
  });
}`;

export type Wire = readonly [origin: string, path: string, wish: WireRequest];

/** Requests from within a network namespace, one after the other, as {@link onTheWire} sends them. */
export async function onTheWireInside(
  network: NetworkNamespace,
  requests: readonly Wire[],
): Promise<WireAnswer[]> {
  const [command = "", ...wrapper] = network.wrapper;
  const { code, stdout, stderr } = await runProgram(command, [...wrapper, process.execPath, "-e", PROGRAM], {
    input: JSON.stringify(requests),
  });
  if (code !== 0) throw new Error(`requests from inside failed: ${stderr}`);
  return JSON.parse(stdout) as WireAnswer[];
}
