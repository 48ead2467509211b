import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import t from "tap";
import { parsePem, unfit } from "../../../src/ddns-client/certificates/chain.ts";
import { authorityFront } from "../../helpers/authority-front.ts";
import { ChallengeDns } from "../../helpers/challenge-dns.ts";
import { startPebble } from "../../helpers/pebble.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import type { CutWish } from "./power-cut.child.ts";

const CHILD = join(import.meta.dirname, "power-cut.child.js");
const skip = skipWithoutProgram("pebble", "openssl");

t.test(
  "the power is cut at any moment: one order is made, and its certificate arrives",
  { skip },
  async (t) => {
    const dns = await ChallengeDns.listen(t);
    const pebble = await startPebble(t, { dns: dns.address });
    const front = await authorityFront(t, pebble);
    /** Of several boxes at a time. */
    const told = new Map<string, readonly string[]>();
    dns.at = (name) => told.get(name.replace("_acme-challenge.", "")) ?? [];
    const teller = createServer((request, response) => {
      request.setEncoding("utf8").on("data", (text: string) => {
        const values = JSON.parse(text) as string[];
        told.set(request.url?.slice(1) ?? "", values);
      });
      request.on("end", () => response.end());
    }).listen(0, "127.0.0.1");
    await once(teller, "listening");
    t.teardown(() => teller.close());
    const common = {
      directory: front.directory,
      ca: pebble.ca,
      challenges: `http://127.0.0.1:${(teller.address() as AddressInfo).port}`,
    };
    const begin = async (at: number | null) => {
      const name = `box${at ?? "x"}.test`;
      const challenges = `${common.challenges}/${name}`;
      return {
        ...common,
        challenges,
        state: await temporaryFolder(t),
        names: [name, `*.${name}`],
        cutAt: at,
      };
    };

    const whole = await run(await begin(null));
    t.equal(whole.at(-1), "done", "without a cut");
    const moments = whole
      .filter((line) => /^\d+ /.test(line))
      .map((line) => line.replace(/^\d+ (\/?[^/]*).*/, "$1"));
    for (const moment of ["/order-plz", "/finalize-order", "/certZ", "online-order.json", "online.pem"])
      t.ok(moments.includes(moment), `a cut after ${moment}`);
    t.comment(`${moments.length} moments: ${moments.join(", ")}`);

    const judge = async (at: number, moment: string): Promise<void> => {
      const wish = await begin(at);
      const cut = await run(wish);
      t.equal(cut.at(-1), "SIGKILL", `cut ${at}, ${moment}`);
      const again = await run({ ...wish, cutAt: null });
      t.equal(again.at(-1), "done", `${moment}: it goes on: ${again.join("; ")}`);
      const orders = front
        .orders()
        .filter(({ payload }) => JSON.stringify(payload).includes(`"${wish.names[0]}"`));
      t.equal(orders.length, 1, `${moment}: exactly one order is made`);
      const certificate = parsePem(await readFile(join(wish.state, "online.pem"), "utf8"));
      t.equal(unfit(certificate, wish.names, Date.now()), null, `${moment}: the certificate fits`);
      const { order } = JSON.parse(await readFile(join(wish.state, "online-order.json"), "utf8"));
      t.equal(order, null, `${moment}: no order is left`);
    };
    // The first of each sort: names are asked for one after another, in the same way.
    const left = [...moments.entries()].filter(([at, moment]) => moments.indexOf(moment) === at);
    await Promise.all(
      [1, 2, 3].map(async () => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) await judge(...next);
      }),
    );
  },
);

/** What the child said, and how it ended if somebody ended it. */
async function run(wish: CutWish): Promise<string[]> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(wish)], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", (piece: Buffer) => (text += piece.toString()));
  child.stderr.on("data", (piece: Buffer) => (text += piece.toString()));
  const timer = setTimeout(() => child.kill("SIGTERM"), 120_000);
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  clearTimeout(timer);
  const lines = text.trimEnd().split("\n");
  return signal === null ? lines : [...lines, signal];
}
