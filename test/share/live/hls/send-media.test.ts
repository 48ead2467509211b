import { request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import fc from "fast-check";
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import t from "tap";
import { parseMediaName } from "../../../../src/share/live/hls/media-names.ts";
import { MediaSender, parseRange, type MediaAnswer } from "../../../../src/share/live/hls/send-media.ts";
import { FakeBytes } from "../../fakes.ts";

t.test("send media: ranges as in RFC 9110 §14", (t) => {
  t.same(parseRange("bytes=0-9", 100), { from: 0, to: 10 });
  t.same(parseRange("bytes=90-", 100), { from: 90, to: 100 });
  t.same(parseRange("bytes=90-500", 100), { from: 90, to: 100 });
  t.same(parseRange("bytes=-5", 100), { from: 95, to: 100 });
  t.same(parseRange("bytes=-500", 100), { from: 0, to: 100 });
  t.equal(parseRange("bytes=100-", 100), "unsatisfiable");
  t.equal(parseRange("bytes=-0", 100), "unsatisfiable");
  for (const ignored of [undefined, "bytes=5-2", "bytes=-", "bytes=0-1,5-6", "items=0-1", ""])
    t.equal(parseRange(ignored, 100), null);
  t.end();
});

t.test("send media: whatever the header says, a range lies within the body", (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.tuple(fc.nat(200), fc.nat(200)).map(([a, b]) => `bytes=${a}-${b}`),
        fc.nat(200).map((n) => `bytes=-${n}`),
      ),
      fc.nat(150),
      (header, length) => {
        const range = parseRange(header, length);
        if (range === null || range === "unsatisfiable") return;
        if (!(0 <= range.from && range.from < range.to && range.to <= length)) throw new Error("outside");
      },
    ),
  );
  t.end();
});

t.test("send media: only the names that playlists hold are names", (t) => {
  t.same(parseMediaName("index.m3u8"), { kind: "playlist" });
  t.same(parseMediaName("init-2.mp4"), { kind: "init", version: 2 });
  t.same(parseMediaName("17.m4s"), { kind: "segment", sequence: 17 });
  t.same(parseMediaName("17.ts"), { kind: "segment", sequence: 17 });
  t.same(parseMediaName("p170.m4s"), { kind: "part", serial: 170 });
  for (const name of ["", "17.m4s.", "-1.m4s", "init-.mp4", "1e3.m4s", "../1.m4s", "9999999999999.m4s"])
    t.throws(() => parseMediaName(name), { code: "segment-not-found" });
  t.end();
});

t.test("send media: pieces leave as one body, whole, in part, and only the head", async (t) => {
  const body = new FakeBytes([Buffer.from("moof"), Buffer.from("mdat"), Buffer.from("mdat2")]);
  const sent: number[] = [];
  const app = fastify();
  t.teardown(() => app.close());
  app.get("/s", (request, reply) =>
    sendMedia(
      request,
      reply,
      {
        type: "video/mp4",
        cacheControl: "immutable",
        ranges: true,
        body,
        sent: (bytes) => sent.push(bytes),
      },
      { noProgress: 1000, inAll: 10_000 },
    ),
  );
  const whole = await app.inject("/s");
  t.equal(whole.statusCode, 200);
  t.equal(whole.body, "moofmdatmdat2");
  t.match(whole.headers, { "content-length": "13", "accept-ranges": "bytes", "content-type": "video/mp4" });
  const part = await app.inject({ url: "/s", headers: { range: "bytes=2-9" } });
  t.equal(part.statusCode, 206);
  t.equal(part.body, "ofmdatmd");
  t.match(part.headers, { "content-length": "8", "content-range": "bytes 2-9/13" });
  const bad = await app.inject({ url: "/s", headers: { range: "bytes=13-" } });
  t.equal(bad.statusCode, 416);
  t.equal(bad.headers["content-range"], "bytes */13");
  const head = await app.inject({ method: "HEAD", url: "/s" });
  t.equal(head.statusCode, 200);
  t.equal(head.body, "");
  t.equal(head.headers["content-length"], "13");
  t.same(sent, [13, 8, 0, 0]);
  t.equal(body.references, 1, "every answer gave its reference back");
});

t.test(
  "send media: a stalled reader holds its bytes until it is cut off, and never gets recycled ones",
  async (t) => {
    // More than the buffers of a loopback connection hold.
    const body = new FakeBytes(Array.from({ length: 32 }, (_, i) => Buffer.alloc(1024 * 1024, i + 1)));
    let sent = -1;
    const app = fastify();
    t.teardown(() => app.close());
    app.get("/s", (request, reply) =>
      sendMedia(
        request,
        reply,
        { type: "video/mp4", cacheControl: "", ranges: false, body, sent: (bytes) => (sent = bytes) },
        { noProgress: 300, inAll: 10_000 },
      ),
    );
    await app.listen({ port: 0, host: "127.0.0.1" });
    const response = await get(app.server);
    response.pause();
    const chunks: Buffer[] = [];
    await until(() => body.references === 2, "the answer took its reference");
    body.release(); // the store lets the segment go while the reader is stuck
    t.equal(body.references, 1, "the answer still holds it");
    await until(() => body.references === 0, "the stalled reader is cut off");
    t.ok(sent >= 0 && sent < body.length, "what was not sent is not counted");
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.once("error", () => undefined); // it was cut off
    const closed = new Promise((resolve) => response.once("close", resolve));
    response.resume();
    await closed;
    const got = Buffer.concat(chunks);
    t.ok(got.length > 0 && got.length < body.length);
    const wrong = got.findIndex((byte, at) => byte !== Math.floor(at / (1024 * 1024)) + 1);
    t.equal(wrong, -1, "every byte is of the segment that was asked for");
  },
);

t.test("send media: a slow reader that makes progress is not cut off", async (t) => {
  const body = new FakeBytes([Buffer.alloc(24 * 1024 * 1024, 7)]);
  const app = fastify();
  t.teardown(() => app.close());
  app.get("/s", (request, reply) =>
    sendMedia(request, reply, plain(body), { noProgress: 400, inAll: 10_000 }),
  );
  await app.listen({ port: 0, host: "127.0.0.1" });
  const response = await get(app.server);
  let received = 0;
  let pauses = 0;
  await new Promise<void>((resolve, reject) => {
    response.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received / (4 * 1024 * 1024) < pauses + 1 || pauses >= 4) return;
      pauses++;
      response.pause();
      setTimeout(() => response.resume(), 250);
    });
    response.once("end", resolve);
    response.once("error", reject);
  });
  t.equal(received, body.length);
  t.equal(pauses, 4);
  await until(() => body.references === 1, "the answer gave its reference back");
});

t.test("send media: a reader that trickles is cut off in the end", async (t) => {
  const body = new FakeBytes([Buffer.alloc(32 * 1024 * 1024, 7)]);
  const app = fastify();
  t.teardown(() => app.close());
  app.get("/s", (request, reply) =>
    sendMedia(request, reply, plain(body), { noProgress: 10_000, inAll: 500 }),
  );
  await app.listen({ port: 0, host: "127.0.0.1" });
  const response = await get(app.server);
  response.once("error", () => undefined);
  const closed = new Promise((resolve) => response.once("close", resolve));
  response.pause();
  const trickle = setInterval(() => response.read(16 * 1024), 50);
  await until(() => body.references === 2, "it has begun");
  await until(() => body.references === 1, "it is cut off");
  clearInterval(trickle);
  response.resume();
  await closed;
  t.notOk(response.complete);
});

t.test(
  "send media: answers that wait behind another give back their bytes with the connection",
  async (t) => {
    const body = new FakeBytes([Buffer.alloc(32 * 1024 * 1024, 7)]);
    const app = fastify();
    t.teardown(() => app.close());
    let calls = 0;
    app.get("/s", (request, reply) =>
      sendMedia(
        request,
        reply,
        { ...plain(body), sent: () => calls++ },
        { noProgress: 10_000, inAll: 10_000 },
      ),
    );
    await app.listen({ port: 0, host: "127.0.0.1" });
    const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("GET /s HTTP/1.1\r\nhost: box\r\n\r\n".repeat(12));
    await until(() => body.references > 2, "several were asked for");
    const asked = body.references - 1;
    socket.destroy();
    await until(() => body.references === 1, "all gave their reference back");
    t.ok(calls >= asked, "and each was booked");
  },
);

function sendMedia(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: MediaAnswer,
  { noProgress, inAll }: { noProgress: number; inAll: number },
): FastifyReply {
  void reply.hijack();
  new MediaSender({ noProgress }).send(request.raw, reply.raw, answer, inAll);
  return reply;
}

function plain(body: FakeBytes): MediaAnswer {
  return { type: "video/mp4", cacheControl: "", ranges: false, body };
}

function get(server: Server): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    httpRequest({ port, host: "127.0.0.1", path: "/s", agent: false }, resolve).once("error", reject).end();
  });
}

async function until(test: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (test()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not in time: ${what}`);
}
