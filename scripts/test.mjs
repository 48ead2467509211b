// The steps of scripts/test, after set-up: types, lint, build, tests. Every step runs even when one before it failed.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const args = process.argv.slice(2);
const long = args.indexOf("--long");
const quick = args.includes("--quick");
const unknown = args.filter((arg, index) => !["--quick", "--long"].includes(arg) && index !== long + 1);
if (unknown.length > 0 || (long < 0 && args.some((arg) => !arg.startsWith("--")))) {
  console.error(`scripts/test takes --quick, or --long [NAME]; not "${args.join(" ")}"`);
  process.exit(64);
}

/** @returns whether the command ended well; what it printed is shown when it did not */
function step(name, command, ...commandArgs) {
  const from = Date.now();
  return new Promise((resolve) => {
    const child = spawn(command, commandArgs, { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
    child.on("error", (error) => (text += error.message));
    child.on("close", (status) => {
      const took = ((Date.now() - from) / 1000).toFixed(1);
      console.log(`${status === 0 ? "✓" : "✗"} ${name} (${took} s)`);
      if (status !== 0) console.log(text);
      resolve(status === 0);
    });
  });
}

/** One after the other. */
async function lane(...steps) {
  const outcomes = [];
  for (const [name, ...command] of steps) outcomes.push(await step(name, ...command));
  return outcomes;
}

const bin = (name) => `node_modules/.bin/${name}`;
const results = [];
if (long < 0) {
  // The lint takes as long as the rest: a core each.
  const lanes = await Promise.all([
    lane(["lint", bin("eslint"), "."]),
    lane(
      ["types", bin("tsc"), "--noEmit", "-p", "tsconfig.json"],
      ["types of the web app", bin("tsc"), "--noEmit", "-p", "web/tsconfig.json"],
      ["format", bin("prettier"), "--check", "--log-level", "warn", "."],
    ),
  ]);
  results.push(...lanes.flat());
}
results.push(
  ...(await lane(
    ["build", process.execPath, "scripts/build.mjs", "--if-needed"],
    ["build of the tests", process.execPath, "scripts/build.mjs", "--tests"],
  )),
);

const counts = [
  "--also-passed",
  String(results.filter(Boolean).length),
  "--also-failed",
  String(results.filter((ok) => !ok).length),
];
const part = long >= 0 ? args[long + 1] : undefined;
const suites =
  long >= 0
    ? ["long", ...(part === undefined ? [] : ["--only", `long/${part}.test`])]
    : quick
      ? []
      : ["--with-browser"];
const tests = spawnSync(process.execPath, ["scripts/run-tests.mjs", ...counts, ...suites], {
  stdio: "inherit",
});
process.exitCode = tests.status ?? 1;
