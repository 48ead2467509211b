// Runs test/bench/*.bench.ts, one process each, and prints a table of what was measured; progress goes to standard error.
// usage: bench.mjs [--json] [--only ID[,ID...]]
// --json: one object a line on standard output, {id, value, unit, goal, ratio?, peer?}, and nothing else there.
// A goal that is missed is printed, not an error; the exit code is 1 when a bench failed to run.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const buildFolder = process.env.TELLYPORT_BUILD ?? "build/bench";
const built = join(root, buildFolder, "test/bench");
const BENCH_TIMEOUT_MS = 10 * 60_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
/** The argument with which this script starts itself to run one bench. */
const ONE = "--one";

/** `<= 0.5`, `ratio ≥ 0.5, aim 0.7`: a bound on the value, or on the ratio. */
const GOAL = /^(ratio )?(<=|>=|≤|≥) *([\d.]+)/;

/** @returns whether what must be is so; null when nothing must, or when there is no ratio to judge by */
function holds({ goal, value, ratio }) {
  const [, ofRatio, operator, bound] = GOAL.exec(goal) ?? [];
  const measured = ofRatio === undefined ? value : ratio;
  if (bound === undefined || measured === undefined) return null;
  return operator === "<=" || operator === "≤" ? measured <= Number(bound) : measured >= Number(bound);
}

function parseArguments(args) {
  const options = { json: false, only: null };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--json") options.json = true;
    else if (args[i] === "--only" && args[i + 1] !== undefined) options.only = new Set(args[++i].split(","));
    else {
      console.error(`unknown: ${args[i]}\nusage: npm run bench -- [--json] [--only ID[,ID...]]`);
      process.exit(64);
    }
  }
  return options;
}

function build(...args) {
  const { status } = spawnSync(process.execPath, ["scripts/build.mjs", ...args], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, TELLYPORT_BUILD: buildFolder },
  });
  if (status !== 0) process.exit(1);
}

/** The benches that are needed: of those that do not say what they measure, all, unless the others have everything. */
async function choose(only) {
  const names = readdirSync(built).filter((name) => name.endsWith(".bench.js"));
  if (only === null) return names.sort();
  const chosen = [];
  const silent = [];
  const unknown = new Set(only);
  for (const name of names) {
    const { ids } = await import(pathToFileURL(join(built, name)).href);
    if (ids === undefined) silent.push(name);
    else if (ids.some((id) => only.has(id))) chosen.push(name);
    for (const id of ids ?? []) unknown.delete(id);
  }
  return [...chosen, ...(unknown.size > 0 ? silent : [])].sort();
}

/** Runs one bench in a process of its own. @returns its figures, or null when it failed */
function runBench(name) {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        "--enable-source-maps",
        "--no-warnings=ExperimentalWarning",
        fileURLToPath(import.meta.url),
        ONE,
        name,
      ],
      {
        cwd: root,
        env: { ...process.env, TELLYPORT_PROJECT: root, TELLYPORT_BUILD: buildFolder },
        stdio: ["ignore", 2, 2, "ipc"],
        // Its own process group: whatever it started ends with it.
        detached: true,
      },
    );
    const end = () => endGroup(child.pid);
    const timer = setTimeout(() => {
      console.error(`  ${name} takes longer than ${BENCH_TIMEOUT_MS / 60_000} minutes`);
      end();
    }, BENCH_TIMEOUT_MS);
    const interrupted = () => {
      end();
      process.exit(130);
    };
    for (const signal of SIGNALS) process.once(signal, interrupted);
    let figures = null;
    child.on("message", (message) => (figures = message));
    child.on("close", (code) => {
      clearTimeout(timer);
      for (const signal of SIGNALS) process.removeListener(signal, interrupted);
      // A bench that failed may have left its daemon behind.
      end();
      resolve(code === 0 ? figures : null);
    });
  });
}

function endGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // Nobody of it is left, as it should be.
    if (error.code !== "ESRCH") throw error;
  }
}

function printTable(figures) {
  const verdict = { true: "yes", false: "NO", null: "-" };
  const rows = [
    ["id", "value", "unit", "goal", "ratio", "peer", "holds"],
    ...figures.map((one) => [
      one.id,
      String(one.value),
      one.unit,
      one.goal,
      String(one.ratio ?? "-"),
      one.peer ?? "-",
      verdict[String(holds(one))],
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    );
}

async function main() {
  const { json, only } = parseArguments(process.argv.slice(2));
  build("--if-needed");
  build("--tests", "--only", ".bench.ts");
  const figures = [];
  let failed = 0;
  for (const name of await choose(only)) {
    const from = Date.now();
    console.error(`${name} ...`);
    const all = await runBench(name);
    if (all === null) failed++;
    const wanted = (all ?? []).filter(({ id }) => only === null || only.has(id));
    if (json) for (const figure of wanted) console.log(JSON.stringify(figure));
    figures.push(...wanted);
    console.error(
      `${name} ${all === null ? "FAILED" : "is done"} after ${((Date.now() - from) / 1000).toFixed(0)} s`,
    );
  }
  const measured = new Set(figures.map(({ id }) => id));
  for (const id of only ?? []) {
    if (measured.has(id)) continue;
    console.error(`nothing measured ${id}`);
    failed++;
  }
  if (!json) printTable(figures);
  process.exitCode = failed > 0 ? 1 : 0;
}

async function one(name) {
  const { run } = await import(pathToFileURL(join(built, name)).href);
  const figures = await run();
  await new Promise((resolve, reject) =>
    process.send(figures, (error) => (error ? reject(error) : resolve())),
  );
  // What a bench leaves open (idle connections) is not to keep the next one waiting.
  process.exit(0);
}

if (process.argv[2] === ONE) await one(process.argv[3]);
else await main();
