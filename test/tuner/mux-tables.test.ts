import t from "tap";
import fc from "fast-check";
import { MuxTables, TABLE_PID } from "../../src/tuner/mux-tables.ts";
import { encodePat } from "../../src/tuner/si/pat.ts";
import { encodePmt } from "../../src/tuner/si/pmt.ts";
import { encodeTdt } from "../../src/tuner/si/tdt.ts";
import { caDescriptor } from "../../src/tuner/si/descriptors.ts";
import { multiplex } from "./feeding.ts";

const HEADER = { version: 1, current: true, sectionNumber: 0, lastSectionNumber: 0 };
const NONE = Buffer.alloc(0);
const pat = (programs: readonly { serviceId: number; pid: number }[], rest: Partial<typeof HEADER> = {}) =>
  encodePat({ ...HEADER, ...rest, transportStreamId: 5, networkPid: null, programs });
const pmt = (serviceId: number, streamTypes: readonly number[], descriptors: Buffer = NONE) =>
  encodePmt({
    serviceId,
    version: 1,
    current: true,
    pcrPid: 256,
    descriptors,
    streams: streamTypes.map((streamType, i) => ({ streamType, pid: 256 + i, descriptors: NONE })),
  });

t.test("mux-tables: without SDT services go by their numbers, in network 0", (t) => {
  const tables = new MuxTables(multiplex(1));
  tables.push(TABLE_PID.pat, pat([{ serviceId: 9, pid: 100 }]));
  t.match(tables.services(), [
    {
      key: { originalNetworkId: 0, transportStreamId: 5, serviceId: 9 },
      name: "Service 9",
      onAir: false,
      lcn: null,
    },
  ]);
  tables.push(100, pmt(9, [0x03]));
  t.match(tables.services(), [{ onAir: true, kind: "radio", scrambled: false }]);
  t.end();
});

t.test("mux-tables: a PAT counts when all its sections are there, and its next version replaces it", (t) => {
  const tables = new MuxTables(multiplex(1));
  t.same(tables.push(TABLE_PID.pat, pat([{ serviceId: 1, pid: 100 }], { lastSectionNumber: 1 })), []);
  t.equal(tables.hasPat, false);
  tables.push(TABLE_PID.pat, pat([{ serviceId: 2, pid: 101 }], { lastSectionNumber: 1, sectionNumber: 1 }));
  t.same([...tables.programs.keys()], [1, 2]);
  t.same(tables.push(TABLE_PID.pat, pat([{ serviceId: 3, pid: 102 }], { version: 2, current: false })), []);
  tables.push(TABLE_PID.pat, pat([{ serviceId: 3, pid: 102 }], { version: 2 }));
  t.same([...tables.programs.keys()], [3]);
  t.end();
});

t.test(
  "mux-tables: a repeated PMT changes nothing, another ECM PID neither, another stream type does",
  (t) => {
    const tables = new MuxTables(multiplex(1));
    tables.push(TABLE_PID.pat, pat([{ serviceId: 9, pid: 100 }]));
    const kinds = (section: Buffer): string[] => tables.push(100, section).map((change) => change.kind);
    t.same(kinds(pmt(9, [0x1b, 0x03], caDescriptor(0x500, 700))), ["streams", "lineup"]);
    t.same(kinds(pmt(9, [0x1b, 0x03], caDescriptor(0x500, 700))), []);
    t.same(kinds(pmt(9, [0x1b, 0x03], caDescriptor(0x500, 701))), []);
    t.same(kinds(pmt(9, [0x24, 0x03], caDescriptor(0x500, 701))), ["streams", "lineup"]);
    t.same(kinds(pmt(9, [0x1b, 0x03], caDescriptor(0x500, 700))), ["streams", "lineup"], "and back");
    t.equal(tables.services()[0]!.scrambled, true);
    t.same(tables.push(101, pmt(9, [0x02])), [], "on a PID that the PAT does not name");
    t.end();
  },
);

t.test("mux-tables: the broadcast time is kept", (t) => {
  const tables = new MuxTables(multiplex(1));
  t.equal(tables.broadcastTime, null);
  tables.push(TABLE_PID.tdt, encodeTdt({ utc: Date.UTC(2026, 10, 20, 12, 34, 56) }));
  t.equal(tables.broadcastTime, Date.UTC(2026, 10, 20, 12, 34, 56));
  t.end();
});

t.test("mux-tables: any bytes on any PID give no more than changes", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(0, 16, 17, 18, 20, 100), fc.uint8Array({ maxLength: 200 })), {
        maxLength: 30,
      }),
      (sections) => {
        const tables = new MuxTables(multiplex(1));
        tables.push(TABLE_PID.pat, pat([{ serviceId: 9, pid: 100 }]));
        for (const [pid, bytes] of sections) {
          const section = Buffer.from(bytes);
          // Make it likely that the header is believed.
          if (section.length > 12) {
            section[0] = { 0: 0, 16: 0x40, 17: 0x42, 18: 0x4e, 20: 0x70, 100: 2 }[pid]!;
            section.writeUInt16BE(0xb000 | (section.length - 3), 1);
          }
          tables.push(pid, section);
        }
        tables.services();
        tables.takeEvents(100);
      },
    ),
  );
  t.end();
});
