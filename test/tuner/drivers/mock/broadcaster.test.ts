import { createHash } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import { Broadcaster, TICKS_PER_SECOND } from "../../../../src/tuner/drivers/mock/broadcaster.ts";
import { LINEUP } from "../../../../src/tuner/drivers/mock/lineup.ts";
import { decodeEit } from "../../../../src/tuner/si/eit.ts";
import { decodeNit } from "../../../../src/tuner/si/nit.ts";
import { decodePmt, describeStreams } from "../../../../src/tuner/si/pmt.ts";
import { decodeSdt } from "../../../../src/tuner/si/sdt.ts";
import { decodeTdt } from "../../../../src/tuner/si/tdt.ts";
import { mockLoops } from "./mock-fixtures.ts";
import { StreamCheck } from "./stream-check.ts";

const NOON = Date.UTC(2026, 10, 20, 12);
const WRAP = 2 ** 33 * 300;
const ON_AIR = LINEUP.filter((multiplex) => multiplex.dead !== true);
const of = (id: string) => {
  const multiplex = LINEUP.find((one) => one.id === id);
  if (multiplex === undefined) throw new Error(`no ${id}`);
  return multiplex;
};

function broadcaster(id: string, options: { startsAt?: number; pcrStart?: number } = {}): Broadcaster {
  return new Broadcaster({ multiplex: of(id), loops: mockLoops(), startsAt: NOON, ...options });
}

/** Everything until a time, in seconds, into a checker. */
function checkUntil(source: Broadcaster, seconds: number, check = new StreamCheck()): StreamCheck {
  for (;;) {
    const chunk = source.generate(seconds * TICKS_PER_SECOND);
    if (chunk.length === 0) return check;
    check.push(chunk);
  }
}

function bytesUntil(source: Broadcaster, untils: readonly number[]): string {
  const hash = createHash("sha256");
  for (const until of untils) {
    for (;;) {
      const chunk = source.generate(until);
      if (chunk.length === 0) break;
      hash.update(chunk);
    }
  }
  return hash.digest("hex");
}

t.test("mock: three minutes of each multiplex across the wrap of PCR and PTS are in order", (t) => {
  for (const multiplex of ON_AIR) {
    const source = broadcaster(multiplex.id, { pcrStart: WRAP - 60 * TICKS_PER_SECOND });
    const check = checkUntil(source, 180);
    const name = multiplex.id;
    t.equal(check.syncErrors, 0, `${name}: sync bytes`);
    t.equal(check.continuityErrors, 0, `${name}: continuity counters`);
    t.equal(check.crcErrors, 0, `${name}: CRC`);
    t.equal(check.sectionErrors, 0, `${name}: whole sections`);
    t.equal(check.pcr.size, multiplex.services.length, `${name}: a PCR for each service`);
    for (const [pid, line] of check.pcr) {
      t.equal(line.backwards, 0, `${name}: PCR of ${pid} never goes back`);
      t.equal(line.wraps, 1, `${name}: PCR of ${pid} wraps once`);
      t.ok(line.widest <= 40 * 90, `${name}: PCR of ${pid} comes every ${line.widest / 90} ms`);
    }
    const clear = multiplex.services.filter((service) => service.scrambled !== true);
    const streams = clear.flatMap((service) => [
      ...(service.video === undefined ? [] : [1]),
      ...service.audio,
      ...(service.teletext === undefined ? [] : [1]),
    ]);
    t.equal(check.stamps.size, streams.length, `${name}: time stamps of every clear stream`);
    for (const [pid, line] of check.stamps) {
      t.equal(line.backwards, 0, `${name}: DTS of ${pid} never goes back`);
      t.equal(line.wraps, 1, `${name}: DTS of ${pid} wraps once`);
      t.ok(line.widest <= 160 * 90, `${name}: DTS of ${pid} has no gap`);
      t.ok(line.leastLead >= 200 * 90, `${name}: ${pid} is sent ${line.leastLead / 90} ms ahead at least`);
      t.ok(line.mostLead <= 700 * 90, `${name}: ${pid} is sent ${line.mostLead / 90} ms ahead at most`);
    }
  }
  t.end();
});

t.test("mock: tables come as often as they have to", (t) => {
  for (const multiplex of ON_AIR) {
    const check = checkUntil(broadcaster(multiplex.id), 60);
    const tsid = multiplex.transportStreamId;
    t.ok(check.widestGap(`0.0.${tsid}.0`) <= 0.15, `${multiplex.id}: PAT`);
    for (const [position, service] of multiplex.services.entries())
      t.ok(check.widestGap(`${(position + 1) * 0x100}.2.${service.id}.0`) <= 0.15, `${multiplex.id}: PMT`);
    t.ok(check.widestGap(`17.66.${tsid}.0`) <= 2, `${multiplex.id}: SDT actual`);
    t.ok(check.widestGap(`16.64.`) <= 10, `${multiplex.id}: NIT`);
    t.ok(check.widestGap(`18.78.`) <= 2, `${multiplex.id}: EIT present/following`);
    t.ok(check.widestGap(`18.80.`) <= 30, `${multiplex.id}: EIT schedule`);
    t.ok(check.widestGap(`20.112`) <= 10, `${multiplex.id}: TDT`);
    t.ok(check.widestGap(`20.115`) <= 10, `${multiplex.id}: TOT`);
  }
  t.end();
});

t.test("mock: the tables say what the line-up says", (t) => {
  for (const multiplex of ON_AIR) {
    const check = checkUntil(broadcaster(multiplex.id), 30);
    const section = (key: string): Buffer => check.last.get(key) ?? Buffer.alloc(0);
    const sdt = decodeSdt(section(`17.66.${multiplex.transportStreamId}.0`));
    t.same(
      sdt?.services.map((one) => [one.serviceId, one.name, one.freeCaMode]),
      multiplex.services.map((one) => [one.id, one.name, one.scrambled === true]),
    );
    const nit = decodeNit(section(`16.64.${0xff01}.0`));
    t.same(
      nit?.transportStreams.map((one) => one.lcns.map(({ serviceId, number }) => [serviceId, number])),
      LINEUP.map((one) => one.services.map(({ id, lcn }) => [id, lcn])),
    );
    for (const [position, service] of multiplex.services.entries()) {
      const pmt = decodePmt(section(`${(position + 1) * 0x100}.2.${service.id}.0`));
      const described = pmt === null ? null : describeStreams(pmt);
      const video = service.video?.codec === "h264-no-idr" ? "h264" : service.video?.codec;
      t.same(
        described?.streams.map((one) => one.codec),
        [
          ...(video === undefined ? [] : [video]),
          ...service.audio.map((one) => one.codec),
          ...(service.teletext === undefined ? [] : ["teletext"]),
        ],
        service.name,
      );
      t.same(
        described?.streams.filter((one) => one.codec !== video).map((one) => one.language),
        [
          ...service.audio.map((one) => one.language),
          ...(service.teletext === undefined ? [] : [service.teletext.language]),
        ],
      );
      t.equal(described?.scrambled, service.scrambled === true);
      t.equal(
        described?.streams.filter((one) => one.audioDescription).length,
        service.audio.filter((one) => one.audioDescription).length,
      );
    }
    t.equal(
      check.scrambledPackets > 0,
      multiplex.services.some((one) => one.scrambled),
    );
  }
  t.end();
});

t.test("mock: the guide rolls with the clock", (t) => {
  const check = new StreamCheck();
  const source = broadcaster("mock-2", { startsAt: Date.UTC(2026, 10, 20, 23, 59, 0) });
  const present = (): number => {
    const eit = decodeEit(check.last.get(`18.78.${0x1201}.0`) ?? Buffer.alloc(0));
    const [event] = eit?.events ?? [];
    return event?.startsAt ?? 0;
  };
  checkUntil(source, 30, check);
  t.ok(present() <= Date.UTC(2026, 10, 20, 23, 30), "the event before midnight");
  t.same(decodeTdt(check.last.get("20.112") ?? Buffer.alloc(0)), { utc: Date.UTC(2026, 10, 20, 23, 59, 25) });
  checkUntil(source, 65, check);
  t.equal(present(), Date.UTC(2026, 10, 21), "the event after midnight");
  checkUntil(source, 90, check);
  const days = new Set<number>();
  let latest = 0;
  for (const [key, section] of check.last) {
    if (!key.startsWith(`18.80.${0x1201}.`)) continue;
    for (const event of decodeEit(section)?.events ?? []) {
      latest = Math.max(latest, (event.startsAt ?? 0) + event.durationMs);
      t.not(event.title, "");
      days.add(event.eventId);
    }
  }
  t.ok(latest >= Date.UTC(2026, 10, 22), "a day ahead");
  t.ok(days.size >= 24, `${days.size} events`);
  t.end();
});

t.test("mock: the same bytes whatever the steps", (t) => {
  const end = 6 * TICKS_PER_SECOND;
  const whole = ON_AIR.map(({ id }) => bytesUntil(broadcaster(id), [end]));
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: end }), { maxLength: 200 }),
      fc.integer({ min: 0, max: ON_AIR.length - 1 }),
      (steps, which) => {
        const untils = [...steps.sort((a, b) => a - b), end];
        return bytesUntil(broadcaster(ON_AIR[which]?.id ?? ""), untils) === whole[which];
      },
    ),
    { numRuns: 15 },
  );
  t.end();
});

t.test("mock: random access points are marked, every 1.28 s (MPEG-2: 0.64 s)", (t) => {
  const check = checkUntil(broadcaster("mock-1"), 25.6);
  // Three services with pictures; the last of them begins 0.64 s after the first.
  t.ok(Math.abs(check.randomAccessPoints - 60) <= 3, `${check.randomAccessPoints}`);
  t.end();
});

t.test("mock: a clock jump moves PCR, PTS and DTS together", (t) => {
  const source = broadcaster("mock-3");
  const check = checkUntil(source, 5);
  const before = [...check.pcr.values()].map((line) => line.last);
  source.jumpClock(-3600 * TICKS_PER_SECOND);
  checkUntil(source, 6, check);
  for (const [index, line] of [...check.pcr.values()].entries()) {
    const moved = (line.last - (before[index] ?? 0)) / 90_000;
    t.ok(Math.abs(moved + 3599) < 0.1, `PCR moved by ${moved} s`);
    t.equal(line.backwards, 1);
  }
  for (const line of check.stamps.values()) {
    t.equal(line.backwards, 1);
    t.ok(line.mostLead < 2 ** 32);
  }
  t.equal(check.continuityErrors, 0);
  t.end();
});

t.test("mock: a PMT change takes the sound to another PID, with a new version", (t) => {
  const source = broadcaster("mock-1");
  const check = checkUntil(source, 2);
  t.notOk(check.pids.has(0x112));
  t.ok(source.changePmt(0x1101, 0x10));
  t.notOk(source.changePmt(0x9999, 0x10), "no such service");
  checkUntil(source, 4, check);
  t.ok(check.pids.has(0x112));
  const pmt = decodePmt(check.last.get(`256.2.${0x1101}.0`) ?? Buffer.alloc(0));
  t.same(
    pmt?.streams.map((stream) => stream.pid),
    [0x101, 0x112],
  );
  t.equal(pmt?.version, 1);
  t.ok(source.changePmt(0x1104, 0x10), "radio: the PCR goes along");
  checkUntil(source, 6, check);
  const radio = decodePmt(check.last.get(`1024.2.${0x1104}.0`) ?? Buffer.alloc(0));
  t.equal(radio?.pcrPid, 0x412);
  t.ok(check.pcr.has(0x412));
  t.equal(check.continuityErrors, 0);
  t.end();
});
