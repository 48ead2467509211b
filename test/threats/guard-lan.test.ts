import { join } from "node:path";
import t from "tap";
import { runProgram, startDaemon } from "../helpers/daemon.ts";
import { skipWithoutNamespaces } from "../helpers/network-namespace.ts";
import { routedNamespaces } from "../helpers/routed-namespaces.ts";
import type { PeerReport, PeerWish } from "./peer.child.ts";

/** Beside this file once it is built. */
const PEER = join(import.meta.dirname, "peer.child.js");

/** What a stranger on the internet may say of itself, in the hope that somebody believes it. */
const SAYING: Record<string, string>[] = [
  {},
  { "x-forwarded-for": "10.78.0.9" },
  { "x-forwarded-for": "127.0.0.1, 10.78.0.9" },
  { "x-real-ip": "127.0.0.1" },
  { forwarded: "for=127.0.0.1;proto=https;host=localhost" },
  {
    via: "1.1 10.78.0.1",
    "x-client-ip": "10.78.0.9",
    "true-client-ip": "10.78.0.9",
    "cf-connecting-ip": "10.78.0.9",
  },
  { "x-forwarded-proto": "https", "x-forwarded-host": "localhost", "x-tp-client": "10.78.0.9" },
  { host: "127.0.0.1" },
  { host: "localhost" },
];

t.test(
  "T4: who is not on the box's link is not at home, whatever it says of itself",
  { skip: skipWithoutNamespaces() },
  async (t) => {
    const net = await routedNamespaces(t);
    const box = await startDaemon(t, { wrapper: net.inBox, address: net.box });
    const url = `http://${net.box}:${box.http}`;
    const peer = async (wish: Omit<PeerWish, "url">): Promise<PeerReport> => {
      const [command = "", ...args] = [
        ...net.inPeer,
        process.execPath,
        PEER,
        JSON.stringify({ url, ...wish }),
      ];
      const { code, stdout, stderr } = await runProgram(command, args);
      if (code !== 0) throw new Error(`the peer failed: ${stderr}`);
      return JSON.parse(stdout) as PeerReport;
    };
    const offer = await box.openOffer("viewer");
    for (const headers of SAYING) {
      const { claim, channels } = await peer({ from: net.far, headers, offer, cookie: null });
      const name = JSON.stringify(headers);
      t.same(claim, { status: 403, code: "not-from-lan" }, `pairing from afar, ${name}`);
      t.equal(channels.status, 401, `channels from afar, ${name}`);
    }
    const near = await peer({ from: net.near, headers: {}, offer, cookie: null });
    t.same([near.claim?.status, near.channels.status], [200, 200], "the same phone at home");
    t.match(near.cookie, /^tp_lan=/);
    for (const headers of SAYING) {
      const { channels } = await peer({ from: net.far, headers, offer: null, cookie: near.cookie });
      t.same(
        channels,
        { status: 401, code: "access-token-missing" },
        `its cookie from afar, ${JSON.stringify(headers)}`,
      );
    }
    const said = { "x-forwarded-for": "203.0.113.9", forwarded: "for=203.0.113.9" };
    const again = await peer({ from: net.near, headers: said, offer: null, cookie: near.cookie });
    t.equal(again.channels.status, 200, "nor does anybody at home become a stranger by it");
  },
);
