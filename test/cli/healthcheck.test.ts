import { join } from "node:path";
import { mkdirSync } from "node:fs";
import t from "tap";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import { healthFindings, type Seen } from "../../src/cli/doctor/health-findings.ts";
import type { Box } from "../../src/protocol/api.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { TUNER } from "./real-box.ts";
import { startFakeBox, type FakeAnswer } from "./fake-box.ts";
import { run, start } from "./run-command.ts";

const WELL: Extract<Seen, { kind: "answers" }> = {
  kind: "answers",
  system: { version: "0.2.0", ready: true },
  tuners: { tuners: [TUNER], sources: [{ name: "dvb", problems: [] }] },
  page: { url: "http://127.0.0.1:8080/", failure: null },
};
const levels = (seen: Seen): string =>
  healthFindings(seen)
    .map(({ level }) => level)
    .join(" ");
const find = (seen: Seen, subject: string): Finding | undefined =>
  healthFindings(seen).find((one) => one.subject === subject);

t.test("healthcheck: each thing that has to be well is a finding, with its cure", (t) => {
  t.equal(levels(WELL), "ok ok ok ok ok");
  t.match(find({ ...WELL, system: { version: "0.2.0", ready: false } }, "ready"), {
    level: "problem",
    message: /--timeout/,
  });
  t.equal(levels({ ...WELL, system: { version: "0.2.0" } }), "ok ok ok ok ok", "of a daemon of before");
  t.match(find({ ...WELL, page: { url: "http://x/", failure: "status 500" } }, "http"), {
    level: "problem",
    message: /status 500.*`http\.port`/,
  });
  t.match(find({ ...WELL, stateDoubt: "read-only" }, "state"), {
    level: "warning",
    message: /^Nothing new is kept \(read-only\).*doctor/,
  });
  t.match(find(WELL, "http"), { message: "http://127.0.0.1:8080/ gives its page, and /healthz answers" });
  t.match(find({ ...WELL, page: null }, "http"), { level: "note", message: /was not asked/ });
  t.match(healthFindings({ kind: "silent", message: "No daemon runs: start it." }), [
    { subject: "daemon", level: "problem", message: /start it/ },
  ]);
  t.end();
});

t.test("healthcheck: without a tuner a box is well where none was named, and nowhere else", (t) => {
  const of = (tuners: typeof WELL.tuners): Finding | undefined => find({ ...WELL, tuners }, "tuner");
  t.match(of({ tuners: [], sources: [] }), { level: "note", message: /none is expected/ });
  t.match(of({ tuners: [] }), { level: "problem" });
  const gone = { name: "dvb:1", problems: ["DVB adapter 1 is not there: plug it in."] };
  t.match(of({ tuners: [], sources: [gone] }), { level: "problem", message: /dvb:1: .*plug it in/ });
  t.match(of({ tuners: [{ ...TUNER, state: "failed" }], sources: [] }), {
    level: "problem",
    message: /doctor/,
  });
  t.match(of({ tuners: [{ ...TUNER, state: "failed" }, TUNER], sources: [] }), {
    level: "ok",
    message: /^1 of 2: mock-a$/,
  });
  t.end();
});

t.test(
  "healthcheck: waits for a daemon that is starting, asks its page, and says when it is well",
  async (t) => {
    const state = join(await temporaryFolder(t), "state");
    mkdirSync(state);
    const none = await run(["healthcheck", "--state", state, "--timeout", "0", "--json"]);
    t.equal(none.code, 69);
    t.match(JSON.parse(none.stdout), {
      ok: false,
      findings: [{ subject: "daemon", level: "problem", message: /tellyport run/ }],
    });
    t.equal((await run(["healthcheck", "--timeout", "soon", "--state", state])).code, 64);
    const waiting = start(["healthcheck", "--state", state, "--timeout", "600"]);
    const box = await startDaemon(t, { state });
    const { code, stdout } = await waiting.done;
    t.match(
      [code, stdout],
      [
        0,
        /^ok +daemon +it answers, release .*\nok +ready.*\nok +state.*\nok +tuner +\d of \d: .*\nok +http +http:\S*\/\s+gives\s+its\s+page,\s+and\s+\/healthz\s+answers\n\nAll is well\.\n$/,
      ],
    );
    const { body } = await box.local<{ ready: boolean; local: string }>("GET", "/api/v1/system");
    t.match(body, { ready: true, local: box.url });
    t.equal(await box.stop(), 0);
  },
);

t.test("healthcheck: a page that does not answer is no health", async (t) => {
  const state = await temporaryFolder(t);
  let answer: (line: string) => FakeAnswer = () => ({ status: 500, body: {} });
  const nobody = await startFakeBox(t, ({ line }) => answer(line));
  const system = {
    version: "0.2.0",
    startedAt: "2026-11-20T00:00:00.000Z",
    ready: true,
    local: nobody.url,
    canRestart: false,
    clock: { state: "synchronised", doubt: null, time: "2026-11-20T00:00:00.000Z" },
    memory: { used: 1, free: 1, total: 1 },
    processor: { load: 0, cores: 1 },
    storage: {
      state: { path: "/", free: 1, total: 1 },
      media: { used: 1, limit: 1 },
      timeShift: { minutes: 0, folder: null, ready: false, used: 0, limit: 0 },
      guide: { bytes: 0, until: null },
    },
  };
  const box: Box = {
    id: "ABCDEFGHIJKLMNOP",
    name: "Box",
    version: "0.2.0",
    clock: "synchronised",
    pairing: "closed",
    claimed: true,
    https: null,
    time: "2026-11-20T00:00:00.000Z",
    stateDoubt: "read-only",
  };
  const answers: Record<string, unknown> = {
    "GET /api/v1/box": box,
    "GET /api/v1/system": system,
    "GET /api/v1/tuners": { tuners: [], sources: [] },
  };
  await startFakeBox(t, ({ line }) => ({ body: answers[line] ?? null }), join(state, "control.sock"));
  const look = async (code: number, findings: object[]): Promise<void> => {
    const ran = await run(["healthcheck", "--state", state, "--timeout", "0", "--json"]);
    t.equal(ran.code, code);
    t.match(JSON.parse(ran.stdout), { ok: code === 0, findings });
  };
  await look(69, [
    {},
    {},
    { level: "warning" },
    { level: "note" },
    { subject: "http", message: /healthz .*status 500/ },
  ]);
  const page =
    (one: FakeAnswer) =>
    (line: string): FakeAnswer =>
      line === "GET /" ? one : { body: { status: "ok" } };
  const html = { "content-type": "text/html; charset=utf-8" };
  answer = page({ status: 404 });
  await look(69, [
    {},
    {},
    {},
    {},
    { level: "problem", message: /\d\/ does not .*status 404.*install it anew/ },
  ]);
  answer = page({ body: {} });
  await look(69, [{}, {}, {}, {}, { level: "problem", message: /application\/json in place of text\/html/ }]);
  answer = page({ headers: html, body: "<!doctype html>" });
  await look(0, [{}, {}, { subject: "state", level: "warning" }, {}, { level: "ok" }]);
});

t.test(
  "healthcheck: a person at a terminal is told once what is waited for, and a program never",
  async (t) => {
    const state = await temporaryFolder(t);
    const ran = async (argv: string[], onTerminal: boolean): Promise<{ code: number; stderr: string }> => {
      const options = onTerminal ? { errorColumns: 80 } : {};
      return run(["healthcheck", "--state", state, "--timeout", "1", ...argv], options);
    };
    const told = await ran([], true);
    t.equal(told.code, 69);
    t.match(told.stderr, /^Waiting up to 1 s for this box to be well\. daemon: .*tellyport run.*\n$/);
    t.match(await ran(["--json"], true), { code: 69, stderr: "" });
    t.match(await ran([], false), { code: 69, stderr: "" });
  },
);
