import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import t from "tap";
import type { Channels, Scan } from "../../src/protocol/api.ts";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { networkNamespace, skipWithoutNamespaces } from "../helpers/network-namespace.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { generateCapture } from "../tuner/drivers/file/generated-capture.ts";

const STREAM = generateCapture({ seconds: 20 });

interface Site {
  readonly port: number;
  readonly requests: string[];
}

/** A web server of the test's own, which tells what it was asked. */
async function site(t: Teardown, host: string, listener: RequestListener): Promise<Site> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.headers.host} ${request.url}`);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

/** Every address of this machine: whoever is sent to any of them in any spelling is heard. */
const canarySite = (t: Teardown): Promise<Site> =>
  site(t, "::", (_request, response) => void response.end("canary"));

function play(response: Parameters<RequestListener>[1]): void {
  response.writeHead(200, { "content-type": "video/mp2t" });
  let at = 0;
  const timer = setInterval(() => {
    response.write(STREAM.subarray(at, (at += 188 * 200)));
    if (at >= STREAM.length) at = 0;
  }, 50);
  response.once("close", () => clearInterval(timer));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Hosts that are this machine, in all the ways they can be written. */
const SPELLINGS = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "127.9.8.7",
  "0x7f000001",
  "0x7f.1",
  "0X7F.0.0.0x1",
  "2130706433",
  "017700000001",
  "0177.0.0.1",
  "0177.0x0.0.1",
  "127.0.0.1.",
  "%31%32%37.0.0.1",
  "１２７.0.0.1",
  "127。0。0。1",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[0:0:0:0:0:ffff:127.0.0.1]",
  "[::127.0.0.1]",
  "[64:ff9b::127.0.0.1]",
  "[2002:7f00:1::]",
  "0",
  "0.0.0.0",
  "[::]",
  "[::ffff:0.0.0.0]",
  "localhost",
  "localhost.",
  "LOCALHOST",
  "tv.localhost",
  hostname(),
  ...Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80"))
    .map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address)),
];
const METADATA = [
  "169.254.169.254",
  "[::ffff:a9fe:a9fe]",
  "2852039166",
  "[fd00:ec2::254]",
  "100.100.100.200",
];

/** Headers have no other letters. */
const inAscii = (text = ""): string => text.replace(/[^\0-\x7f]/g, encodeURIComponent);

async function scanOf(box: Daemon): Promise<Scan> {
  const begun = await box.local("POST", "/api/v1/scan", { follow: false });
  if (begun.status !== 202) throw new Error(JSON.stringify(begun.body));
  return eventually("the scan", async () => {
    const { body } = await box.local<Scan>("GET", "/api/v1/scan");
    return body.state !== "running" && body;
  });
}

t.test("T16: no list leads the daemon to itself or its machine", async (t) => {
  const canary = await canarySite(t);
  const api = await freePort();
  const hosts = SPELLINGS.map((host) => `${host}:${canary.port}`);
  const direct = [
    ...hosts.map((host) => `http://${host}`),
    `https://127.0.0.1:${canary.port}`,
    `http://127.0.0.1:${api}`,
    `http://localhost.:${api}`,
    ...METADATA.map((host) => `http://${host}`),
  ];
  const targets = direct.map((origin, i) => `${origin}/direct-${i}`);
  const list = await site(t, "127.0.0.1", (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://x");
    const [, what = "", which = ""] = pathname.split("/");
    if (what === "good") return play(response);
    if (what === "away")
      return void response.writeHead(302, { location: inAscii(targets[Number(which)]) }).end();
    const own = `http://127.0.0.1:${list.port}`;
    const lines = [
      ...targets,
      ...targets.map((_, i) => `${own}/away/${i}`),
      // The very server of the list, by another name than it was given.
      `http://localhost:${list.port}/other-name`,
      `http://127.0.0.1:${list.port}@127.1:${canary.port}/user`,
      `${own}/good`,
    ];
    response.end(lines.map((line, i) => `#EXTINF:-1,Entry ${i}\n${line}\n`).join(""));
  });
  const own = `http://127.0.0.1:${list.port}`;
  const box = await startDaemon(t, {
    tuner: `m3u:${own}/list.m3u`,
    config: `http: {address: "::", port: ${api}, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\n`,
  });
  const scan = await scanOf(box);
  t.ok(scan.multiplexes.length >= 2 * targets.length, `${scan.multiplexes.length} entries were tried`);
  const outcomes = new Map<string, number>();
  for (const { outcome } of scan.multiplexes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  t.same(
    [...outcomes.keys()].sort(),
    ["partial", "unsupported"],
    `nothing was even connected to: ${JSON.stringify([...outcomes])}`,
  );
  t.equal(outcomes.get("partial"), 1, "the good one works");
  const { body } = await box.local<Channels>("GET", "/api/v1/channels");
  t.equal(body.channels.length, 1);

  const of = (msg: string): Record<string, unknown>[] => box.log.filter((entry) => entry["msg"] === msg);
  t.same(canary.requests, [], "nobody was sent anywhere");
  t.notOk(list.requests.some((request) => request.includes("other-name")));
  const told = of("stream-address-refused");
  t.ok(told.length > 0 && told.length <= 10, `told, but not for ever: ${told.length}`);
  t.match(
    told[0]?.["reason"],
    /is not asked: it is this box itself\. If it is meant, write http:\S+ under tuners\.network\.allow/,
  );
  const { body: tuners } = await box.local<{ sources: { problems: string[] }[] }>("GET", "/api/v1/tuners");
  t.match(JSON.stringify(tuners), /tuners\.network\.allow/, "the source tells it too");
  t.equal((await fetch(`http://127.0.0.1:${api}/healthz`)).status, 200, "and the box is well");
});

t.test("T16: no redirect of a guide server leads the daemon to itself or its machine", async (t) => {
  const canary = await canarySite(t);
  const targets = [
    ...SPELLINGS.slice(0, 8).map((host) => `http://${host}:${canary.port}/hit`),
    `//localhost.:${canary.port}/hit`,
    "http://169.254.169.254/latest/meta-data/",
  ];
  const guide = await site(t, "127.0.0.1", (request, response) => {
    const [, what = "", which = ""] = (request.url ?? "").split("/");
    if (what === "away")
      return void response.writeHead(302, { location: inAscii(targets[Number(which)]) }).end();
    if (what === "moved") return void response.writeHead(301, { location: "/guide" }).end();
    // As servers pack what they send, whatever it is.
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("<tv></tv>"));
  });
  const own = `http://127.0.0.1:${guide.port}`;
  const listings = [
    ...targets.map((_, i) => `{url: "${own}/away/${i}"}`),
    // The installer may write what he likes, but not where keys are kept.
    '{url: "http://169.254.169.254/latest/meta-data/"}',
    `{url: "${own}/moved"}`,
  ];
  const box = await startDaemon(t, {
    config: [
      'http: {address: "127.0.0.1", port: 0, https: {port: 0}}',
      "announce: {mdns: false, ssdp: off}",
      `guide: {xmltv: [${listings.join(", ")}]}`,
      "",
    ].join("\n"),
  });
  const of = (msg: string): Record<string, unknown>[] => box.log.filter((entry) => entry["msg"] === msg);
  await eventually("the last listing", () => of("guide-imported").length === 1, 200_000);
  t.equal(of("guide-not-imported").length, listings.length - 1);
  for (const entry of of("guide-not-imported"))
    t.equal(entry["code"], "fetch-refused", String(entry["reason"]));
  t.match(
    of("guide-not-imported")[0]?.["reason"],
    /it is this box itself\. If it is meant, write .* under guide\.xmltv/,
  );
  t.same(canary.requests, []);
});

t.test("T16: what the installer allows by name is asked, and that alone", async (t) => {
  const canary = await canarySite(t);
  const proxy = await site(t, "127.0.0.1", (_request, response) => play(response));
  const folder = await temporaryFolder(t);
  const path = join(folder, "list.m3u");
  const lines = [`http://127.0.0.1:${proxy.port}/udp/239.1.1.1`, `http://127.0.0.1:${canary.port}/hit`];
  await writeFile(path, lines.map((line, i) => `#EXTINF:-1,Entry ${i}\n${line}\n`).join(""));
  const state = join(folder, "state");
  const configFile = `
http: {address: "127.0.0.1", port: 0, https: {port: 0}}
announce: {mdns: false, ssdp: off}
tuners: {network: {lists: ["${path}"], allow: ["http://127.0.0.1:${proxy.port}"]}}
`;
  const box = await startDaemon(t, { state, config: configFile, tuner: null });
  const scan = await scanOf(box);
  t.same(scan.multiplexes.map(({ outcome }) => outcome).sort(), ["partial", "unsupported"]);
  t.equal(canary.requests.length, 0);
});

t.test(
  "T16: neighbours are asked, but none of them leads the daemon to itself",
  { skip: skipWithoutNamespaces() },
  async (t) => {
    const network = await networkNamespace(t);
    const neighbour = network.neighbour();
    const canary = await child(t, network.wrapper, "canary");
    const hits = (): string[] =>
      canary.lines.flatMap(({ request }) => (request === undefined ? [] : [request]));
    const config = `http: {address: "${network.address}", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\n`;
    const { wrapper } = network;
    for (const target of [`http://127.0.0.1:${canary.port}`, `http://${network.address}:${canary.port}`]) {
      const liar = await child(t, neighbour.wrapper, "neighbour", neighbour.address, target);
      const path = join(await temporaryFolder(t), "list.m3u");
      const lines = ["/good", "/away"].map((what) => `http://${neighbour.address}:${liar.port}${what}`);
      await writeFile(path, [...lines, `${target}/direct`].map((line) => `#EXTINF:-1,x\n${line}\n`).join(""));

      const listed = await startDaemon(t, { config, wrapper, tuner: `m3u:${path}` });
      const scan = await scanOf(listed);
      t.same(scan.multiplexes.map(({ outcome }) => outcome).sort(), [
        "partial",
        "unsupported",
        "unsupported",
      ]);
      await listed.stop();

      const hdhomerun = await startDaemon(t, { config, wrapper, tuner: "hdhomerun" });
      const unreadable = await eventually("the device", () =>
        hdhomerun.log.find(({ msg }) => msg === "hdhomerun-unreadable"),
      );
      t.equal(unreadable["host"], neighbour.address, "asked at its own address, whatever it says");
      t.match(unreadable["error"], /it is this box itself/);
      await hdhomerun.stop();

      const satip = await startDaemon(t, { config, wrapper, tuner: "satip" });
      await eventually("a look", () => satip.log.some(({ msg }) => msg === "satip-no-server"));
      t.ok(
        liar.lines.some(({ search }) => search === "ssdp"),
        "it was asked, and answered",
      );
      t.ok(liar.lines.some(({ request }) => request === "/satip-redirect"));
      await satip.stop();
      await liar.end();
    }
    t.same(hits(), []);
  },
);

interface Child {
  readonly port: number;
  readonly lines: { readonly request?: string; readonly search?: string; readonly port?: number }[];
  end(): Promise<void>;
}

async function child(t: Teardown, wrapper: readonly string[], ...args: string[]): Promise<Child> {
  const file = join(dirname(fileURLToPath(import.meta.url)), "ssrf-network.child.js");
  const [command = "", ...rest] = [...wrapper, process.execPath, file, ...args];
  const running = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
  const end = async (): Promise<void> => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    running.kill("SIGKILL");
    await once(running, "exit");
  };
  t.teardown(end);
  const lines: Child["lines"] = [];
  createInterface({ input: running.stdout }).on("line", (line) =>
    lines.push(JSON.parse(line) as Child["lines"][0]),
  );
  const port = await eventually("the child", () => lines.find((line) => line.port !== undefined)?.port);
  return { port, lines, end };
}
