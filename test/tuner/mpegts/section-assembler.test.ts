import fc from "fast-check";
import t from "tap";
import { crc32Mpeg } from "../../../src/kernel/crc32.ts";
import { SectionAssembler } from "../../../src/tuner/mpegts/section-assembler.ts";
import { SectionPacketiser } from "../../../src/tuner/mpegts/section-packetiser.ts";

/** A section of `length` bytes in all, with section_syntax_indicator and a right CRC. */
function sectionOf(length: number, tableId = 0x4e, fill = 0x5a): Buffer {
  const section = Buffer.alloc(length, fill);
  section.writeUInt8(tableId, 0);
  section.writeUInt16BE(0xb000 | (length - 3), 1);
  section.writeUInt32BE(crc32Mpeg(section, 0, length - 4), length - 4);
  return section;
}

/** One without CRC. */
function shortSection(length: number, tableId = 0x70, fill = 0x33): Buffer {
  const section = Buffer.alloc(length, fill);
  section.writeUInt8(tableId, 0);
  section.writeUInt16BE(0x7000 | (length - 3), 1);
  return section;
}

function collect(): { sections: Buffer[]; errors: string[]; assembler: SectionAssembler } {
  const sections: Buffer[] = [];
  const errors: string[] = [];
  const assembler = new SectionAssembler(
    (section) => sections.push(Buffer.from(section)),
    (reason) => errors.push(reason),
  );
  return { sections, errors, assembler };
}

/** Payloads of 184 bytes for sections that follow each other with no gap, as 13818-1 allows. */
function payloadsOf(sections: readonly Buffer[], size: number): { payload: Buffer; start: boolean }[] {
  const stream = Buffer.concat(sections);
  const starts: number[] = [];
  sections.reduce((at, section) => (starts.push(at), at + section.length), 0);
  const payloads: { payload: Buffer; start: boolean }[] = [];
  for (let at = 0; at < stream.length;) {
    // A pointer_field takes a byte; with it the payload ends one earlier.
    const first = starts.find((start) => start >= at && start < at + size);
    const pointed = first !== undefined && first < at + size - 1;
    const room = pointed ? size - 1 : first === undefined ? size : size - 1;
    const data = stream.subarray(at, Math.min(at + room, stream.length));
    const stuffing = Buffer.alloc(room - data.length, 0xff);
    payloads.push({
      payload: Buffer.concat(pointed ? [Buffer.from([first - at]), data, stuffing] : [data, stuffing]),
      start: pointed,
    });
    at += data.length;
  }
  return payloads;
}

t.test("section assembler: several sections in one payload, then stuffing", (t) => {
  const { sections, errors, assembler } = collect();
  const sent = [sectionOf(20), shortSection(8), sectionOf(30)];
  const payload = Buffer.concat([Buffer.from([0]), ...sent, Buffer.alloc(50, 0xff)]);
  assembler.push(Buffer.concat([Buffer.alloc(9), payload]), 9, 9 + payload.length, true);
  t.same(sections, sent);
  t.same(errors, []);
  t.end();
});

t.test("section assembler: the end of one and the start of the next in one payload", (t) => {
  const { sections, errors, assembler } = collect();
  const first = sectionOf(300);
  const second = sectionOf(100);
  assembler.push(Buffer.concat([Buffer.from([0]), first.subarray(0, 183)]), 0, 184, true);
  const rest = first.subarray(183);
  const payload = Buffer.concat([Buffer.from([rest.length]), rest, second.subarray(0, 60)]);
  assembler.push(payload, 0, payload.length, true);
  t.same(sections, [first]);
  assembler.push(second, 60, 100, false);
  t.same(sections, [first, second]);
  t.same(errors, []);
  t.end();
});

t.test("section assembler: a header split between payloads, byte by byte", (t) => {
  const { sections, errors, assembler } = collect();
  const section = sectionOf(40);
  assembler.push(Buffer.concat([Buffer.from([0]), section.subarray(0, 1)]), 0, 2, true);
  for (let at = 1; at < 40; at++) assembler.push(section, at, at + 1, false);
  t.same(sections, [section]);
  t.same(errors, []);
  t.end();
});

t.test("section assembler: waits for a start, also after a reset", (t) => {
  const { sections, errors, assembler } = collect();
  const section = sectionOf(300);
  assembler.push(section, 0, 184, false);
  assembler.push(Buffer.concat([Buffer.from([0]), section.subarray(0, 183)]), 0, 184, true);
  assembler.reset();
  assembler.push(section, 183, 300, false);
  t.same(sections, []);
  const whole = sectionOf(50);
  // The 117 bytes before the pointer belong to the section that was given up.
  const payload = Buffer.concat([Buffer.from([117]), section.subarray(183), whole]);
  assembler.push(payload, 0, payload.length, true);
  t.same(sections, [whole]);
  t.same(errors, []);
  t.end();
});

t.test("section assembler: a section that the next one cuts off is lost", (t) => {
  const { sections, errors, assembler } = collect();
  const next = sectionOf(50);
  assembler.push(Buffer.concat([Buffer.from([0]), sectionOf(300).subarray(0, 183)]), 0, 184, true);
  assembler.push(Buffer.concat([Buffer.from([0]), next]), 0, 51, true);
  t.same(errors, ["lost"]);
  t.same(sections, [next]);
  t.end();
});

t.test("section assembler: CRC of the long syntax and of the TOT, none of the TDT", (t) => {
  const { sections, errors, assembler } = collect();
  const push = (section: Buffer): void =>
    assembler.push(Buffer.concat([Buffer.from([0]), section]), 0, section.length + 1, true);
  const broken = sectionOf(40);
  broken.writeUInt8(broken.readUInt8(20) ^ 1, 20);
  push(broken);
  push(shortSection(30, 0x73));
  t.same(errors, ["crc", "crc"]);
  t.same(sections, []);
  push(shortSection(8, 0x70));
  t.equal(sections.length, 1);
  t.end();
});

t.test("section assembler: limits of length by table", (t) => {
  const lengths = (tableId: number, length: number, long = true): string[] => {
    const { errors, assembler } = collect();
    const payload = Buffer.from([0, tableId, (long ? 0xb0 : 0x70) | (length >> 8), length & 0xff, 0, 0, 0]);
    assembler.push(payload, 0, payload.length, true);
    return errors;
  };
  for (const tableId of [0x00, 0x02, 0x40, 0x42, 0x4a]) {
    t.same(lengths(tableId, 1021), []);
    t.same(lengths(tableId, 1022), ["length"]);
  }
  for (const tableId of [0x4e, 0x6f, 0x80]) {
    t.same(lengths(tableId, 4093), []);
    t.same(lengths(tableId, 4094), ["length"]);
  }
  t.same(lengths(0x4e, 8), ["length"]);
  t.same(lengths(0x73, 3, false), ["length"]);
  t.end();
});

t.test("section assembler: a pointer behind the payload is no start", (t) => {
  const { sections, errors, assembler } = collect();
  assembler.push(Buffer.from([184, 0, 0]), 0, 3, true);
  assembler.push(sectionOf(20), 0, 20, false);
  t.same(sections, []);
  t.same(errors, ["length"]);
  t.end();
});

t.test("section assembler: the longest section there is", (t) => {
  const { sections, errors, assembler } = collect();
  const section = sectionOf(4096);
  const out = Buffer.alloc(SectionPacketiser.size(4096));
  new SectionPacketiser(0x12).write(section, out, 0);
  for (let at = 0; at < out.length; at += 188) assembler.push(out, at + 4, at + 188, at === 0);
  t.same(sections, [section]);
  t.same(errors, []);
  t.end();
});

const anySection = fc.oneof(
  fc
    .tuple(fc.integer({ min: 12, max: 1024 }), fc.nat(255))
    .map(([length, fill]) => sectionOf(length, 0x42, fill)),
  fc
    .tuple(fc.integer({ min: 12, max: 4096 }), fc.nat(255))
    .map(([length, fill]) => sectionOf(length, 0x50, fill)),
  fc
    .tuple(fc.integer({ min: 3, max: 300 }), fc.nat(255))
    .map(([length, fill]) => shortSection(length, 0x70, fill)),
);

t.test("section assembler: gives back what the packetiser took", (t) => {
  fc.assert(
    fc.property(fc.array(anySection, { maxLength: 8 }), (sent) => {
      const { sections, errors, assembler } = collect();
      const packetiser = new SectionPacketiser(0x100);
      for (const section of sent) {
        const out = Buffer.alloc(SectionPacketiser.size(section.length));
        packetiser.write(section, out, 0);
        for (let at = 0; at < out.length; at += 188) {
          assembler.push(out, at + 4, at + 188, (out.readUInt8(at + 1) & 0x40) !== 0);
        }
      }
      return errors.length === 0 && Buffer.concat(sections).equals(Buffer.concat(sent));
    }),
    { numRuns: 60 },
  );
  t.end();
});

t.test("section assembler: sections end to end, payloads of any size", (t) => {
  fc.assert(
    fc.property(
      fc.array(anySection, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 2, max: 184 }),
      (sent, size) => {
        const { sections, errors, assembler } = collect();
        for (const { payload, start } of payloadsOf(sent, size))
          assembler.push(payload, 0, payload.length, start);
        return errors.length === 0 && Buffer.concat(sections).equals(Buffer.concat(sent));
      },
    ),
    { numRuns: 60 },
  );
  t.end();
});

t.test("section assembler: noise gives whole sections or a reason, nothing else", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.uint8Array({ maxLength: 184 }), fc.boolean(), fc.boolean()), { maxLength: 30 }),
      (payloads) => {
        const { sections, errors, assembler } = collect();
        for (const [payload, start, reset] of payloads) {
          if (reset) assembler.reset();
          assembler.push(Buffer.from(payload), 0, payload.length, start);
        }
        return (
          sections.every((section) => section.length === 3 + (section.readUInt16BE(1) & 0x0fff)) &&
          errors.every((reason) => ["crc", "length", "lost"].includes(reason))
        );
      },
    ),
  );
  t.end();
});
