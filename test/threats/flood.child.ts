import { Agent, request } from "node:http";
import type { Socket } from "node:net";
import { openDoor, type DoorOf } from "../helpers/raw-http.ts";

/**
 * An attacker with some addresses: slow connections of every kind, each opened anew when it is closed, and bad tokens. `argv`:
 * what it is to do as JSON. Prints a report as a line of JSON each second, until it is ended.
 */
export interface FloodWish {
  readonly http: number;
  readonly https: number;
  /** Slow connections at once. */
  readonly connections: number;
  readonly tokensPerSecond: number;
  /** One that looks like the box's own. */
  readonly token: string;
}

export interface FloodReport {
  /** Slow connections that are open. */
  readonly open: number;
  /** Slow connections that were opened so far. */
  readonly opened: number;
  /** Answers to bad tokens so far, by status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Milliseconds since the attack began. */
  readonly at: number;
}

const wish = JSON.parse(process.argv[2] ?? "") as FloodWish;
const SENDERS = 10;
const TOKEN_SENDERS = 8;
const HEAD = "POST /api/v1/pairing/claim HTTP/1.1\r\nhost: localhost\r\n";
const BODY = `${HEAD}content-type: application/json\r\ncontent-length: 60000\r\n\r\n{`;
const READ = "GET /api/v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";

/** What is sent at first, what every second, and whether anything is read. */
const KINDS: { tls?: "handshake" | "silence"; first: string; then: string; reads: boolean }[] = [
  { first: "", then: "", reads: true },
  { first: HEAD, then: "a", reads: true },
  { first: BODY, then: " ", reads: true },
  { first: READ.repeat(20), then: "", reads: false },
  { first: READ, then: "", reads: true },
  { tls: "silence", first: "", then: "", reads: true },
  { tls: "handshake", first: HEAD, then: "a", reads: true },
];

const from = performance.now();
const answers: Record<string, number> = {};
const open = new Set<Socket>();
let opened = 0;

function slow(n: number): void {
  const kind = KINDS[n % KINDS.length];
  if (kind === undefined) return;
  const sender = `127.0.7.${(n % SENDERS) + 1}`;
  const port = kind.tls === undefined ? wish.http : wish.https;
  const door: DoorOf = { port, tls: kind.tls === "handshake", from: sender };
  const socket = openDoor(door);
  opened++;
  open.add(socket);
  if (!kind.reads) socket.pause();
  else socket.resume();
  if (kind.first !== "") socket.write(kind.first);
  const drops = setInterval(() => kind.then !== "" && socket.writable && socket.write(kind.then), 1000);
  socket.on("error", () => undefined);
  socket.once("close", () => {
    clearInterval(drops);
    open.delete(socket);
    setTimeout(() => slow(n), 500);
  });
}

const agents = Array.from(
  { length: TOKEN_SENDERS },
  (_, n) => new Agent({ keepAlive: true, maxSockets: 2, localAddress: `127.0.8.${n + 1}` }),
);
let guesses = 0;
function guess(): void {
  const headers = { authorization: `DPoP ${wish.token}`, dpop: "x.y.z" };
  const agent = agents[guesses++ % agents.length];
  const asked = request(
    { agent, host: "127.0.0.1", port: wish.http, path: "/api/v1/channels", headers },
    (answer) => {
      const status = String(answer.statusCode);
      answers[status] = (answers[status] ?? 0) + 1;
      answer.resume();
    },
  );
  asked.on("error", () => (answers["none"] = (answers["none"] ?? 0) + 1));
  asked.end();
}

for (let n = 0; n < wish.connections; n++) setTimeout(() => slow(n), n * 2);
setInterval(() => {
  const due = ((performance.now() - from) / 1000) * wish.tokensPerSecond;
  while (guesses < due) guess();
}, 20);
setInterval(() => {
  const report: FloodReport = { open: open.size, opened, answers, at: performance.now() - from };
  console.log(JSON.stringify(report));
}, 1000);
