import t from "tap";
import fc from "fast-check";
import {
  LONGEST_MESSAGE,
  RtspParser,
  type RtspReply,
} from "../../../../src/tuner/drivers/satip/rtsp-parser.ts";

interface Heard {
  readonly what: (RtspReply | { readonly channel: number; readonly bytes: string })[];
  skipped: number;
}

/** What is heard of bytes that come in pieces. */
function hear(bytes: Buffer, cuts: readonly number[] = []): Heard {
  const heard: Heard = { what: [], skipped: 0 };
  const parser = new RtspParser({
    reply: (reply) => heard.what.push(reply),
    frame: (channel, from, start, end) =>
      heard.what.push({ channel, bytes: from.toString("hex", start, end) }),
    skipped: (count) => void (heard.skipped += count),
  });
  let at = 0;
  for (const cut of [...cuts.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    // Whoever reads uses the buffer again: what is held back must be a copy.
    const chunk = Buffer.from(bytes.subarray(at, cut));
    parser.push(chunk);
    chunk.fill(0);
    at = cut;
  }
  return heard;
}

const frame = fc
  .record({ channel: fc.nat(1), payload: fc.uint8Array({ maxLength: 1400 }) })
  .map(({ channel, payload }) => {
    const body = Buffer.from(payload);
    if (body.length > 0) body[0] = (body[0]! & 0x3f) | 0x80;
    return {
      wire: Buffer.concat([Buffer.from([0x24, channel, body.length >> 8, body.length & 0xff]), body]),
      meant: { channel, bytes: body.toString("hex") },
    };
  });
const reply = fc
  .record({
    status: fc.integer({ min: 100, max: 599 }),
    body: fc.stringMatching(/^[ -~]{0,300}$/),
    cseq: fc.nat(),
  })
  .map(({ status, body, cseq }) => {
    const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
    const headers: [string, string][] = [["cseq", String(cseq)]];
    if (body !== "") headers.push(["content-length", String(body.length)]);
    return {
      wire: Buffer.from(`RTSP/1.0 ${status} Reason $ why\r\nCSeq: ${cseq}\r\n${length}\r\n${body}`),
      meant: { status, reason: "Reason $ why", headers: new Map(headers), body },
    };
  });
const conversation = fc.array(fc.oneof(frame, reply), { maxLength: 20 });

t.test("rtsp: replies and frames are told apart wherever the bytes are cut", (t) => {
  fc.assert(
    fc.property(conversation, fc.array(fc.nat(), { maxLength: 40 }), (messages, cuts) => {
      const heard = hear(Buffer.concat(messages.map((message) => message.wire)), cuts);
      t.same(
        heard.what,
        messages.map((message) => message.meant),
      );
      return heard.skipped === 0;
    }),
  );
  t.end();
});

t.test("rtsp: any bytes give replies, frames and skipped bytes, the same however they are cut", (t) => {
  const noise = fc.uint8Array({ maxLength: 600 }).map((bytes) => ({ wire: Buffer.from(bytes) }));
  const damaged = fc.array(fc.oneof(frame, reply, noise), { maxLength: 12 });
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 20 });
  fc.assert(
    fc.property(
      damaged,
      flips,
      fc.array(fc.nat(), { maxLength: 30 }),
      fc.nat(),
      (messages, bits, cuts, cut) => {
        const whole = Buffer.concat(messages.map((message) => message.wire));
        const bytes = whole.subarray(0, whole.length - (cut % 50));
        for (const [at, bit] of bits) if (bytes.length > 0) bytes[at % bytes.length]! ^= 1 << bit;
        const once = hear(bytes);
        t.same(hear(bytes, cuts), once);
        return once.skipped <= bytes.length;
      },
    ),
    { numRuns: 400 },
  );
  t.end();
});

t.test("rtsp: what never ends is not kept", (t) => {
  for (const start of [
    "RTSP/1.0 200 OK\r\n",
    "RTSP/1.0 200 OK\r\nContent-Length: 65536\r\n\r\n",
    "$\0\xff\xff\x80",
    "x",
  ]) {
    let most = 0;
    let replies = 0;
    const parser = new RtspParser({
      reply: () => replies++,
      frame: () => undefined,
      skipped: () => undefined,
    });
    parser.push(Buffer.from(start, "latin1"));
    for (let i = 0; i < 40; i++) {
      parser.push(Buffer.alloc(10_000, "a: b\n"));
      most = Math.max(most, parser.pending);
    }
    t.ok(most <= 2 * LONGEST_MESSAGE + 1000, `${most} bytes were held`);
  }
  const bad = hear(
    Buffer.from("RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\nRTSP/1.0 454 Gone\r\n\r\n"),
  );
  t.match(bad.what, [{ status: 454 }], "a body that is too long is none");
  t.end();
});

t.test("rtsp: frames are found again behind garbage", (t) => {
  const good = Buffer.from([0x24, 0, 0, 3, 0x80, 33, 7]);
  const garbage = Buffer.from([0x47, 0x24, 9, 0x24, 1, 0, 4, 0x11, 0x24]);
  const heard = hear(Buffer.concat([good, garbage, good, good]));
  t.same(heard, { what: Array(3).fill({ channel: 0, bytes: "802107" }), skipped: garbage.length });
  t.end();
});
