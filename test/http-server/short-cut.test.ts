import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import t from "tap";
import { withShortCut } from "../../src/http-server/short-cut.ts";

t.test("short cut: open only to what the application would let through", async (t) => {
  const server = createServer(
    { requireHostHeader: false },
    withShortCut(
      (_request, response) => response.end("application"),
      (request, response) => {
        if (request.url !== "/m/here") return false;
        response.end("short");
        return true;
      },
      new Set(["box.lan"]),
    ),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = (head: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = "";
      const socket = connect(port, "127.0.0.1", () =>
        socket.write(`GET ${head}\r\nconnection: close\r\n\r\n`),
      );
      socket.on("data", (chunk) => (text += chunk.toString()));
      socket.once("error", reject);
      socket.once("close", () => resolve(/(application|short)/.exec(text)?.[1] ?? text));
    });
  for (const host of ["127.0.0.1", `localhost:${port}`, "box.lan", "[::1]"])
    t.equal(await ask(`/m/here HTTP/1.1\r\nhost: ${host}`), "short", host);
  t.equal(await ask("/m/there HTTP/1.1\r\nhost: box.lan"), "application", "what it does not take");
  t.equal(await ask("/m/here HTTP/1.1\r\nhost: evil.example"), "application", "a foreign name");
  t.equal(await ask("/m/here HTTP/1.1\r\nhost: box.lan\r\nhost: box.lan"), "application", "two hosts");
  t.equal(await ask("/m/here HTTP/1.1"), "application", "no host");
});
