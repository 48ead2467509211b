import { randomBytes, randomInt } from "node:crypto";
import t from "tap";
import { systemClock } from "../../../src/kernel/clock.ts";
import { DnsConnection } from "../../../src/kernel/dns-connection.ts";
import type { TsigKey } from "../../../src/protocol/dns/tsig.ts";
import {
  encodeUpdate,
  readAnswer,
  type Update,
  type UpdateAnswer,
} from "../../../src/protocol/dns/update.ts";
import { digValues } from "../../helpers/dig.ts";
import { startBind, startKnot } from "../../helpers/name-servers.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";

const ZONE = "tv.example";
const name = `box.${ZONE}`;

/** What an owner's box does at a name server that keeps other things at the same name. */
for (const [what, program, start] of [
  ["BIND", "named", startBind],
  ["Knot", "knotd", startKnot],
] as const)
  t.test(
    `${what}: prerequisites, and types that are left alone`,
    { skip: skipWithoutProgram(program, "dig") },
    async (t) => {
      const key: TsigKey = { name: "key.example", algorithm: "hmac-sha512", secret: randomBytes(64) };
      const { port } = await start(t, ZONE, key);
      const connection = new DnsConnection({ host: "127.0.0.1", port }, systemClock);
      t.teardown(() => connection.close());
      const send = async (update: Omit<Update, "zone">): Promise<UpdateAnswer> => {
        const [id, now] = [randomInt(0x10000), systemClock.now() / 1000];
        const { bytes, mac } = encodeUpdate({ zone: ZONE, ...update }, key, now, id);
        const answer = await connection.ask(bytes, new AbortController().signal);
        return readAnswer(answer, { id, key, mac, now });
      };
      const values = (type: string): Promise<string[]> => digValues({ port, name, type });
      const done = { kind: "done" };
      const refused = (rcode: string): unknown => ({ kind: "refused", rcode });
      const text = { name, sets: [{ type: "TXT", ttl: 60, values: ["the owner's"] }] } as const;
      const address = { name, sets: [{ type: "A", ttl: 60, values: ["198.51.100.7"] }] } as const;

      t.same(
        await send({ names: [text], prerequisites: [{ kind: "name-in-use", name }] }),
        refused("NXDOMAIN"),
      );
      t.same(await send({ names: [text], prerequisites: [{ kind: "name-not-in-use", name }] }), done);
      t.same(
        await send({ names: [text], prerequisites: [{ kind: "name-not-in-use", name }] }),
        refused("YXDOMAIN"),
      );
      t.same(
        await send({
          names: [address],
          types: ["A", "AAAA"],
          prerequisites: [{ kind: "set-exists", name, type: "A" }],
        }),
        refused("NXRRSET"),
      );
      t.same(
        await send({
          names: [address],
          types: ["A", "AAAA"],
          prerequisites: [{ kind: "set-missing", name, type: "A" }],
        }),
        done,
      );
      t.same(
        await send({ names: [address], prerequisites: [{ kind: "set-missing", name, type: "A" }] }),
        refused("YXRRSET"),
      );
      t.same([await values("A"), await values("TXT")], [["198.51.100.7"], ["the owner's"]]);
      t.same(await send({ names: [{ name, sets: [] }], types: ["A", "AAAA"] }), done);
      t.same([await values("A"), await values("TXT")], [[], ["the owner's"]]);
    },
  );
