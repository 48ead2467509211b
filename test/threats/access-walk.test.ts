import { readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { startDaemon, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone, onTheWire } from "../helpers/key-phone.ts";
import { screenOf } from "../helpers/screen-phone.ts";
import { PROJECT } from "../helpers/captures.ts";

/**
 * Who gets what answer at every route and method of the OpenAPI document. `TELLYPORT_WRITE_TABLE=1` writes the table anew:
 * to be read line by line before it is committed.
 */
const TABLE = join(PROJECT, "test/threats/access-table.md");

const COLUMNS = ["nobody", "another box's", "guest", "kid", "viewer", "the box's screen", "owner"] as const;
type Column = (typeof COLUMNS)[number];

interface OpenApi {
  paths: Record<string, Record<string, unknown>>;
}

/** The status of what is asked as slowly as strangers may ask. */
async function statusOf(
  phone: KeyPhone | null,
  box: Daemon,
  method: string,
  path: string,
): Promise<number | undefined> {
  for (let times = 0; times < 10; times++) {
    const { statusCode, headers } = await answerTo(phone, box, method, path);
    if (statusCode !== 429) return statusCode;
    await sleep(1000 * Number(headers["retry-after"]));
  }
  return 429;
}

/** Only the head: streams of events do not end. */
async function answerTo(
  phone: KeyPhone | null,
  box: Daemon,
  method: string,
  path: string,
): Promise<IncomingMessage> {
  const body = ["POST", "PUT", "PATCH"].includes(method) ? "{}" : undefined;
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (phone !== null) {
    const token = phone.tokens?.accessToken ?? "";
    headers["authorization"] = `DPoP ${token}`;
    headers["dpop"] = await phone.proof(method, path);
  }
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        hostname: "127.0.0.1",
        port: box.https ?? 0,
        method,
        path,
        headers,
        agent: false,
        rejectUnauthorized: false,
      },
      (response) => {
        const nonce = response.headers["dpop-nonce"];
        if (phone !== null && typeof nonce === "string") phone.nonce = nonce;
        resolve(response);
        response.destroy();
      },
    );
    request.once("error", reject);
    request.end(body);
  });
}

t.test("T3, T5: who gets what at every route is as the table in the repository says", async (t) => {
  t.setTimeout(180_000);
  const box = await startDaemon(t);
  const other = await startDaemon(t, { tuner: null });
  const owner = await KeyPhone.paired(box, "owner");
  const { paths } = (await onTheWire(box.url, "/api/v1/openapi.json")).body as OpenApi;
  const stranger = await KeyPhone.paired(other, "owner");
  const visiting = await KeyPhone.make(box);
  visiting.tokens = stranger.tokens;
  const phones: Record<Column, KeyPhone | null> = {
    nobody: null,
    "another box's": visiting,
    guest: await KeyPhone.paired(box, "guest"),
    kid: await KeyPhone.paired(box, "kid"),
    viewer: await KeyPhone.paired(box, "viewer"),
    "the box's screen": await screenOf(box),
    owner,
  };
  for (const phone of Object.values(phones)) await phone?.call("GET", "/api/v1/channels");

  const routes = Object.entries(paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const))
    .sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x < y ? -1 : 1));
  const rows: string[] = [];
  for (const [method, template] of routes) {
    const path = template.replace(/\{\w+\}/g, "x");
    const cells: (number | undefined)[] = [];
    for (const column of COLUMNS) cells.push(await statusOf(phones[column], box, method, path));
    rows.push(`| ${method} | ${template} | ${cells.join(" | ")} |`);
  }
  const head = ["method", "route", ...COLUMNS];
  const table = [
    "# Who gets what answer",
    "",
    "HTTP status for each caller with an empty body and `x` for every parameter: 400, 404, 409 say that the caller may, and that `x` is",
    "nothing. `scripts/test` compares this table with a running box.",
    "",
    `| ${head.join(" | ")} |`,
    `|${" --- |".repeat(head.length)}`,
    ...rows,
    "",
  ].join("\n");
  if (process.env["TELLYPORT_WRITE_TABLE"] === "1") await writeFile(TABLE, table);
  t.equal(table, await readFile(TABLE, "utf8"));
  t.ok(rows.length >= 25, `${rows.length} routes and methods`);
  const strangers = rows.filter((row) => / \| 2\d\d \| /.test(row.split("|").slice(3, 4).join("|") + "| "));
  t.comment(`${strangers.length} are open`);
});
