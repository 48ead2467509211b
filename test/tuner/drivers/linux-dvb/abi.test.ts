import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import {
  DTV,
  IOCTL,
  packDiseqc,
  packProperties,
  packPropertiesHeader,
  packTsTap,
  propertiesBytes,
  propertyBuffer,
  propertyBytes,
  propertyData,
  propertyIoctls,
  propertyStatistic,
  unpackFrontendInfo,
  type PointerSize,
} from "../../../../src/tuner/drivers/linux-dvb/abi.ts";
import { skipWithoutProgram } from "../../../helpers/programs.ts";
import { temporaryFolder } from "../../../helpers/temporary.ts";

const SIZES: readonly PointerSize[] = [4, 8];
const zeros = (bytes: number): string => "00".repeat(bytes);

t.test("dvb abi: two properties are the bytes that a process of 32 and of 64 bits wants", (t) => {
  const properties = [
    { command: DTV.DELIVERY_SYSTEM, value: 6 },
    { command: DTV.STREAM_ID, value: 0xffffffff },
  ];
  // cmd, reserved[3], union (data first), result
  t.equal(
    packProperties(properties, 4).toString("hex"),
    `11000000${zeros(12)}06000000${zeros(52)}2a000000${zeros(12)}ffffffff${zeros(52)}`,
  );
  t.equal(
    packProperties(properties, 8).toString("hex"),
    `11000000${zeros(12)}06000000${zeros(56)}2a000000${zeros(12)}ffffffff${zeros(56)}`,
  );
  t.equal(packPropertiesHeader(2, 0x12345678n, 4).toString("hex"), "0200000078563412");
  t.equal(
    packPropertiesHeader(2, 0x7f00_1234_5678n, 8).toString("hex"),
    "0200000000000000785634" + "12007f0000",
  );
  t.throws(() => packProperties([], 8), RangeError);
  t.throws(
    () =>
      packProperties(
        Array.from({ length: 65 }, () => properties[0]!),
        8,
      ),
    RangeError,
  );
  t.end();
});

t.test("dvb abi: the numbers of the ioctls are the kernel's", (t) => {
  t.same(propertyIoctls(4), { set: 0x40086f52, get: 0x80086f53 });
  t.same(propertyIoctls(8), { set: 0x40106f52, get: 0x80106f53 });
  t.equal(IOCTL.DMX_SET_PES_FILTER, 0x40146f2c);
  t.end();
});

t.test("dvb abi: a PID's filter, a DiSEqC message", (t) => {
  t.equal(packTsTap(0x2000).toString("hex"), `0020${zeros(2)}${zeros(4)}020000001400000004000000`);
  t.equal(packTsTap(0x0112).toString("hex"), `1201${zeros(2)}${zeros(4)}020000001400000004000000`);
  t.equal(packDiseqc([0xe0, 0x10, 0x38, 0xf3]).toString("hex"), "e01038f3000004");
  t.throws(() => packDiseqc([]), RangeError);
  t.throws(() => packDiseqc([1, 2, 3, 4, 5, 6, 7]), RangeError);
  t.end();
});

t.test("dvb abi: what the kernel answers is read from its place", (t) => {
  for (const size of SIZES) {
    const bytes = Buffer.alloc(propertyBytes(size));
    bytes.writeUInt32LE(0x050b, 16);
    t.equal(propertyData(bytes), 0x050b);
    bytes.fill(0);
    bytes.set([3, 16, 5], 16);
    bytes.writeUInt32LE(3, 48);
    t.same([...propertyBuffer(bytes)], [3, 16, 5]);
    bytes.writeUInt32LE(1000, 48);
    t.equal(propertyBuffer(bytes).length, 32, "a length beyond the field is the field");
    const statistic = (length: number, scale: number, value: bigint) => {
      bytes.fill(0);
      bytes.set([length, scale], 16);
      bytes.writeBigInt64LE(value, 18);
      return propertyStatistic(bytes);
    };
    t.equal(statistic(0, 1, 1n), null);
    t.same(statistic(1, 0, 1n), { scale: "none" });
    t.same(statistic(1, 1, -45_500n), { scale: "decibel", value: -45.5 });
    t.same(statistic(4, 2, 0xffffn), { scale: "relative", value: 1 });
    t.same(statistic(1, 3, 2n ** 40n), { scale: "counter", value: 2n ** 40n });
  }
  const info = Buffer.alloc(168);
  info.write("Sony CXD2837ER DVB-T/T2/C demodulator");
  info.writeUInt32LE(2, 128);
  info.writeUInt32LE(42_000_000, 132);
  info.writeUInt32LE(1_002_000_000, 136);
  info.writeUInt32LE(870_000, 148);
  info.writeUInt32LE(11_700_000, 152);
  info.writeUInt32LE(0x9000_0201, 164);
  t.same(unpackFrontendInfo(info), {
    name: "Sony CXD2837ER DVB-T/T2/C demodulator",
    type: 2,
    frequencyMin: 42_000_000,
    frequencyMax: 1_002_000_000,
    symbolRateMin: 870_000,
    symbolRateMax: 11_700_000,
    caps: 0x9000_0201,
  });
  t.end();
});

t.test("dvb abi: any bytes of the kernel's are a typed result", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 168, maxLength: 168 }), (array) => {
      const bytes = Buffer.from(array);
      propertyStatistic(bytes);
      const info = unpackFrontendInfo(bytes);
      return propertyBuffer(bytes).length <= 32 && info.name.length <= 128;
    }),
  );
  t.end();
});

/** Whether the kernel's own headers agree, for both pointer sizes where the machine can be asked. */
const JUDGE = `
#include <stddef.h>
#include <linux/ioctl.h>
#include <linux/dvb/frontend.h>
#include <linux/dvb/dmx.h>
#define IS(a, b) _Static_assert((a) == (b), #a)
IS(sizeof(void *), POINTER); IS(sizeof(struct dtv_property), PROPERTY); IS(sizeof(struct dtv_properties), PROPERTIES);
IS(offsetof(struct dtv_property, u.data), 16); IS(offsetof(struct dtv_property, u.st.stat[0].scale), 17);
IS(offsetof(struct dtv_property, u.st.stat[0].svalue), 18); IS(offsetof(struct dtv_property, u.buffer.len), 48);
IS(sizeof(struct dvb_frontend_info), 168); IS(offsetof(struct dvb_frontend_info, caps), 164);
IS(offsetof(struct dvb_frontend_info, symbol_rate_min), 148); IS(sizeof(struct dvb_frontend_event), 40);
IS(sizeof(struct dmx_pes_filter_params), 20); IS(offsetof(struct dmx_pes_filter_params, output), 8);
IS(offsetof(struct dmx_pes_filter_params, flags), 16); IS(DMX_OUT_TS_TAP, 2); IS(DMX_PES_OTHER, 20); IS(DMX_IMMEDIATE_START, 4);
`;

t.test("dvb abi: the kernel's headers agree", { skip: skipWithoutProgram("gcc") }, async (t) => {
  const folder = await temporaryFolder(t);
  // The C library's headers for 32 bits want a file that only its package for them has.
  mkdirSync(join(folder, "gnu"));
  writeFileSync(join(folder, "gnu/stubs-32.h"), "");
  const names = [...Object.keys(IOCTL)].map((name) => `IS(${name}, ${IOCTL[name as keyof typeof IOCTL]}u);`);
  const commands = Object.entries(DTV).map(([name, value]) => `IS(DTV_${name}, ${value});`);
  writeFileSync(join(folder, "judge.c"), [JUDGE, ...names, ...commands].join("\n"));
  for (const size of SIZES) {
    const own = process.arch.endsWith("64") ? 8 : 4;
    if (size !== own && process.arch !== "x64") continue;
    const { set, get } = propertyIoctls(size);
    writeFileSync(
      join(folder, `judge${size}.c`),
      `#include "judge.c"\nIS(FE_SET_PROPERTY, ${set}u); IS(FE_GET_PROPERTY, ${get}u);\n`,
    );
    const definitions = [
      `-DPOINTER=${size}`,
      `-DPROPERTY=${propertyBytes(size)}`,
      `-DPROPERTIES=${propertiesBytes(size)}`,
    ];
    const mode = size === own ? [] : ["-m32", `-I${folder}`, "-I/usr/include/x86_64-linux-gnu"];
    execFileSync("gcc", ["-fsyntax-only", ...mode, ...definitions, join(folder, `judge${size}.c`)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    t.pass(`${size * 8} bits`);
  }
});
