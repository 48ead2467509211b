import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { pino } from "pino";
import t from "tap";
import { Connections } from "../../src/http-server/connections.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import type { Teardown } from "../helpers/temporary.ts";

async function serve(t: Teardown, listener: RequestListener) {
  const clock = new FakeClock();
  const connections = new Connections({ clock, log: pino({ level: "silent" }) });
  const server = createServer(connections.noting(listener));
  connections.watch(server);
  connections.start();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    connections.stop();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const open = async (text: string): Promise<Socket> => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write(text);
    return socket;
  };
  return { clock, connections, open };
}

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const settle = (ms = 100): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

t.test("connections: T23 who takes nothing of its answer is cut off, who takes it is not", async (t) => {
  const { clock, connections, open } = await serve(t, (_request, response) =>
    response.end(Buffer.alloc(16 * 1024 * 1024)),
  );
  const slow = await open(GET);
  slow.pause();
  const good = await open(GET);
  good.resume();
  await settle(500);
  t.equal(connections.size, 2);
  for (let seconds = 0; seconds < 118; seconds += 2) clock.advance(2000);
  await settle();
  t.equal(connections.size, 2, "until then");
  clock.advance(6000);
  await settle();
  t.equal(connections.size, 1);
  slow.resume();
  await once(slow, "close");
  t.notOk(good.destroyed);
});

t.test("connections: T23 so much waits for slow receivers in all, and no more", async (t) => {
  const { clock, connections, open } = await serve(t, (_request, response) =>
    response.end(Buffer.alloc(30 * 1024 * 1024)),
  );
  for (let n = 0; n < 4; n++) (await open(GET)).pause();
  await settle(500);
  clock.advance(2000);
  clock.advance(2000);
  await settle();
  t.ok(connections.size <= 3 && connections.size >= 2, `${connections.size} of four are left`);
});

t.test("connections: T23 requests that wait for answers on one connection are bounded", async (t) => {
  let asked = 0;
  const { connections, open } = await serve(t, () => asked++);
  const greedy = await open(GET.repeat(1000));
  await once(greedy.resume(), "close");
  t.ok(asked <= 32, `${asked} were passed on`);
  t.equal(connections.size, 0);
  await open(GET.repeat(20));
  await settle();
  t.equal(connections.size, 1);
});
