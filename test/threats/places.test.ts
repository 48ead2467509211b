import { execFileSync } from "node:child_process";
import { join } from "node:path";
import t from "tap";
import type { AuditEntry } from "../../src/protocol/access-api.ts";
import { eventually, runProgram, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { skipWithoutNamespaces } from "../helpers/network-namespace.ts";
import type { Teardown } from "../helpers/temporary.ts";
import type { PlacesReport, PlacesWish } from "./places.child.ts";

/** Beside this file once it is built. */
const CHILD = join(import.meta.dirname, "places.child.js");
const BOX = `tellyport-box-${process.pid}`;
const STREET = `tellyport-street-${process.pid}`;

/** A box's network, and everybody else's: one neighbour in the home network, the others behind it. */
function twoNetworks(t: Teardown): void {
  const ip = (...args: string[]): unknown => execFileSync("ip", args);
  for (const name of [BOX, STREET]) {
    ip("netns", "add", name);
    t.teardown(() => ip("netns", "del", name));
    ip("-n", name, "link", "set", "lo", "up");
  }
  ip("-n", BOX, "link", "add", "lan0", "type", "veth", "peer", "name", "lan1", "netns", STREET);
  ip("-n", BOX, "addr", "add", "10.78.0.1/24", "dev", "lan0");
  ip("-n", STREET, "addr", "add", "10.78.0.2/24", "dev", "lan1");
  ip("-n", STREET, "addr", "add", "10.78.0.3/24", "dev", "lan1");
  ip("-n", BOX, "link", "set", "lan0", "up");
  ip("-n", STREET, "link", "set", "lan1", "up");
  for (const away of ["198.51.100.7", "203.0.113.9", "203.0.113.10"]) {
    ip("-n", STREET, "addr", "add", `${away}/32`, "dev", "lan1");
    ip("-n", BOX, "route", "add", `${away}/32`, "dev", "lan0");
  }
}

/** What an address of the street is answered. */
function ask(url: string, from: string): { status: number; body: string } {
  const script = `require("node:http").get(process.argv[1], { localAddress: process.argv[2] }, (answer) => {
    let body = "";
    answer.on("data", (chunk) => (body += chunk)).on("end", () => console.log(JSON.stringify({ status: answer.statusCode, body })));
  });`;
  const text = execFileSync("ip", ["netns", "exec", STREET, process.execPath, "-e", script, url, from]);
  return JSON.parse(text.toString()) as { status: number; body: string };
}

const channelOf = (box: Daemon): Promise<string> =>
  eventually("a channel is there", async () => {
    const { body } = await box.local<{ channels: { id: string; scrambled: boolean }[] }>(
      "GET",
      "/api/v1/channels",
    );
    return body.channels.length === 12 && body.channels.find(({ scrambled }) => !scrambled)?.id;
  });

/** What phones of the street do with the box's first channel, and what they are answered. */
async function inTheStreet(box: Daemon, what: PlacesWish["what"], phones: number): Promise<PlacesReport> {
  const wish: PlacesWish = {
    what,
    http: `http://10.78.0.1:${box.http}`,
    https: `https://10.78.0.1:${box.https}`,
    offers: [],
    channel: await channelOf(box),
    home: ["10.78.0.2", "10.78.0.3"],
    away: ["198.51.100.7", "203.0.113.9"],
  };
  const offers = [];
  for (let n = 0; n < phones; n++) offers.push(await box.openOffer("viewer"));
  const text = JSON.stringify({ ...wish, offers });
  const command = ["netns", "exec", STREET, process.execPath, CHILD, text];
  const { code, stdout, stderr } = await runProgram("ip", command);
  if (code !== 0) throw new Error(`the phones failed: ${stderr}`);
  return JSON.parse(stdout) as PlacesReport;
}

t.test(
  "T6: a media address that was passed on works at home and in one network elsewhere, and in no third",
  { skip: skipWithoutNamespaces() },
  async (t) => {
    twoNetworks(t);
    const box = await startDaemon(t, { address: "10.78.0.1", wrapper: ["ip", "netns", "exec", BOX] });
    const channel = await channelOf(box);
    const playback = await box.local<{ hls: string }>("POST", "/api/v1/playback", { channel });
    t.equal(playback.status, 200);
    const all = `http://10.78.0.1:${box.http}${playback.body.hls}`;
    const listed = ask(all, "10.78.0.2");
    t.equal(listed.status, 200);
    const one = new URL(/^[^#].*$/m.exec(listed.body)?.[0] ?? "", all).href;
    for (const url of [one, all]) {
      t.equal(ask(url, "10.78.0.2").status, 200, "at home");
      t.equal(ask(url, "10.78.0.3").status, 200, "another device at home");
      t.equal(ask(url, "198.51.100.7").status, 200, "the phone has left the house");
      t.equal(ask(url, "10.78.0.2").status, 200, "and come back");
      for (const stranger of ["203.0.113.9", "203.0.113.10"]) {
        const refused = ask(url, stranger);
        t.match([refused.status, JSON.parse(refused.body)], [403, { code: "grant-elsewhere" }], stranger);
      }
    }
    const said = (): number => box.log.filter(({ msg }) => msg === "grant-elsewhere").length;
    await eventually("it is logged", () => said() > 0);
    t.equal(said(), 1, "once");
  },
);

t.test(
  "T6: what began at home and goes on elsewhere is one of those away, of whom the policy allows so many",
  { skip: skipWithoutNamespaces() },
  async (t) => {
    twoNetworks(t);
    const config =
      'http: {address: "10.78.0.1", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\naccess: {policy: nextv-f}\n';
    const box = await startDaemon(t, { config, wrapper: ["ip", "netns", "exec", BOX] });
    const report = await inTheStreet(box, "leave", 2);
    const answered = new Map(report.map(({ what, status, body }) => [what, { status, body }]));
    for (const what of [
      "pair 0",
      "start 0",
      "pair 1",
      "start 1",
      "home 0",
      "home 1",
      "away 0",
      "home again 0",
    ])
      t.equal(answered.get(what)?.status, 200, what);
    for (const what of ["away 1", "home again 1"])
      t.match(
        answered.get(what),
        { status: 410, body: { code: "playback-ended", detail: { code: "session-limit", where: "away" } } },
        what,
      );
    const { entries } = (await box.local<{ entries: AuditEntry[] }>("GET", "/api/v1/audit?limit=200")).body;
    t.match(
      entries.filter(({ event }) => event === "watched"),
      [{ detail: { home: false, reason: "session-limit" } }],
    );
  },
);

t.test(
  "T2: what a phone without a key watches stays in the home network",
  { skip: skipWithoutNamespaces() },
  async (t) => {
    twoNetworks(t);
    const box = await startDaemon(t, { address: "10.78.0.1", wrapper: ["ip", "netns", "exec", BOX] });
    const [start, ...media] = await inTheStreet(box, "lan", 1);
    t.equal(start?.status, 200);
    t.equal(media.length, 10);
    for (const { what, status, body } of media) {
      if (what.startsWith("10.78.")) t.equal(status, 200, what);
      else t.match([status, body], [403, { code: "grant-elsewhere" }], what);
    }
  },
);
