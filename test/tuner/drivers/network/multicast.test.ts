import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { runProgram } from "../../../helpers/daemon.ts";
import { networkNamespace, skipWithoutNamespaces } from "../../../helpers/network-namespace.ts";

t.test(
  "network: multicast groups at one port are kept apart",
  { skip: skipWithoutNamespaces() },
  async (t) => {
    const network = await networkNamespace(t);
    const child = join(dirname(fileURLToPath(import.meta.url)), "multicast.child.js");
    const [command, ...args] = [...network.wrapper, process.execPath, child, network.address];
    const ran = await runProgram(command, args);
    t.equal(ran.code, 0, ran.stderr);
    const heard = (pid: number): unknown => ({ pids: [pid], events: [] });
    t.same(JSON.parse(ran.stdout), {
      first: heard(1),
      second: heard(2),
      sourceSpecific: heard(3),
      foreignInterface: "no-lock",
    });
  },
);
