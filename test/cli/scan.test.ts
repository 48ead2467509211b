import { createServer } from "node:http";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import type { Scan, ScannedService } from "../../src/protocol/api.ts";
import { generateCapture } from "../tuner/drivers/file/generated-capture.ts";
import { scanProgress } from "../../src/cli/scan-progress.ts";
import { channelIdOf } from "../../src/protocol/channel-id.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { TUNER } from "./real-box.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { run, start } from "./run-command.ts";

const IDLE: Scan = {
  state: "idle",
  dryRun: false,
  percent: 0,
  done: 0,
  total: 2,
  found: { tv: 0, radio: 0, data: 0 },
  current: [],
  signal: null,
  error: null,
  multiplexes: [],
  services: null,
  diff: null,
};
const CHANNEL = {
  id: "c1",
  number: 1,
  name: "Das Erste",
  provider: null,
  kind: "tv",
  scrambled: false,
  now: null,
  next: null,
  codecs: null,
  availability: "free",
};
const service = (name: string, serviceId: number): ScannedService => ({
  name,
  provider: null,
  kind: "tv",
  lcn: serviceId,
  scrambled: false,
  visible: true,
  onAir: true,
  originalNetworkId: 1,
  transportStreamId: 1,
  serviceId,
  multiplex: "dvbt-474.000",
  system: "dvbt",
  frequency: 474_000_000,
});
const DONE: Scan = {
  ...IDLE,
  state: "finished",
  percent: 100,
  done: 2,
  found: { tv: 2, radio: 0, data: 0 },
  multiplexes: [
    { id: "dvbt-474.000", system: "dvbt", frequency: 474_000_000, outcome: "ok", services: 2 },
    {
      id: "dvbt-498.000",
      place: "DVB-T 498 MHz",
      system: "dvbt",
      frequency: 498_000_000,
      outcome: "no-lock",
      services: 0,
    },
  ],
  services: [service("Ä \u001b[31mRot", 1), service("Beta", 2)],
  diff: { added: [service("Beta", 2)], changed: [], gone: [service("Alt", 9)], unchanged: 1 },
};

/** A daemon's socket that answers what a test says. @returns its state directory, and what it was asked */
async function daemon(
  t: Teardown,
  answer: (line: string, asked: number) => { status?: number; body: unknown },
): Promise<{ state: string; asked: { line: string; body: unknown }[] }> {
  const state = await temporaryFolder(t);
  const asked: { line: string; body: unknown }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const line = `${request.method} ${request.url}`;
      asked.push({ line, body: text === "" ? null : (JSON.parse(text) as unknown) });
      const { status = 200, body } = answer(line, asked.filter((one) => one.line === line).length);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(join(state, "control.sock"), resolve));
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { state, asked };
}

t.test("scan: by the daemon, with a line for each step; the last is all that was found", async (t) => {
  const box = await daemon(t, (line, count) => ({
    body: line.startsWith("POST")
      ? { ...IDLE, state: "running" }
      : count === 1
        ? { ...IDLE, state: "running", percent: 50, done: 1, found: { tv: 2, radio: 0, data: 0 } }
        : DONE,
  }));
  const initial = join(box.state, "initial.conf");
  await writeFile(initial, "T 474000000 8MHz\n");
  const { code, stdout, stderr } = await run([
    ...["scan", "--initial", initial, "--satellite", "19.2E", "--dry-run", "--no-follow"],
    ...["--json", "--state", box.state],
  ]);
  t.equal(code, 0, stderr);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.same(lines.at(-1), { services: DONE.services });
  t.same(lines.at(-2), { multiplexes: DONE.multiplexes, diff: DONE.diff, dryRun: false });
  t.match(lines.slice(0, -2), [{ percent: 0 }, { percent: 50, done: 1, total: 2, found: { tv: 2 } }]);
  t.same(box.asked[0], {
    line: "POST /api/v1/scan",
    body: { initial: "T 474000000 8MHz\n", satellite: "19.2E", dryRun: true, follow: false },
  });
});

t.test(
  "scan: for a person a table, what is new and gone, and no byte that steers the terminal",
  async (t) => {
    const box = await daemon(t, () => ({ body: DONE }));
    const { code, stdout } = await run(["scan", "--state", box.state], { columns: 60 });
    t.equal(code, 0);
    t.match(stdout, /Found 2 tv, 0 radio on 1 of 2 multiplexes\./);
    t.match(stdout, /New \(1\): Beta/);
    t.match(stdout, /Gone \(1\): Alt/);
    t.match(stdout, /Not received: DVB-T 498 MHz \(no signal\)/);
    t.notMatch(stdout, /\u001b/);
  },
);

t.test("scan: Ctrl-C cancels it at the daemon", async (t) => {
  const box = await daemon(t, (line) => ({
    body: { ...IDLE, state: line.startsWith("DELETE") ? "cancelled" : "running" },
  }));
  const running = start(["scan", "--json", "--state", box.state]);
  while (!running.out.stdout.includes("percent")) await new Promise((resolve) => setTimeout(resolve, 10));
  running.interrupt();
  const { code, stderr } = await running.done;
  t.equal(code, 69);
  t.match(JSON.parse(stderr), { code: "request-cancelled" });
  t.equal(box.asked.at(-1)?.line, "DELETE /api/v1/scan");
  const cancelled = await run(["scan", "--cancel", "--state", box.state]);
  t.match(cancelled, { code: 0, stdout: "The scan is cancelled; nothing is changed.\n" });
});

t.test("scan: of a scan that has ended it is not said that it is cancelled", async (t) => {
  for (const state of ["cancelled", "finished", "idle"]) {
    const box = await daemon(t, () => ({ body: { ...DONE, state } }));
    const { code, stdout } = await run(["scan", "--cancel", "--state", box.state]);
    t.match({ code, stdout }, { code: 0, stdout: "No scan runs.\n" }, state);
    t.same(
      box.asked.map(({ line }) => line),
      ["GET /api/v1/scan"],
    );
  }
});

t.test("scan: numbers and names are those of the box's list", async (t) => {
  const unnumbered = { ...service("SVC 1", 1), lcn: null, place: "DVB-T 474 MHz" };
  const listed = {
    ...CHANNEL,
    id: channelIdOf("dvbt-474.000", 1, 1),
    number: 903,
    name: "Kitchen radio",
  };
  const box = await daemon(t, (line) => ({
    body: line.includes("/channels")
      ? { channels: [listed] }
      : { ...DONE, services: [unnumbered, service("Beta", 2)], diff: { ...DONE.diff, added: [unnumbered] } },
  }));
  const { stdout } = await run(["scan", "--state", box.state]);
  t.match(stdout, /^903 +Kitchen radio +tv +1 +DVB-T 474 MHz$/m);
  t.match(stdout, /^ +2 +Beta /m);
  t.match(stdout, /New \(1\): Kitchen radio/);
  t.notMatch(stdout, /SVC 1/);
});

t.test("scan: without a terminal a line now and then, how long it takes, and that it waits", async (t) => {
  const clock = new FakeClock();
  const out = { stdout: "", stderr: "" };
  const io = {
    stdout: { write: (text: string) => (out.stdout += text) },
    stderr: { write: (text: string) => (out.stderr += text) },
    env: {},
    signal: new AbortController().signal,
    clock,
  };
  const show = scanProgress(io, false);
  const at = {
    ...IDLE,
    state: "running" as const,
    total: 50,
    current: ["dvbt-482.000-2"],
    places: ["DVB-T 482 MHz"],
  };
  show.tell(at);
  for (let second = 1; second <= 30; second++) {
    await clock.advanceAsync(1000, 1000);
    show.tell({ ...at, percent: second, done: second });
  }
  show.tell({ ...at, percent: 30, current: [], places: [], waiting: true });
  show.end();
  const lines = out.stderr.trimEnd().split("\n");
  t.equal(lines.length, 5, out.stderr);
  t.match(lines[0], /^0 % of 50 multiplexes · 0 tv, 0 radio · DVB-T 482 MHz$/);
  t.match(lines[3], /^30 % .* about 70 s left/);
  t.match(lines[4], /every tuner is in use: waiting for one/);
  t.notMatch(out.stderr, /dvbt-482|\r/);
  t.equal(out.stdout, "");
});

t.test("scan: where no tuner is there, it is said what was named and what to do", async (t) => {
  const sources = [{ name: "dvb:9", problems: ["DVB adapter 9 is not there: plug it in."] }];
  for (const refused of [true, false]) {
    const box = await daemon(t, (line) =>
      line.endsWith("/tuners")
        ? { body: { tuners: [], sources } }
        : refused
          ? {
              status: 400,
              body: { type: "", title: "No.", status: 400, code: "scan-target-unknown" },
            }
          : { body: { ...IDLE, state: "failed", error: "unsupported" } },
    );
    const { code, stderr } = await run(["scan", "--state", box.state]);
    t.equal(code, 69);
    t.match(stderr, /The box has no tuner\. dvb:9: DVB adapter 9 is not there: plug it in\./);
  }
  const state = await temporaryFolder(t);
  const alone = await run(["scan", "--country", "LI", "--tuner", "dvb:9", "--state", state]);
  t.match(alone, { code: 69, stderr: /dvb:9: DVB adapter 9 is not there/ });
});

t.test("channels: where there is none, it is said how they are found", async (t) => {
  const of = (tuners: unknown[], sources: unknown[]) => async () => {
    const box = await daemon(t, (line) => ({
      body: line.endsWith("/tuners") ? { tuners, sources } : { channels: [] },
    }));
    return (await run(["channels", "--state", box.state])).stdout.replaceAll("\n", " ");
  };
  const tuner = { ...TUNER, signal: null };
  t.match(await of([tuner], [{ name: "dvb", problems: [] }])(), /`tellyport scan --country XX --state /);
  t.match(await of([tuner], [{ name: "mock", problems: [] }])(), /looking for them/);
  t.match(
    await of([], [{ name: "dvb:9", problems: ["DVB adapter 9 is not there."] }])(),
    /dvb:9: DVB adapter 9 is not there/,
  );
});

t.test("scan: what fails says what to do", async (t) => {
  const running = await daemon(t, () => ({
    status: 409,
    body: { type: "", title: "A channel scan runs already.", status: 409, code: "scan-running" },
  }));
  t.match(await run(["scan", "--state", running.state]), { code: 69, stderr: /runs already/ });
  t.match(await run(["scan", "--tuner", "mock", "--state", running.state]), { code: 69 });
  const failed = await daemon(t, () => ({ body: { ...IDLE, state: "failed", error: "unsupported" } }));
  t.match(await run(["scan", "--state", failed.state]), {
    code: 69,
    stderr: /No tuner of this box can receive/,
  });
  const tuner = await run(["scan", "--tuner", "mock", "--state", failed.state]);
  t.match(tuner, { code: 64, stderr: /A daemon runs with this state directory/ });
  const nothing = await daemon(t, () => ({ body: { ...DONE, services: [], found: IDLE.found } }));
  t.match(await run(["scan", "--state", nothing.state]), { code: 69, stdout: /Nothing was found: check/ });
  t.match(await run(["scan", "--country", "France"]), { code: 64, stderr: /two letters/ });
  t.match(await run(["scan", "--country", "FR", "--initial", "x"]), { code: 64, stderr: /not both/ });
  t.match(await run(["scan", "--initial", "/nowhere/at-all"]), { code: 64, stderr: /cannot be read/ });
});

t.test("scan: without a daemon, with tuners of its own", async (t) => {
  const state = await temporaryFolder(t);
  const bad = join(state, "bad.conf");
  const recorded = join(state, "one.ts");
  await writeFile(recorded, generateCapture({ seconds: 1 }));
  const tuner = `file:${recorded}`;
  await writeFile(bad, "[A]\nDELIVERY_SYSTEM = DVBT9\n");
  const refused = await run(["scan", "--initial", bad, "--tuner", tuner, "--state", state]);
  t.match(refused, { code: 64, stderr: /Line 2: .*did you mean DVBT/ });
  const unsupported = await run([
    "scan",
    "--country",
    "LI",
    "--system",
    "dvbt",
    "--tuner",
    tuner,
    "--state",
    state,
  ]);
  t.match(unsupported, { code: 69, stderr: /No tuner of this box/ });
});

t.test("channels set: tells the box what the owner wants, and the person what is so now", async (t) => {
  const channel = CHANNEL;
  const box = await daemon(t, (line) => ({
    body: line.startsWith("GET") ? { channels: [channel] } : { ...channel, number: 9, hidden: true },
  }));
  const set = (...args: string[]) => run(["channels", "set", ...args, "--state", box.state]);
  t.match(await set("das", "--number", "9", "--hide", "--favourite"), {
    code: 0,
    stdout: "Das Erste has number 9 now and is hidden.\n",
  });
  t.same(box.asked.at(-1), {
    line: "PATCH /api/v1/channels/c1",
    body: { number: 9, hidden: true, favourite: true },
  });
  t.equal(box.asked[0]?.line, "GET /api/v1/channels?hidden=true");
  t.equal((await set("1", "--reset")).code, 0);
  t.equal(box.asked.at(-1)?.line, "PUT /api/v1/channels/c1/reset");
  for (const args of [[], ["--reset", "--hide"], ["--hide", "--show"], ["--number", "0"]])
    t.equal((await set("1", ...args)).code, 64, args.join(" "));
  t.match(await set("2", "--hide"), { code: 69, stderr: /: `tellyport channels` lists what there is\.\n$/ });
  t.match(
    await run(["channels", "--state", box.state]),
    { code: 0, stdout: /Das Erste/ },
    "`channels` is still itself",
  );
});
