import { execFileSync } from "node:child_process";
import t from "tap";
import { eventually, startDaemon } from "../helpers/daemon.ts";
import { skipWithoutNamespaces } from "../helpers/network-namespace.ts";
import type { Teardown } from "../helpers/temporary.ts";

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

t.test(
  "T6: a media address that was passed on works at home and in one network elsewhere, and in no third",
  { skip: skipWithoutNamespaces() },
  async (t) => {
    twoNetworks(t);
    const box = await startDaemon(t, { address: "10.78.0.1", wrapper: ["ip", "netns", "exec", BOX] });
    const channel = await eventually("a channel is there", async () => {
      const { body } = await box.local<{ channels: { id: string; scrambled: boolean }[] }>(
        "GET",
        "/api/v1/channels",
      );
      return body.channels.length === 12 && body.channels.find(({ scrambled }) => !scrambled)?.id;
    });
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
