import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import t from "tap";
import { handedSockets } from "../../src/kernel/systemd.ts";
import { eventually, startDaemon } from "../helpers/daemon.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";

t.test("systemd: sockets that were handed over go by their names, and to whom they were meant for", (t) => {
  const env = { LISTEN_PID: "7", LISTEN_FDS: "3", LISTEN_FDNAMES: "http:https:http" };
  t.same(
    [...handedSockets(env, 7)],
    [
      ["http", 3],
      ["https", 4],
    ],
  );
  t.same([...handedSockets(env, 8)], [], "a child of the process that they were for");
  t.same([...handedSockets({}, 7)], []);
  t.same(
    [...handedSockets({ LISTEN_PID: "7", LISTEN_FDS: "1" }, 7)],
    [["", 3]],
    "without names they are nobody's",
  );
  t.end();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

t.test(
  "systemd: the daemon answers at the ports that were opened for it, the first who came included",
  { skip: skipWithoutProgram("systemd-socket-activate") },
  async (t) => {
    const [http, https] = [await freePort(), await freePort()];
    const listen = [`127.0.0.1:${http}`, `127.0.0.1:${https}`].flatMap((address) => ["--listen", address]);
    const starting = startDaemon(t, {
      wrapper: ["systemd-socket-activate", ...listen, "--fdname=http:https"],
    });
    // Until somebody comes nothing is started; whoever does waits for the answer.
    const first = eventually("somebody is let in", async () => {
      const answer = await fetch(`http://127.0.0.1:${http}/healthz`).catch(() => null);
      return answer?.ok === true;
    });
    const box = await starting;
    t.ok(await first);
    t.same([box.http, box.https], [http, https]);
    t.equal(await box.stop(), 0);
  },
);
