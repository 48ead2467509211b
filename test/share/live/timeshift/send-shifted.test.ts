import { request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import t from "tap";
import { sendProblem } from "../../../../src/http-server/problem.ts";
import { MediaSender } from "../../../../src/share/live/hls/send-media.ts";
import type { ShiftedBytes } from "../../../../src/share/live/timeshift/extent.ts";
import { silent } from "../../fakes.ts";
import { add, content, MB, rig, type Rig } from "./disks.ts";

const SIZE = 3 * MB + 17;
const LIMITS = { noProgress: 2000, inAll: 10_000 };

/** A segment that is on disk alone, under `/s`. */
async function served(
  t: Parameters<typeof rig>[0],
  limits = LIMITS,
  size = SIZE,
): Promise<{ r: Rig; app: FastifyInstance; sent: number[]; bytes: ShiftedBytes }> {
  const r = await rig(t, { memory: 4 * size, limit: 16 * size });
  for (let n = 1; n <= 8; n++) {
    add(r.store, n, size);
    await r.folder.idle();
  }
  const shifted = r.store.shifted("v0", 1);
  if (shifted === null) throw new Error("it is in memory");
  const sent: number[] = [];
  const app = fastify();
  t.teardown(() => app.close());
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, silent));
  const sender = new MediaSender(limits);
  app.get("/s", { exposeHeadRoute: true }, async (request, reply) => {
    const answer = {
      type: "video/mp4",
      cacheControl: "immutable",
      ranges: true,
      body: shifted.disk,
      sent: (bytes: number) => sent.push(bytes),
    };
    await sender.sendShifted(request.raw, reply.raw, answer, limits.inAll);
    return reply.hijack();
  });
  return { r, app, sent, bytes: shifted.disk };
}

t.test("send shifted: whole, in part, only the head, as from memory", async (t) => {
  const { r, app, sent } = await served(t);
  const all = content("v0", 1, SIZE);
  const whole = await app.inject("/s");
  t.equal(whole.statusCode, 200);
  t.ok(whole.rawPayload.equals(all));
  t.match(whole.headers, {
    "content-length": `${SIZE}`,
    "accept-ranges": "bytes",
    "content-type": "video/mp4",
  });
  const part = await app.inject({ url: "/s", headers: { range: "bytes=524280-1600000" } });
  t.equal(part.statusCode, 206);
  t.ok(part.rawPayload.equals(all.subarray(524_280, 1_600_001)));
  t.match(part.headers, { "content-range": `bytes 524280-1600000/${SIZE}`, "content-length": "1075721" });
  const last = await app.inject({ url: "/s", headers: { range: "bytes=-5" } });
  t.ok(last.rawPayload.equals(all.subarray(-5)));
  const bad = await app.inject({ url: "/s", headers: { range: `bytes=${SIZE}-` } });
  t.equal(bad.statusCode, 416);
  t.equal(bad.headers["content-range"], `bytes */${SIZE}`);
  const head = await app.inject({ method: "HEAD", url: "/s" });
  t.equal(head.headers["content-length"], `${SIZE}`);
  t.equal(head.body, "");
  t.same(sent, [SIZE, 1_075_721, 5, 0, 0]);
  t.equal(r.disk.readers, 0);
});

t.test("send shifted: a disk that does not give the first piece is told in words", async (t) => {
  const { r, app, sent } = await served(t);
  r.folder.fail("read", "EIO");
  const answer = await app.inject("/s");
  t.equal(answer.statusCode, 410);
  t.equal(answer.json().code, "segment-gone");
  t.same(sent, []);
  t.equal(r.disk.readers, 0);
});

t.test("send shifted: a disk that fails on the way cuts the answer off", async (t) => {
  const { r, app } = await served(t);
  await app.listen({ port: 0, host: "127.0.0.1" });
  const response = await get(app.server);
  r.folder.fail("read", "EIO");
  const { bytes, complete } = await takeAll(response);
  t.notOk(complete);
  t.ok(bytes.equals(content("v0", 1, SIZE).subarray(0, bytes.length)));
  await until(() => r.disk.readers === 0, "the reader is closed");
});

t.test("send shifted: a stalled receiver holds one piece and the file, until it is cut off", async (t) => {
  // More than the buffers of a loopback connection hold.
  const size = 16 * MB;
  const { r, app, sent } = await served(t, { noProgress: 400, inAll: 10_000 }, size);
  await app.listen({ port: 0, host: "127.0.0.1" });
  const memory = process.memoryUsage().arrayBuffers;
  const responses = await Promise.all(Array.from({ length: 4 }, () => get(app.server)));
  for (const response of responses) {
    response.pause();
    response.on("error", () => undefined);
  }
  t.equal(r.disk.readers, 4);
  r.store.close();
  await r.folder.idle();
  t.ok(r.onDisk() > 0, "the stream has ended, the file is still read");
  t.ok(process.memoryUsage().arrayBuffers - memory < size / 2, "they do not have the segment in memory");
  await until(() => r.disk.readers === 0, "they are cut off");
  t.equal(sent.length, 4);
  t.ok(
    sent.every((bytes) => bytes > 0 && bytes < size),
    "what was not sent is not counted",
  );
  await r.folder.idle();
  t.equal(r.onDisk(), 0);
  for (const response of responses) response.destroy();
});

t.test("send shifted: many at once each get their bytes", async (t) => {
  const { r, app } = await served(t);
  await app.listen({ port: 0, host: "127.0.0.1" });
  const all = content("v0", 1, SIZE);
  const answers = await Promise.all(Array.from({ length: 24 }, async () => takeAll(await get(app.server))));
  t.ok(answers.every(({ bytes }) => bytes.equals(all)));
  await until(() => r.disk.readers === 0, "all are done");
});

t.test("send shifted: who goes while the disk is slow leaves nothing behind", async (t) => {
  const { r, app } = await served(t);
  let go = (): void => undefined;
  r.folder.hold = new Promise((resolve) => (go = resolve));
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const request = httpRequest({ port, host: "127.0.0.1", path: "/s", agent: false });
  request.on("error", () => undefined);
  request.end();
  await until(() => r.disk.readers === 1, "it is being read");
  request.destroy();
  await until(() => r.disk.readers === 0, "it is given up");
  r.store.close();
  go();
  await r.folder.idle();
  t.equal(r.onDisk(), 0);
});

function get(server: Server): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    httpRequest({ port, host: "127.0.0.1", path: "/s", agent: false }, resolve).once("error", reject).end();
  });
}

/** What comes, and whether it was all. */
function takeAll(response: IncomingMessage): Promise<{ bytes: Buffer; complete: boolean }> {
  const chunks: Buffer[] = [];
  response.on("data", (chunk: Buffer) => chunks.push(chunk));
  response.on("error", () => undefined);
  return new Promise((resolve) => {
    response.once("close", () => resolve({ bytes: Buffer.concat(chunks), complete: response.complete }));
  });
}

async function until(test: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (test()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not in time: ${what}`);
}
