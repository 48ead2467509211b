import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { systemClock } from "../../../src/kernel/clock.ts";
import { createSafeFetch, FetchFailure, namedReach } from "../../../src/kernel/safe-fetch/index.ts";

t.test("safe fetch: a body makes it a POST, from the wished address, and goes to nobody else", async (t) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      seen.push(
        `${request.method} ${request.url} ${request.headers["content-length"]} ${request.socket.remoteAddress} ${body}`,
      );
      if (request.url === "/away") response.writeHead(307, { location: "/other" });
      response.end("done");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const fetch = createSafeFetch({ clock: systemClock });
  const reach = namedReach(url);
  const answer = await fetch(url, { reach, body: "häuser", localAddress: "127.0.0.9" });
  t.equal(answer.status, 200);
  answer.cancel();
  await t.rejects(fetch(new URL("/away", url), { reach, body: "x" }), new FetchFailure("bad-redirect"));
  t.same(seen, ["POST / 7 127.0.0.9 häuser", "POST /away 1 127.0.0.1 x"]);
});
