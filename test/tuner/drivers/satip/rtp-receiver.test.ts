import t from "tap";
import fc from "fast-check";
import { parseStatus, readStatus, signalOf } from "../../../../src/tuner/drivers/satip/rtcp-status.ts";
import { RtpReceiver } from "../../../../src/tuner/drivers/satip/rtp-receiver.ts";
import { watch, type StreamFacts } from "../../../../src/tuner/drivers/satip/watchdog.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { satipReport } from "../../../helpers/satip-packets.ts";
import { FIRST, NotingSink, PIDS, streamOf } from "./satip-fixtures.ts";
import type { Broadcast } from "../../../../src/tuner/drivers/satip/query.ts";

const DELIVERY = FIRST.delivery as Broadcast;
const STREAM = streamOf(PIDS, 0xaa);

function rtp(sequence: number, payload = STREAM.subarray(0, 7 * 188), type = 33): Buffer {
  const head = Buffer.alloc(12);
  head.set([0x80, type]);
  head.writeUInt16BE(sequence & 0xffff, 2);
  return Buffer.concat([head, payload]);
}

const report = (query: string, locked = true): Buffer =>
  satipReport(new URLSearchParams(query), locked, false);

t.test("satip: the front end's report becomes a signal", (t) => {
  const status = readStatus(report("freq=11494&pol=h"));
  t.same(status, {
    frontend: 1,
    level: 224,
    locked: true,
    quality: 15,
    frequencyMHz: 11_494,
    polarisation: "h",
  });
  t.same(signalOf(status, true), { locked: true, strength: -25, cnr: null, quality: 1 });
  t.equal(
    signalOf(parseStatus("ver=1.1;tuner=2,32,1,3,514.00,8,dvbt,8k,64qam,132,23;pids=0"), true).strength,
    -65,
  );
  t.equal(signalOf(parseStatus("ver=1.1;tuner=2,32,1,3"), true).quality, 0.2);
  t.same(signalOf(parseStatus("tuner=1,0,1,0,514"), true), {
    locked: true,
    strength: null,
    cnr: null,
    quality: null,
  });
  t.equal(
    signalOf(parseStatus("tuner=1,0,0,0,514"), false).quality,
    0,
    "without a lock 0 means what it says",
  );
  t.match(parseStatus("ver=1.0;src=1;tuner=,,,;pids="), {
    frontend: null,
    level: 0,
    locked: false,
    quality: 0,
  });
  t.equal(parseStatus("pids=0"), null);
  t.end();
});

t.test("satip: any RTCP is a report within bounds, or none", (t) => {
  const good = report("freq=11494");
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 10 }),
      fc.nat(good.length),
      (changes, length) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        const status = readStatus(bytes, 0, length);
        return status === null || (status.level <= 255 && status.quality <= 15);
      },
    ),
    { numRuns: 1000 },
  );
  t.end();
});

t.test("satip: packets of the multiplex before are discarded until the new one's first", (t) => {
  const clock = new FakeClock();
  const receiver = new RtpReceiver(clock);
  const old = new NotingSink();
  receiver.begin(DELIVERY, old);
  receiver.open(0, null);
  receiver.rtp(rtp(100));
  t.equal(old.packetsSeen, 7);
  const sink = new NotingSink();
  receiver.begin(DELIVERY, sink);
  receiver.rtp(rtp(101));
  receiver.rtcp(report("freq=11494&pol=h"));
  t.equal(receiver.status, null, "what comes before the reply is of the old one");
  receiver.open(200, 104);
  receiver.rtp(rtp(102));
  receiver.rtcp(report("freq=10744&pol=h"));
  receiver.rtcp(report("freq=11494&pol=v"));
  t.equal(receiver.status, null, "a report of another multiplex is not ours");
  receiver.rtp(rtp(103));
  t.equal(sink.packetsSeen, 0);
  receiver.rtp(rtp(104));
  t.equal(sink.packetsSeen, 7);
  t.equal(old.packetsSeen, 7);

  receiver.begin(DELIVERY, sink);
  receiver.open(200, null);
  receiver.rtp(rtp(105));
  t.equal(sink.packetsSeen, 7, "without a number the server's report tells");
  receiver.rtcp(report("freq=11494.2&pol=h", false));
  receiver.rtp(rtp(106));
  t.equal(sink.packetsSeen, 14);

  receiver.begin(DELIVERY, sink);
  receiver.open(200, 60_000);
  receiver.rtp(rtp(107));
  clock.advance(200);
  receiver.rtp(rtp(108));
  t.equal(sink.packetsSeen, 21, "a number that never comes does not hold for ever");
  t.equal(receiver.counters.lost, 0);
  t.end();
});

t.test("satip: what carries no transport packets is no data", (t) => {
  const receiver = new RtpReceiver(new FakeClock());
  const sink = new NotingSink();
  let signs = 0;
  const counting = new RtpReceiver(new FakeClock(), () => signs++);
  for (const each of [receiver, counting]) {
    each.begin(DELIVERY, sink);
    each.open(0, null);
    each.rtp(rtp(1, Buffer.alloc(0)));
    each.rtp(rtp(2, Buffer.alloc(100, 0x47)));
    each.rtp(rtp(3, STREAM.subarray(0, 188), 96));
    each.rtp(Buffer.alloc(5));
  }
  t.same([sink.packetsSeen, sink.syncLosses, signs, receiver.payloadAt], [0, 0, 0, -1]);
  t.equal(receiver.anythingAt, 0, "but a sign of life");
  receiver.rtp(rtp(3, Buffer.alloc(376, 0x48)));
  t.equal(sink.syncLosses, 1, "packets without their sync bytes are told");
  receiver.rtp(rtp(4));
  receiver.rtp(rtp(6));
  receiver.rtp(rtp(6));
  receiver.rtp(rtp(5));
  t.same([sink.packetsSeen, sink.overflows], [14, 1], "late and doubled ones are not delivered");
  t.match(receiver.counters, { lost: 0, reordered: 1, duplicates: 1 });
  receiver.end();
  receiver.rtp(rtp(7));
  t.equal(sink.packetsSeen, 14);
  t.end();
});

t.test("satip: what is done about a stream without packets", (t) => {
  const facts = (over: Partial<StreamFacts>): StreamFacts => ({
    now: 10_000,
    since: 0,
    payloadAt: 8000,
    anythingAt: 9900,
    locked: true,
    connected: true,
    interleaved: false,
    wantsPackets: true,
    ...over,
  });
  const action = (...args: Parameters<typeof watch>): string => watch(...args).action;
  t.equal(action("nothing", facts({ payloadAt: 9500 })), "none");
  t.equal(action("nothing", facts({ since: 8500 })), "play");
  t.equal(action("play", facts({ since: 8500 })), "setup");
  t.equal(action("setup", facts({ since: 8500 })), "no-data");
  t.equal(action("setup", facts({ since: 7000 })), "play", "packets came since: it is a new fault");
  t.equal(action("nothing", facts({ locked: false })), "none", "no signal is the session's to see");
  t.equal(action("nothing", facts({ locked: false, anythingAt: 8900 })), "setup", "silence is not");
  t.equal(action("setup", facts({ locked: false, anythingAt: 8000, since: 8500 })), "none", "once");
  t.equal(action("nothing", facts({ wantsPackets: false })), "none");
  t.equal(
    action("nothing", facts({ connected: false, payloadAt: 9700 })),
    "none",
    "UDP goes on without a connection",
  );
  t.equal(action("nothing", facts({ connected: false, payloadAt: 9500, anythingAt: 9500 })), "setup");
  t.equal(action("nothing", facts({ connected: false, payloadAt: 9990, interleaved: true })), "setup");
  t.end();
});
