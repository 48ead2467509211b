import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import t from "tap";
import { PROJECT } from "../helpers/captures.ts";

/** Who may open a connection or send a datagram, and why no address that somebody else gave leads it astray. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // Judges every address that it connects to.
  "src/kernel/safe-fetch/exchange.ts": ["http client", "https client"],
  "src/kernel/safe-fetch/safe-fetch.ts": ["dns"],
  // Addresses of the cloud that the owner named, to choose the family of each; safe-fetch connects.
  "src/ddns-client/registration/cloud-client.ts": ["dns"],
  // A multicast search, or one of an address that the installer named.
  "src/kernel/ssdp-search.ts": ["dgram"],
  // Answers neighbours.
  "src/http-server/announce/ssdp.ts": ["dgram"],
  // The box's own socket, to see whether a daemon listens.
  "src/http-server/listeners.ts": ["net client"],
  // The router that the kernel's routes lead to; what comes from elsewhere is not read.
  "src/ddns-client/doors/ask-gateway.ts": ["dgram"],
  // Receives, and never sends.
  "src/ddns-client/doors/announcements.ts": ["dgram"],
  // Asks the kernel for a route, and never sends.
  "src/ddns-client/doors/gateway.ts": ["dgram"],
  // Judges every address that it sends to as the fetcher does.
  "src/ddns-client/external-address/stun-client.ts": ["dgram", "dns"],
  // Discovery by broadcast.
  "src/tuner/drivers/hdhomerun/discover.ts": ["dgram"],
  // Receives, and never sends.
  "src/tuner/drivers/network/datagram-stream.ts": ["dgram"],
  "src/tuner/drivers/satip/udp-ports.ts": ["dgram"],
  // Servers that are named, or that neighbours.ts let through.
  "src/tuner/drivers/satip/rtsp-connection.ts": ["net client"],
  // Boxes, at addresses that it judges: of the internet alone, no names, no redirects.
  "src/cloud/dial-back/ask.ts": ["https client"],
  // Answers, and never asks.
  "src/cloud/stun/responder.ts": ["dgram"],
  // Answers whoever asked, with no more than he may get sent: answer-limit.ts.
  "src/cloud/dns/udp-door.ts": ["dgram"],
  // A name server that the cloud's operator named, or the owner.
  "src/kernel/dns-connection.ts": ["net client"],
  // The API of the operator's own name server.
  "src/cloud/dns/api-exchange.ts": ["http client", "https client"],
  // The command line's way to its own box.
  "src/cli/box-client.ts": ["net client"],
  // The database that the operator named.
  "src/cloud/store/postgres-lease.ts": ["database client"],
  "src/cloud/store/postgres-store.ts": ["database client"],
  "src/cloud/store/wakeups.ts": ["database client"],
};
/** A phone on the command line: it asks what its user wrote. */
const CLIENT = "src/cli/remote/";

const IMPORTS: readonly (readonly [string, RegExp])[] = [
  [
    "http client",
    /import\s+(?!type\b)\{[^}]*\b(request|get|Agent|ClientRequest)\b[^}]*\}\s+from\s+"(node:)?http"/,
  ],
  ["https client", /import\s+(?!type\b)\{[^}]*\b(request|get|Agent)\b[^}]*\}\s+from\s+"(node:)?https"/],
  [
    "http client",
    /import\s+(\*\s+as\s+)?\w+\s+from\s+"(node:)?https?"|(import|require)\(\s*["'](node:)?https?["']/,
  ],
  ["http2", /from\s+"(node:)?http2"|(import|require)\(\s*["'](node:)?http2["']/],
  ["net client", /import\s+(?!type\b)\{[^}]*\b(connect|createConnection)\b[^}]*\}\s+from\s+"(node:)?net"/],
  ["net client", /import\s+(\*\s+as\s+)?\w+\s+from\s+"(node:)?net"|\bnew\s+Socket\(/],
  ["tls client", /import\s+(?!type\b)[^;]*\bconnect\b[^;]*from\s+"(node:)?tls"/],
  ["dgram", /from\s+"(node:)?dgram"/],
  ["dns", /from\s+"(node:)?dns(\/promises)?"/],
  ["fetch", /(?:^|[^\w.#])(?:globalThis\.)?fetch\(|\btypeof fetch\b|\?\?\s*fetch\b(?!\w)/m],
  ["database client", /import\s+(?!type\b)[^;]*from\s+"pg"/],
  ["other client", /\bnew\s+(WebSocket|EventSource|XMLHttpRequest)\(|from\s+"undici"/],
];

/** What of the network a file takes into its own hands. */
function clientsIn(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  return [...new Set(IMPORTS.filter(([, pattern]) => pattern.test(code)).map(([name]) => name))];
}

t.test("T16: nothing opens a connection but through the fetcher, and what is listed here", (t) => {
  const files = readdirSync(join(PROJECT, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(PROJECT, join(entry.parentPath, entry.name)));
  const found: Record<string, readonly string[]> = {};
  for (const file of files) {
    if (file.startsWith(CLIENT)) continue;
    // A `fetch` that a file was given, or made, is the safe one.
    const text = readFileSync(join(PROJECT, file), "utf8");
    const given =
      /\b(fetch: SafeFetch|createSafeFetch|readonly fetch\?: SafeFetch|DownloadDeps|DeviceDeps|ListDeps)\b/.test(
        text,
      );
    const clients = clientsIn(text).filter((name) => name !== "fetch" || !given);
    if (clients.length > 0) found[file] = clients;
  }
  t.same(found, ALLOWED);
  t.end();
});

t.test("T16: the check sees a client of each kind", (t) => {
  for (const [name, text] of [
    ["http client", 'import { get } from "node:http";'],
    ["http client", 'import { createServer, request as ask } from "node:http";'],
    ["http client", 'import http from "http";'],
    ["http client", 'import * as https from "node:https";'],
    ["http client", 'const { get } = await import("node:http");'],
    ["https client", 'import { request } from "node:https";'],
    ["net client", 'import { connect, isIP } from "node:net";'],
    ["tls client", 'import { connect as connectTls } from "node:tls";'],
    ["dgram", 'import { createSocket } from "node:dgram";'],
    ["dns", 'import { lookup } from "node:dns/promises";'],
    ["fetch", "const answer = await fetch(url);"],
    ["fetch", "return globalThis.fetch(url);"],
    ["database client", 'import pg from "pg";'],
    ["other client", "new WebSocket(url)"],
  ] as const)
    t.ok(clientsIn(text).includes(name), text);
  for (const text of [
    'import { createServer, type IncomingMessage } from "node:http";',
    'import type { request } from "node:http";',
    'import { isIP, isIPv4 } from "node:net";',
    "// it must not fetch(url)",
    "options.fetch(url)",
  ])
    t.same(clientsIn(text), [], text);
  t.end();
});
