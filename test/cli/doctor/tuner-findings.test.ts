import t from "tap";
import {
  adapterFindings,
  daemonFindings,
  sourceFindings,
  type Adapter,
} from "../../../src/cli/doctor/tuner-findings.ts";
import { TUNER } from "../real-box.ts";

const stick: Adapter = {
  adapter: 0,
  frontend: 0,
  device: "/dev/dvb/adapter0/frontend0",
  bus: "usb 1-1.4",
  name: "Si2168",
  systems: ["dvbt", "dvbt2", "dvbc"],
  frequencyHz: { from: 48e6, to: 870e6 },
  pidFilters: 32,
  problems: [],
};
const busy: Adapter = {
  ...stick,
  adapter: 1,
  problems: [{ code: "device-busy", message: "Another program uses it: end that." }],
};

t.test("doctor: what an adapter can do", (t) => {
  t.same(adapterFindings([stick], "all", false), [
    {
      subject: "adapter 0",
      level: "ok",
      message: "Si2168, usb 1-1.4, dvbt dvbt2 dvbc, 48 to 870 MHz, 32 PID filters free",
    },
  ]);
  const dish = {
    ...stick,
    systems: ["dvbs", "dvbs2"],
    frequencyHz: { from: 950e6, to: 2150e6 },
    frontend: 1,
  };
  t.match(adapterFindings([dish], "all", false), [
    { subject: "adapter 0 front end 1", message: /950 to 2150 MHz behind the LNB/ },
  ]);
  t.end();
});

t.test("doctor: an adapter in use is a problem, unless it is the daemon that uses it", (t) => {
  t.match(adapterFindings([busy], "all", false), [{ level: "problem", message: /Another program/ }]);
  t.match(adapterFindings([busy], "all", true), [{ level: "ok", message: /in use while the daemon runs/ }]);
  t.match(adapterFindings([stick, busy], [0], true), [{ level: "ok" }, { level: "note" }]);
  const broken = { ...busy, problems: [...busy.problems, { code: "device-gone", message: "It is gone." }] };
  t.match(adapterFindings([broken], "all", true), [{ level: "problem", message: /It is gone/ }]);
  t.end();
});

t.test("doctor: adapters that are missing, and adapters that nobody uses", (t) => {
  t.match(adapterFindings([], "all", false), [{ level: "problem", message: /\/dev\/dvb.*firmware/ }]);
  t.match(adapterFindings([stick], [0, 3], false), [
    { level: "ok" },
    { subject: "adapter 3", level: "problem", message: /plug it in/ },
  ]);
  t.match(adapterFindings([stick], null, false), [
    { level: "ok" },
    { level: "note", message: /`dvb: \{\}`/ },
  ]);
  t.same(adapterFindings([], null, false), []);
  t.end();
});

t.test("doctor: sources that answer, in part, or not", (t) => {
  const list = { source: "network", name: "tv.m3u", ok: true, message: "3 channels" };
  t.match(sourceFindings([{ ...list, faults: ["Line 1: a", "Line 2: b", "Line 3: c", "Line 4: d"] }]), [
    { subject: "list tv.m3u", level: "ok", message: "3 channels" },
    { level: "warning", message: "Line 1: a" },
    { level: "warning" },
    { level: "warning" },
    { level: "warning", message: "And 1 more." },
  ]);
  t.match(sourceFindings([{ ...list, source: "satip", ok: false, message: "No.", faults: [] }]), [
    { subject: "SAT>IP tv.m3u", level: "problem", message: "No." },
  ]);
  t.end();
});

t.test("doctor: what the daemon says of its tuners", (t) => {
  t.match(daemonFindings({ kind: "absent" }), [{ level: "note", message: /tellyport run/ }]);
  t.match(daemonFindings({ kind: "forbidden" }), [{ level: "note", message: /sudo/ }]);
  t.match(daemonFindings({ kind: "silent", message: "Hm." }), [{ level: "warning", message: /Hm\./ }]);
  const verdict = {
    level: "poor" as const,
    code: "too-weak",
    text: "weak: 12 dB, picture will break",
    margin: -5,
  };
  const weak = { ...TUNER, name: "B", signal: { strength: null, cnr: 12, verdict } };
  const failed = { ...TUNER, name: "C", state: "failed" as const, error: "device-gone", signal: null };
  t.same(daemonFindings({ kind: "running", tuners: [TUNER, weak, failed], channels: 3 }), [
    { subject: "daemon", level: "ok", message: "It runs, with 3 tuners." },
    { subject: "tuner mock-a", level: "ok", message: "receives mock-1" },
    { subject: "tuner B", level: "warning", message: "weak: 12 dB, picture will break." },
    {
      subject: "tuner C",
      level: "problem",
      message:
        "Its device does not answer: check that it is plugged in and switched on. It is tried again by itself.",
    },
  ]);
  t.end();
});

t.test("doctor: what the daemon was told to receive with, and that nobody has scanned", (t) => {
  const idle = { ...TUNER, state: "idle" as const, multiplex: null, signal: null, consumers: [] };
  const dvb = [{ name: "dvb", problems: [] }];
  t.match(daemonFindings({ kind: "running", tuners: [idle], sources: dvb, channels: 0, state: "var" }), [
    { level: "ok", message: "It runs, with 1 tuner of dvb." },
    { subject: "tuner mock-a", level: "ok", message: "idle" },
    {
      subject: "channels",
      level: "warning",
      message: /`tellyport scan --country XX --state var` finds them/,
    },
  ]);
  const mock = [{ name: "mock", problems: [] }];
  t.match(daemonFindings({ kind: "running", tuners: [idle], sources: mock, channels: 0 }).at(-1), {
    message: /looking for them/,
  });
  const gone = [{ name: "dvb:9", problems: ["DVB adapter 9 is not there: plug it in."] }];
  t.same(daemonFindings({ kind: "running", tuners: [], sources: gone, channels: 0 }), [
    { subject: "daemon", level: "ok", message: "It runs, with 0 tuners of dvb:9." },
    { subject: "dvb:9", level: "problem", message: "DVB adapter 9 is not there: plug it in." },
  ]);
  t.match(daemonFindings({ kind: "running", tuners: [], sources: [], channels: 0 }).at(-1), {
    level: "problem",
    message: /none was named/,
  });
  t.same(adapterFindings([], "all", true, true), [], "the daemon has said it");
  t.end();
});

t.test("doctor: no signal where the box only looks is no fault, and is one where somebody watches", (t) => {
  const verdict = {
    level: "none" as const,
    code: "no-signal",
    text: "no signal: check aerial",
    margin: null,
  };
  const silent = { ...TUNER, state: "degraded" as const, signal: { strength: null, cnr: null, verdict } };
  const of = (consumers: string[]) =>
    daemonFindings({ kind: "running", tuners: [{ ...silent, consumers }], channels: 1 })[1];
  t.match(of(["survey"]), { level: "ok", message: "looks for a signal at mock-1" });
  t.match(of(["channel scan"]), { level: "ok" });
  t.match(of(["survey", "live: Das Erste"]), { level: "warning", message: "no signal: check aerial." });
  t.end();
});
