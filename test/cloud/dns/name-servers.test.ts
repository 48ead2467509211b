import { randomBytes } from "node:crypto";
import t from "tap";
import { digValues } from "../../helpers/dig.ts";
import { startBind, startKnot, startPowerDns } from "../../helpers/name-servers.ts";
import { networkNamespace, skipWithoutNamespaces } from "../../helpers/network-namespace.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import type { TsigKey } from "../../../src/protocol/dns/tsig.ts";

const skip = skipWithoutNamespaces() || skipWithoutProgram("named", "knotd", "pdns_server", "sqlite3", "dig");

t.test("each name server runs in a network of its own", { skip }, async (t) => {
  const { address, wrapper } = await networkNamespace(t);
  const key: TsigKey = { name: "key", algorithm: "hmac-sha256", secret: randomBytes(32) };
  for (const start of [startBind, startKnot, startPowerDns]) {
    const server = await start(t, "tv.example", key, { address, port: 53, wrapper });
    t.same(await digValues({ address, port: 53, wrapper, name: "ns1.tv.example" }), [address], start.name);
    await server.kill();
  }
});
