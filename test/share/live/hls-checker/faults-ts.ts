import { PICTURES } from "./fake-ts.ts";
import { inPacket, type Fault } from "./fault.ts";

/** TS segments. */
export const TS_FAULTS: readonly Fault[] = [
  { rule: "TS-01", what: "no sync byte", ...inPacket(9, (packet) => packet.writeUInt8(0)) },
  {
    rule: "TS-02",
    what: "a packet that is marked as damaged",
    ...inPacket(9, (packet) => packet.writeUInt8((packet[1] ?? 0) | 0x80, 1)),
  },
  {
    rule: "TS-03",
    what: "a null packet",
    container: "ts",
    bytes: (b, { what, msn }) =>
      what === "segment" && msn === 108
        ? Buffer.concat([b, Buffer.from([0x47, 0x1f, 0xff, 0x10]), Buffer.alloc(184)])
        : b,
  },
  {
    rule: "TS-04",
    what: "a continuity counter that jumps",
    ...inPacket(2 + PICTURES - 1, (packet) =>
      packet.writeUInt8(((packet[3] ?? 0) & 0xf0) | (((packet[3] ?? 0) + 3) & 15), 3),
    ),
  },
  {
    rule: "TS-05",
    what: "a scrambled packet",
    ...inPacket(9, (packet) => packet.writeUInt8((packet[3] ?? 0) | 0x80, 3)),
  },
  {
    rule: "TS-06",
    what: "a table with a wrong CRC",
    ...inPacket(1, (packet) => packet.writeUInt8(0xe2, 4 + 1 + 13)),
  },
  {
    rule: "TS-07",
    what: "a segment that does not begin with its tables",
    container: "ts",
    bytes: (b, { what, msn }) =>
      what === "segment" && msn === 108 ? Buffer.concat([b.subarray(376), b.subarray(0, 376)]) : b,
  },
  { rule: "TS-08", what: "a DTS without a PTS", ...inPacket(9, (packet) => packet.writeUInt8(0x40, 88 + 7)) },
];
