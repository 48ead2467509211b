import { Agent, request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { networkInterfaces } from "node:os";
import type { FastifyPluginAsync } from "fastify";
import { pino } from "pino";
import t from "tap";
import {
  buildApp,
  createListeners,
  RateGuard,
  TrustedProxies,
  type Listeners,
} from "../../src/http-server/index.ts";
import { requestOrigin } from "../../src/http-server/origin.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { OPEN } from "../../src/protocol/access.ts";
import { eventually } from "../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

const INTERFACES = {
  eth0: [{ cidr: "192.168.7.20/24" }, { cidr: "93.184.216.1/24" }],
} as unknown as ReturnType<typeof networkInterfaces>;

function originOf(peer: string, headers: Record<string, string>, proxies: string[] | null) {
  const request = { socket: { remoteAddress: peer } as Socket, headers } as unknown as IncomingMessage;
  const origin = requestOrigin(
    request,
    proxies === null ? null : new TrustedProxies(proxies),
    () => INTERFACES,
  );
  const { listener, address, onLink, confidential } = origin;
  return { listener, address, onLink, confidential };
}

t.test("proxies: prefixes and addresses, and nothing else", (t) => {
  const proxies = new TrustedProxies(["10.0.0.0/8", "192.0.2.7", "fd00::/8", "2001:db8::1"]);
  for (const address of ["10.1.2.3", "192.0.2.7", "fd12::1", "2001:db8::1"])
    t.ok(proxies.has(address), address);
  for (const address of ["11.0.0.1", "192.0.2.8", "fe80::1", "2001:db8::2"])
    t.notOk(proxies.has(address), address);
  for (const wrong of [
    "",
    "proxy.example",
    "10.0.0.0/33",
    "10.0.0.0/",
    "::/129",
    "10.0.0.0/-1",
    "10.0.0.0/a",
  ])
    t.throws(() => new TrustedProxies([wrong]), TypeError, wrong);
  t.end();
});

t.test("proxies, T4: who sends is the last entry of a trusted proxy's, and of nobody else's", (t) => {
  const forwarded = { "x-forwarded-for": "192.168.7.5, 93.184.216.34", "x-forwarded-proto": "http, https" };
  t.match(
    originOf("192.168.7.3", forwarded, ["192.168.7.3"]),
    { address: "93.184.216.34", onLink: false, confidential: true, listener: "https" },
    "what somebody wrote before it counts for nothing; nobody is on-link behind a proxy",
  );
  t.match(
    originOf("::ffff:192.168.7.3", { "x-forwarded-for": "192.168.7.5" }, ["192.168.7.3"]),
    { address: "192.168.7.5", onLink: false, confidential: false, listener: "http" },
    "on-link it is not, whatever it says",
  );
  t.match(
    originOf("192.168.7.9", forwarded, ["192.168.7.3"]),
    { address: "192.168.7.9", onLink: true, confidential: false, listener: "http" },
    "another neighbour is not believed",
  );
  t.match(
    originOf("192.168.7.3", forwarded, null),
    { address: "192.168.7.3", onLink: true, listener: "http" },
    "off by default",
  );
  t.match(
    originOf("127.0.0.1", {}, ["127.0.0.1"]),
    { address: "127.0.0.1", onLink: false, confidential: false },
    "the proxy's own question",
  );
  for (const wrong of ["unknown", "93.184.216.34:80", "", "a, ", "[::1]"])
    t.equal(originOf("10.0.0.1", { "x-forwarded-for": wrong }, ["10.0.0.1"]).address, "10.0.0.1", wrong);
  t.equal(originOf("10.0.0.1", { "x-forwarded-for": "::ffff:8.8.8.8" }, ["10.0.0.1"]).address, "8.8.8.8");
  for (const proto of ["HTTPS", "https"])
    t.equal(originOf("10.0.0.1", { "x-forwarded-proto": proto }, ["10.0.0.1"]).confidential, true);
  for (const proto of ["http", "wss", "https, http", ""])
    t.equal(originOf("10.0.0.1", { "x-forwarded-proto": proto }, ["10.0.0.1"]).confidential, false, proto);
  t.end();
});

const log = pino({ level: "silent" });
const plugin: FastifyPluginAsync = async (app) => {
  app.get(
    "/api/v1/who",
    { config: { access: OPEN } },
    ({ origin: { address, onLink, confidential, listener } }) => ({
      address,
      onLink,
      confidential,
      listener,
    }),
  );
  app.post("/api/v1/who", { config: { access: OPEN } }, () => ({}));
};

async function serve(t: Teardown, proxies: TrustedProxies): Promise<Listeners> {
  const hostNames = new Set(["box.example"]);
  const limits = { burst: 5, perSecond: 1 };
  const app = await buildApp({
    log,
    authenticator: { authenticate: () => Promise.reject(new Error("nobody")) },
    version: "0",
    hostNames,
    proxies,
    rates: new RateGuard({
      clock: systemClock,
      recognise: () => null,
      limits: { requests: limits, known: limits, guesses: limits },
    }),
    plugins: [plugin],
  });
  const listeners = createListeners({
    app,
    hostNames,
    log,
    address: "127.0.0.1",
    port: 0,
    https: null,
    socketPath: join(await temporaryFolder(t), "control.sock"),
    proxies,
    connectionLimits: { perSender: 3, perRegion: 3, inAll: 40, reserved: 0 },
  });
  await listeners.start?.(new AbortController().signal);
  t.teardown(() => listeners.stop?.());
  return listeners;
}

function ask(
  port: number,
  headers: Record<string, string>,
  method = "GET",
  agent?: Agent,
): Promise<{ status: number; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: "127.0.0.1", port, path: "/api/v1/who", method, headers, agent: agent ?? false },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }),
        );
      },
    );
    request.once("error", reject);
    request.end(method === "POST" ? "{}" : undefined);
  });
}

t.test("proxies: each of its users has limits of its own, on whichever connection", async (t) => {
  const { ports } = await serve(t, new TrustedProxies(["127.0.0.1"]));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const of = (address: string) =>
    ask(ports.http, { "x-forwarded-for": address, "x-forwarded-proto": "https" }, "GET", agent);
  for (let at = 0; at < 5; at++)
    t.match(await of("93.184.216.34"), {
      status: 200,
      body: { address: "93.184.216.34", onLink: false, confidential: true, listener: "https" },
    });
  t.equal((await of("93.184.216.34")).status, 429);
  t.equal((await of("93.184.216.35")).status, 200, "nobody else pays for it");
  const page = {
    "x-forwarded-for": "8.8.8.8",
    "x-forwarded-proto": "https",
    host: "box.example",
    "content-type": "application/json",
  };
  t.equal(
    (await ask(ports.http, { ...page, origin: "https://box.example" }, "POST")).status,
    200,
    "a page of our own, as the proxy shows it",
  );
  t.equal((await ask(ports.http, { ...page, origin: "https://evil.example" }, "POST")).status, 403);
});

t.test(
  "proxies: its connections are those of many, and only all of them together have a limit",
  async (t) => {
    const open = async (listeners: Listeners, count: number): Promise<number> => {
      const sockets = await Promise.all(
        Array.from(
          { length: count },
          () =>
            new Promise<Socket>((resolve) => {
              const socket = connect(listeners.ports.http, "127.0.0.1", () => resolve(socket));
              socket.on("error", () => undefined);
              t.teardown(() => socket.destroy());
            }),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
      return sockets.filter((socket) => !socket.destroyed && socket.readable).length;
    };
    t.ok(
      (await open(await serve(t, new TrustedProxies([])), 30)) <= 3,
      "anybody else has as many as a sender may have",
    );
    const trusted = await serve(t, new TrustedProxies(["127.0.0.1"]));
    await eventually("a proxy has them all", async () => (await open(trusted, 30)) === 30, 5000);
  },
);
