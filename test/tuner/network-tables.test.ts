import fc from "fast-check";
import t from "tap";
import { NetworkTables } from "../../src/tuner/network-tables.ts";
import { MuxTables, TABLE_PID } from "../../src/tuner/mux-tables.ts";
import { resolveNumbers } from "../../src/tuner/resolve-numbers.ts";
import { decodeBat } from "../../src/tuner/si/bat.ts";
import {
  descriptor,
  logicalChannelDescriptor,
  privateDataSpecifierDescriptor,
  serviceListDescriptor,
  TAG,
} from "../../src/tuner/si/descriptors.ts";
import { readLogicalChannels } from "../../src/tuner/si/logical-channels.ts";
import { loopLength, sealSection, uint16 } from "../../src/tuner/si/section.ts";
import type { Service } from "../../src/tuner/ports.ts";
import { multiplex } from "./feeding.ts";

const EACEM = privateDataSpecifierDescriptor(0x28);
const NORDIG = privateDataSpecifierDescriptor(0x29);
const DTG = privateDataSpecifierDescriptor(0x233a);
const entry = (serviceId: number, flagsAndNumber: number): Buffer =>
  Buffer.concat([uint16(serviceId), uint16(flagsAndNumber)]);

/** A NIT (0x40, 0x41) or BAT (0x4a) of one transport stream. */
function table(
  tableId: number,
  loop: Buffer,
  more: { extension?: number; version?: number; number?: number; last?: number; stream?: number } = {},
): Buffer {
  const { extension = 1, version = 1, number = 0, last = 0, stream = 5 } = more;
  const entryOf = Buffer.concat([uint16(stream), uint16(9), loopLength(0xf000, loop.length), loop]);
  const name = tableId === 0x4a ? descriptor(0x47, Buffer.from("Bouquet")) : Buffer.alloc(0);
  return sealSection(
    tableId,
    extension,
    { version, current: true, sectionNumber: number, lastSectionNumber: last },
    [loopLength(0xf000, name.length), name, loopLength(0xf000, entryOf.length), entryOf],
    true,
  );
}

t.test("channel numbers: what a tag means is said by the private_data_specifier before it", (t) => {
  const read = (...loop: Buffer[]) => readLogicalChannels(Buffer.concat(loop));
  const plain = descriptor(0x83, entry(1, 0xfc05), entry(2, 0x7c06));
  const five = { serviceId: 1, number: 5, visible: true };
  const hiddenSix = { serviceId: 2, number: 6, visible: false };
  t.same(read(EACEM, plain).lcns, [five, hiddenSix]);
  t.same(read(plain).lcns, [five, hiddenSix], "a forgotten specifier is EACEM's");
  t.same(
    read(NORDIG, descriptor(0x83, entry(1, 0xc000 | 5000))).lcns,
    [{ ...five, number: 5000 }],
    "14 bits",
  );
  const list = Buffer.concat([
    Buffer.from([1, 2]),
    Buffer.from("AB"),
    Buffer.from("fin"),
    Buffer.from([4]),
    entry(1, 0xfc07),
  ]);
  t.same(
    read(NORDIG, plain, descriptor(0x87, list)).lcns,
    [{ ...five, number: 7 }],
    "the second version counts",
  );
  t.same(
    read(DTG, plain, descriptor(0x87, list)).lcns,
    [five, { ...hiddenSix, visible: true }],
    "no flag in Britain",
  );
  t.same(read(EACEM, descriptor(0x88, entry(3, 0xfc05))).hdSimulcastLcns, [{ ...five, serviceId: 3 }]);
  t.same(read(privateDataSpecifierDescriptor(0x02), plain).lcns, [], "0x83 of BSkyB is something else");
  t.same(read(privateDataSpecifierDescriptor(0x02), plain, EACEM, plain).lcns, [five, hiddenSix]);
  t.end();
});

t.test("network tables: a NIT in parts, its next version, and those of other networks", (t) => {
  const network = new NetworkTables();
  const lcn = (number: number): Buffer =>
    Buffer.concat([EACEM, logicalChannelDescriptor([{ serviceId: 1, number, visible: true }])]);
  t.equal(network.pushNit(table(0x40, lcn(5), { last: 1 })), true);
  t.equal(network.hasNit, false);
  network.pushNit(table(0x40, lcn(6), { last: 1, number: 1, stream: 6 }));
  t.equal(network.hasNit, true);
  t.equal(network.pushNit(table(0x40, lcn(5), { last: 1 })), false, "repeated");
  t.equal(
    network.pushNit(table(0x41, lcn(50), { extension: 2, stream: 7 })),
    false,
    "another network changes no number",
  );
  t.same(
    network.streams().map(({ transportStreamId }) => transportStreamId),
    [5, 6, 7],
  );
  t.same(network.channel(9, 5, 1), { lcn: 5, visible: true, simulcastLcn: null });
  t.same(network.channel(9, 7, 1), { lcn: null, visible: true, simulcastLcn: null });
  network.pushNit(table(0x40, lcn(0), { version: 2 }));
  t.equal(network.channel(9, 5, 1).lcn, null, "0 is no number");
  t.end();
});

t.test("network tables: bouquets number what the network does not, when they agree", (t) => {
  const network = new NetworkTables();
  const lcns = (...channels: [serviceId: number, number: number][]): Buffer =>
    Buffer.concat([
      EACEM,
      logicalChannelDescriptor(channels.map(([serviceId, number]) => ({ serviceId, number, visible: true }))),
    ]);
  network.pushBat(table(0x4a, lcns([1, 11], [2, 12], [3, 13]), { extension: 100, last: 1 }));
  t.equal(network.batPending, true);
  network.pushBat(table(0x4a, Buffer.alloc(0), { extension: 100, number: 1, last: 1, stream: 6 }));
  t.equal(network.batPending, false);
  network.pushBat(table(0x4a, lcns([2, 99], [3, 13]), { extension: 101 }));
  network.pushNit(table(0x40, lcns([1, 1])));
  t.same(
    [1, 2, 3].map((serviceId) => network.channel(9, 5, serviceId).lcn),
    [1, null, 13],
  );
  t.end();
});

t.test(
  "BAT: name, services and numbers of each transport stream; through MuxTables on the SDT's PID",
  (t) => {
    const loop = Buffer.concat([
      serviceListDescriptor([{ serviceId: 1, serviceType: 1 }]),
      EACEM,
      logicalChannelDescriptor([{ serviceId: 1, number: 42, visible: true }]),
    ]);
    t.match(decodeBat(table(0x4a, loop)), {
      bouquetId: 1,
      bouquetName: "Bouquet",
      transportStreams: [
        {
          transportStreamId: 5,
          originalNetworkId: 9,
          services: [{ serviceId: 1, serviceType: 1 }],
          lcns: [{ serviceId: 1, number: 42 }],
        },
      ],
    });
    t.equal(decodeBat(table(0x40, loop)), null);
    const tables = new MuxTables(multiplex(1));
    t.same(tables.push(TABLE_PID.sdt, table(0x4a, loop)), [{ kind: "lineup" }]);
    t.same(tables.push(TABLE_PID.sdt, table(0x4a, loop)), []);
    t.end();
  },
);

t.test("BAT and channel numbers: any bytes, no crash", (t) => {
  const whole = table(0x4a, Buffer.concat([EACEM, descriptor(TAG.logicalChannel, entry(1, 0xfc01))]));
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(whole.length),
      fc.nat(255),
      (bytes, place, value) => {
        readLogicalChannels(Buffer.from(bytes));
        decodeBat(Buffer.from(bytes));
        const broken = Buffer.from(whole);
        if (place < broken.length) broken.writeUInt8(value, place);
        decodeBat(broken.subarray(0, broken.length - (value % 20)));
        const network = new NetworkTables();
        network.pushBat(broken);
        network.pushNit(broken);
        network.streams();
      },
    ),
    { numRuns: 1000 },
  );
  t.end();
});

t.test("HD simulcast: takes the number people know, and gives its own to the SD service", (t) => {
  const service = (serviceId: number, lcn: number | null, more: Partial<Service> = {}): Service => ({
    key: { originalNetworkId: 1, transportStreamId: 1, serviceId },
    multiplex: multiplex(1),
    name: `S${serviceId}`,
    provider: null,
    kind: "tv",
    lcn,
    visible: true,
    scrambled: false,
    onAir: true,
    ...more,
  });
  const numbers = (...services: Service[]): (number | null)[] =>
    resolveNumbers(services).map(({ lcn }) => lcn);
  t.same(numbers(service(1, 2), service(2, 102, { simulcastLcn: 2 }), service(3, 3)), [102, 2, 3]);
  t.same(
    numbers(service(1, 2), service(2, 102, { simulcastLcn: 2, onAir: false })),
    [2, 102],
    "both must be received",
  );
  t.same(numbers(service(1, 2), service(2, 2, { simulcastLcn: 2 })), [null, 2]);
  t.same(numbers(service(1, 2), service(2, null, { simulcastLcn: 2 })), [null, 2]);
  const abroad = { ...service(1, 2), key: { originalNetworkId: 8, transportStreamId: 1, serviceId: 1 } };
  t.same(
    numbers(abroad, service(2, 102, { simulcastLcn: 2 })),
    [2, 2],
    "another network's number is its own",
  );
  const all = [service(1, 2), service(2, 102, { simulcastLcn: 2 })];
  t.same(resolveNumbers(resolveNumbers(all)).map(({ lcn }) => lcn)[1], 2);
  t.end();
});
