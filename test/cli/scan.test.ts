import { createServer } from "node:http";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import type { Scan, ScannedService } from "../../src/protocol/api.ts";
import { generateCapture } from "../tuner/drivers/file/generated-capture.ts";
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
    { id: "dvbt-498.000", system: "dvbt", frequency: 498_000_000, outcome: "no-lock", services: 0 },
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
    t.match(stdout, /Not received: dvbt-498\.000 \(no-lock\)/);
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
  t.match(cancelled, { code: 0, stdout: "The scan is cancelled.\n" });
});

t.test("scan: what fails says what to do", async (t) => {
  const running = await daemon(t, () => ({
    status: 409,
    body: { type: "", title: "A channel scan runs already.", status: 409, code: "scan-running" },
  }));
  t.match(await run(["scan", "--state", running.state]), { code: 77, stderr: /runs already/ });
  t.match(await run(["scan", "--tuner", "mock", "--state", running.state]), { code: 77 });
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
  const channel = {
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
  const box = await daemon(t, (line) => ({
    body: line.startsWith("GET") ? { channels: [channel] } : { ...channel, number: 9, hidden: true },
  }));
  const set = (...args: string[]) => run(["channels", "set", ...args, "--state", box.state]);
  t.match(await set("das", "--number", "9", "--hide", "--favourite"), {
    code: 0,
    stdout: "Das Erste is now 9 Das Erste, hidden.\n",
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
  t.match(await set("2", "--hide"), { code: 69 });
  t.match(
    await run(["channels", "--state", box.state]),
    { code: 0, stdout: /Das Erste/ },
    "`channels` is still itself",
  );
});
