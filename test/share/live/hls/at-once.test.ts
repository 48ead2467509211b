import { createServer, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { FakeJoined, house, part, playing, segment, service, settle, type House } from "../../fakes.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A stream with a whole segment and an open one, behind a server that tries the short way first. */
async function rig(t: Parameters<typeof house>[0]): Promise<{
  h: House;
  base: string;
  readonly get: (
    path: string,
    options?: { method?: string; headers?: Record<string, string>; localAddress?: string },
  ) => Promise<Answer>;
  /** How many were answered without the routes. */
  readonly short: () => number;
}> {
  const h = await house(t, [service(1)]);
  const { base } = await playing(h);
  const sink = h.packagers[0]!.sink;
  const first = part("v0", 1, 0, { independent: true });
  first.data.retain();
  sink.part(first);
  sink.segment(segment("v0", 1, { data: new FakeJoined([first.data]) }));
  sink.part(part("v0", 2, 1));

  let count = 0;
  const server = createServer((request, response) => {
    if (h.share.answerAtOnce(request, response)) count++;
    else h.app.routing(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const get = (path: string, options = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      httpRequest({ port, host: "127.0.0.1", path, agent: false, ...options }, (response) => {
        let body = "";
        response.setEncoding("latin1").on("data", (chunk: string) => (body += chunk));
        response.once("error", reject);
        response.once("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      })
        .once("error", reject)
        .end();
    });
  return { h, base, get, short: () => count };
}

t.test("at once: what is there is answered as by the routes", async (t) => {
  const { h, base, get, short } = await rig(t);
  for (const [n, name] of ["index.m3u8", "init-1.mp4", "1.m4s", "p0.m4s", "p1.m4s"].entries()) {
    const at = await get(base + name);
    t.equal(short(), n + 1, `${name}: the short way`);
    t.equal(at.status, 200);
    const routed = await h.app.inject({ url: base + name });
    t.equal(at.body, routed.rawPayload.toString("latin1"));
    const { date: _1, connection: _2, ...mine } = at.headers;
    const { date: _3, connection: _4, "keep-alive": _5, ...theirs } = routed.headers;
    delete mine["keep-alive"];
    t.same(mine, theirs, name);
  }
  const ranged = await get(`${base}1.m4s`, { headers: { range: "bytes=1-3" } });
  t.equal(ranged.status, 206);
  t.equal(ranged.body.length, 3);
  const { playbacks } = h.share.playbacks();
  t.ok((playbacks[0]?.bytes ?? 0) > 0, "and booked");
});

t.test("at once: all else goes through the routes, and is told in words", async (t) => {
  const { h, base, get, short } = await rig(t);
  const refused = async (path: string, code: string): Promise<void> => {
    t.equal(JSON.parse((await get(path)).body).code, code, path.slice(-20));
  };
  await refused(`${base}9.m4s`, "segment-not-found");
  await refused(`${base}p9.m4s`, "segment-not-found");
  await refused(`${base}nothing`, "segment-not-found");
  await refused(base.replace("/v0/", "/v9/") + "1.m4s", "segment-not-found");
  await refused("/m/forged/stream/v0/1.m4s", "grant-invalid");
  t.equal((await get(`${base}1.m4s`, { method: "HEAD" })).status, 200);
  t.equal((await get(`${base}index.m3u8?_HLS_msn=1`)).status, 200);
  h.sources[0]?.sink?.ended("no-data", "The tuner gives nothing.");
  await refused(`${base}1.m4s`, "playback-ended");
  t.equal(short(), 0);
});

t.test("at once: a part that is hinted at is waited for", async (t) => {
  const { h, base, get, short } = await rig(t);
  const held = get(`${base}p2.m4s`);
  for (let i = 0; i < 20; i++) await settle();
  h.packagers[0]?.sink.part(part("v0", 2, 2));
  t.equal((await held).status, 200);
  t.equal(short(), 0);
});

t.test("at once: no more than so many answers of one playback are open", async (t) => {
  const { h, base, get } = await rig(t);
  const held = Array.from({ length: 24 }, () => get(`${base}p2.m4s`));
  for (let i = 0; i < 50; i++) await settle();
  t.equal(JSON.parse((await get(`${base}1.m4s`)).body).code, "too-many-playbacks");
  h.packagers[0]?.sink.part(part("v0", 2, 2));
  for (const answer of held) t.equal((await answer).status, 200);
  t.equal((await get(`${base}1.m4s`)).status, 200);
});

t.test("T6: at once: an address that was passed on is refused in a third network", async (t) => {
  const { base, get, short } = await rig(t);
  const from = (localAddress: string): Promise<Answer> => get(`${base}1.m4s`, { localAddress });
  // 127.0.0.1 is at home here, and its neighbours are not.
  for (const address of ["127.0.0.1", "127.0.0.2", "127.0.0.1"]) t.equal((await from(address)).status, 200);
  t.equal(short(), 3);
  const refused = await from("127.0.0.3");
  t.same([refused.status, JSON.parse(refused.body).code], [403, "grant-elsewhere"]);
  t.equal((await from("127.0.0.2")).status, 200);
  t.equal(short(), 4);
});
