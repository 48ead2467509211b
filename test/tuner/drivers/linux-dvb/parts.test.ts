import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { DeviceError } from "../../../../src/tuner/drivers/linux-dvb/front-end.ts";
import { failureOf } from "../../../../src/tuner/drivers/linux-dvb/device-failure.ts";
import { findFrontends } from "../../../../src/tuner/drivers/linux-dvb/device-nodes.ts";
import { PacketAligner } from "../../../../src/tuner/drivers/linux-dvb/packet-aligner.ts";
import { RingReader, RingWriter, shareMemory } from "../../../../src/tuner/drivers/linux-dvb/packet-ring.ts";
import { PidFilters } from "../../../../src/tuner/drivers/linux-dvb/pid-filters.ts";
import { SignalMeter, type Reading } from "../../../../src/tuner/drivers/linux-dvb/statistics.ts";
import { temporaryFolder } from "../../../helpers/temporary.ts";

// ---------------------------------------------------------------- PID filters

const WHOLE = 0x2000;

/** A demultiplexer with so many filters, which may refuse the whole stream. */
function demultiplexer(filters: number, whole = true) {
  const open = new Map<number, number>();
  const calls: string[] = [];
  let next = 10;
  const port = {
    add(pid: number): number {
      if (pid === WHOLE && !whole) return -22;
      if (open.size >= filters) return -24;
      open.set(++next, pid);
      calls.push(`+${pid}`);
      return next;
    },
    remove(descriptor: number): void {
      calls.push(`-${open.get(descriptor)}`);
      open.delete(descriptor);
    },
  };
  return {
    filters: new PidFilters(port),
    open,
    calls,
    delivered: () => [...open.values()].sort((a, b) => a - b),
  };
}

t.test("dvb filters: new PIDs come before old ones go, and those that stay are not touched", (t) => {
  const { filters, calls, delivered } = demultiplexer(32);
  t.equal(filters.set(new Set([0, 17, 256])), "filtered");
  calls.length = 0;
  t.equal(filters.set(new Set([0, 256, 512])), "filtered");
  t.same(calls, ["+512", "-17"]);
  t.same(delivered(), [0, 256, 512]);
  calls.length = 0;
  t.equal(filters.set("all"), "whole");
  t.same(calls, [`+${WHOLE}`, "-0", "-256", "-512"]);
  filters.clear();
  t.same(delivered(), []);
  t.end();
});

t.test("dvb filters: when they run out the whole stream comes, until fewer are wanted", (t) => {
  const { filters, delivered } = demultiplexer(4);
  t.equal(filters.set(new Set([1, 2, 3, 4, 5])), "whole");
  t.same(delivered(), [WHOLE]);
  t.equal(filters.set(new Set([1, 2, 3, 4, 5, 6])), "whole");
  t.equal(filters.set(new Set([1, 2])), "filtered");
  t.same(delivered(), [1, 2]);
  t.end();
});

t.test("dvb filters: without a whole stream as many PIDs as there are filters, and it is said", (t) => {
  const few = demultiplexer(2, false);
  t.equal(few.filters.set("all"), "refused");
  t.equal(few.filters.set(new Set([1, 2, 3])), "partial");
  t.equal(few.delivered().length, 2);
  t.equal(few.filters.set(new Set([3, 4])), "filtered", "what is not wanted any more makes room");
  t.same(few.delivered(), [3, 4]);
  const none = demultiplexer(0, false);
  t.equal(none.filters.set(new Set([1])), "refused");
  t.end();
});

t.test("dvb filters: whatever is wanted, all of it is delivered or it is said", (t) => {
  const wish = fc.oneof(
    fc.constant("all" as const),
    fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 8 }).map((pids) => new Set(pids)),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 6 }),
      fc.boolean(),
      fc.array(wish, { maxLength: 12 }),
      (count, whole, wishes) => {
        const { filters, delivered } = demultiplexer(count, whole);
        return wishes.every((wanted) => {
          const outcome = filters.set(wanted);
          const now = delivered();
          switch (outcome) {
            case "whole":
              return now.length === 1 && now[0] === WHOLE;
            case "filtered":
              return wanted !== "all" && now.length === wanted.size && now.every((pid) => wanted.has(pid));
            case "partial":
              return (
                wanted !== "all" &&
                now.length === count &&
                now.every((pid) => wanted.has(pid)) &&
                wanted.size > count
              );
            case "refused":
              return now.length === 0 && (!whole || count === 0);
          }
        });
      },
    ),
  );
  t.end();
});

// ---------------------------------------------------------------- aligner

const packet = (n: number): Buffer => {
  const bytes = Buffer.alloc(188, n & 0x3f);
  bytes[0] = 0x47;
  bytes.writeUInt16BE(n & 0x1fff, 1);
  return bytes;
};

/** Pushes bytes in pieces, and says what came out. */
function align(bytes: Buffer, pieces: readonly number[], size = 4096) {
  const aligner = new PacketAligner(size);
  const out: Buffer[] = [];
  let skips = 0;
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const count = Math.min(bytes.length - at, pieces[i % pieces.length]!, size);
    bytes.copy(aligner.space(size), 0, at, at + count);
    at += count;
    aligner.push(
      count,
      (from, offset, packets) => out.push(Buffer.from(from.subarray(offset, offset + packets * 188))),
      () => skips++,
    );
  }
  return { bytes: Buffer.concat(out), skips };
}

const STREAM = Buffer.concat(Array.from({ length: 60 }, (_, i) => packet(i)));

t.test("dvb aligner: packets come out whole, however they came in", (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 8 }), (pieces) => {
      const { bytes, skips } = align(STREAM, pieces);
      return skips === 0 && bytes.equals(STREAM);
    }),
  );
  t.end();
});

t.test("dvb aligner: lost bytes cost what they touch, and are told", (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 188, max: STREAM.length - 188 * 20 }),
      fc.integer({ min: 1, max: 187 }),
      fc.array(fc.integer({ min: 100, max: 1500 }), { minLength: 1, maxLength: 5 }),
      (at, count, pieces) => {
        const broken = Buffer.concat([STREAM.subarray(0, at), STREAM.subarray(at + count)]);
        const { bytes, skips } = align(broken, pieces);
        const tail = STREAM.subarray((Math.ceil((at + count) / 188) + 1) * 188);
        return skips >= 1 && bytes.length % 188 === 0 && bytes.includes(tail);
      },
    ),
  );
  const noise = Buffer.alloc(20_000, 0x11);
  t.equal(align(noise, [3000]).bytes.length, 0);
  t.ok(align(Buffer.concat([noise, STREAM]), [777]).bytes.equals(STREAM));
  t.end();
});

// ---------------------------------------------------------------- ring

t.test("dvb ring: what goes in comes out, in order, over the edge too", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      (batches, every) => {
        const memory = shareMemory(8);
        const writer = new RingWriter(memory);
        const reader = new RingReader(memory);
        const went: Buffer[] = [];
        const came: Buffer[] = [];
        let n = 0;
        for (const [i, batch] of batches.entries()) {
          const packets = Math.min(batch, writer.room);
          const bytes = Buffer.concat(Array.from({ length: packets }, () => packet(n++)));
          went.push(bytes);
          writer.write(bytes, 0, packets);
          if (i % every === 0) reader.read(writer.at, (chunk) => came.push(Buffer.from(chunk)));
        }
        reader.read(writer.at, (chunk) => came.push(Buffer.from(chunk)));
        return Buffer.concat(came).equals(Buffer.concat(went)) && writer.room === 7;
      },
    ),
  );
  t.ok(new RingReader(shareMemory()).capacity * 188 >= 8 * 1024 * 1024, "8 MiB");
  t.end();
});

// ---------------------------------------------------------------- statistics

const NOTHING: Reading = {
  locked: true,
  strength: null,
  cnr: null,
  errorBits: null,
  totalBits: null,
  errorBlocks: null,
  legacyStrength: null,
  legacyBlocks: null,
};
const count = (value: number) => ({ scale: "counter" as const, value: BigInt(value) });

t.test("dvb statistics: units as the driver has them, older calls where it has none", (t) => {
  const meter = new SignalMeter();
  t.match(
    meter.take({
      ...NOTHING,
      strength: { scale: "decibel", value: -61.5 },
      cnr: { scale: "decibel", value: 24.5 },
    }),
    { locked: true, strength: -61.5, cnr: 24.5, quality: null, bitErrorRatio: null, uncorrectedBlocks: null },
  );
  t.match(
    meter.take({
      ...NOTHING,
      strength: { scale: "relative", value: 0.75 },
      cnr: { scale: "relative", value: 0.5 },
    }),
    { strength: null, cnr: null, quality: 0.5 },
  );
  t.match(meter.take({ ...NOTHING, legacyStrength: 0xffff }), { quality: 1 });
  t.end();
});

t.test("dvb statistics: counters are read by their steps", (t) => {
  const meter = new SignalMeter();
  const at = (errors: number, total: number, blocks: number) =>
    meter.take({ ...NOTHING, errorBits: count(errors), totalBits: count(total), errorBlocks: count(blocks) });
  t.match(at(1000, 5_000_000, 40), { bitErrorRatio: null, uncorrectedBlocks: 0 });
  t.match(at(1010, 6_000_000, 43), { bitErrorRatio: 1e-5, uncorrectedBlocks: 3 });
  t.match(at(1010, 6_000_000, 43), { bitErrorRatio: 1e-5 }, "the driver has not counted on");
  t.match(at(5, 1000, 2), { bitErrorRatio: null, uncorrectedBlocks: 5 }, "its counters began again");
  meter.reset();
  t.match(at(5, 2000, 2), { bitErrorRatio: null, uncorrectedBlocks: 0 });
  t.match(new SignalMeter().take({ ...NOTHING, legacyBlocks: 7 }), { uncorrectedBlocks: 0 });
  t.end();
});

// ---------------------------------------------------------------- devices

t.test("dvb devices: the place where it is plugged in is the identity, not the number", async (t) => {
  const folder = await temporaryFolder(t);
  const folders = { devices: join(folder, "dvb"), sysfs: join(folder, "sys/class/dvb") };
  const plug = (adapter: number, nodes: string[], place: string | null): void => {
    mkdirSync(join(folders.devices, `adapter${adapter}`), { recursive: true });
    for (const node of nodes) writeFileSync(join(folders.devices, `adapter${adapter}`, node), "");
    if (place === null) return;
    mkdirSync(folders.sysfs, { recursive: true });
    for (const node of nodes)
      symlinkSync(
        `../../devices/${place}/dvb/dvb${adapter}.${node}`,
        join(folders.sysfs, `dvb${adapter}.${node}`),
      );
  };
  t.same(await findFrontends(folders), [], "there is no folder");
  plug(3, ["frontend0", "demux0", "dvr0"], "pci0000:00/0000:00:14.0/usb1/1-1/1-1.4");
  plug(1, ["frontend0", "demux0", "dvr0"], "pci0000:00/0000:00:1c.0/0000:03:00.0");
  plug(2, ["frontend0", "demux0", "dvr0"], "pci0000:00/0000:00:1c.0/0000:03:00.0");
  plug(0, ["frontend0", "frontend1", "demux0", "dvr0", "net0"], null);
  plug(10, ["ca0"], null);
  writeFileSync(join(folders.devices, "adapterX"), "");
  const found = await findFrontends(folders);
  t.same(
    found.map(({ id, bus }) => [id, bus]),
    [
      ["dvb-0", null],
      ["dvb-0.1", null],
      ["dvb-pci-0000:03:00.0", "pci 0000:03:00.0"],
      ["dvb-pci-0000:03:00.0.1", "pci 0000:03:00.0"],
      ["dvb-usb-1-1.4", "usb 1-1.4"],
    ],
  );
  t.match(found[1]!.nodes, {
    frontend: join(folders.devices, "adapter0/frontend1"),
    demux: join(folders.devices, "adapter0/demux0"),
    dvr: join(folders.devices, "adapter0/dvr0"),
  });
});

t.test("dvb devices: every failure has its code, and no path", (t) => {
  const of = (call: string, errno: number) => failureOf(new DeviceError(call, errno), 1);
  t.equal(of("open", 16).code, "device-busy");
  t.equal(of("open", 13).code, "device-gone");
  t.match(of("open", 13).message, /video/);
  t.equal(of("open", 2).code, "device-gone");
  t.equal(of("FE_SET_PROPERTY", 22).code, "unsupported");
  t.match(of("FE_DISEQC_SEND_MASTER_CMD", 110).message, /dish/);
  t.equal(of("read", 19).code, "device-gone");
  for (let errno = 1; errno < 140; errno++)
    for (const call of ["open", "read", "poll", "FE_SET_PROPERTY", "FE_READ_STATUS", "FE_SET_TONE"])
      if (of(call, errno).message.includes("/")) t.fail(`${call} ${errno} names a path`);
  t.end();
});
