// Runs the built tests, a few processes of many files each, and prints `N passed, N failed[, N skipped]` as the last line.
// usage: run-tests.mjs [--only TEXT] [--with-browser] [--with-checks] [SUITE...]   (default: every suite but browser, long and machine)
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Parser } from "tap-parser";
import { checks } from "./lib/steps.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const buildFolder = resolve(root, process.env.TELLYPORT_BUILD ?? "build");
const built = join(buildFolder, "test");
/** A suite that hangs is ended, and failed, after this. */
const LONG_TIMEOUT_MS = 80 * 60_000;
const SUITE_TIMEOUT_MS = 25 * 60_000;
/** Run by themselves alone. */
const LASTING = new Set(["long", "machine"]);
/** What is measured against the clock goes before what is not; 5 where nothing is said. */
const NICENESS = new Map([
  ["acceptance", 0],
  ["threats", 0],
  ["long", 0],
  ["machine", 19],
]);
/** Tests of a suite at a time, where most of them wait for routers, name servers and clients of others; such suites have a lane of their own. */
const AT_A_TIME = new Map([
  ["ddns-client", 3],
  ["cloud", 3],
]);
const args = process.argv.slice(2);
let only = null;
let withBrowser = false;
let withChecks = false;
const total = { pass: 0, fail: 0, skip: 0 };
const wanted = [];
for (let i = 0; i < args.length; i++) {
  if (args[i] === "--only") only = args[++i];
  else if (args[i] === "--with-browser") withBrowser = true;
  else if (args[i] === "--with-checks") withChecks = true;
  else if (args[i] === "--also-passed") total.pass = Number(args[++i]);
  else if (args[i] === "--also-failed") total.fail = Number(args[++i]);
  else wanted.push(args[i]);
}

/** The first folder below test/ is the suite. */
function suites() {
  const found = new Map();
  for (const entry of readdirSync(built, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".test.js")) continue;
    const file = relative(built, join(entry.parentPath ?? entry.path, entry.name));
    if (only !== null && !file.includes(only)) continue;
    const name = file.split("/")[0];
    if (!found.has(name)) found.set(name, []);
    found.get(name).push(file);
  }
  return found;
}

/** Suites that take so long that their files are run by several processes. */
const PARTS = new Map([["browser", 3]]);

function runSuite(name, files) {
  const entry = join(built, `suite-${name}.js`);
  const jobs = `suite-${name}-jobs.js`;
  writeFileSync(join(built, jobs), `import t from "tap";\nt.jobs = ${AT_A_TIME.get(name) ?? 1};\n`);
  writeFileSync(entry, [jobs, ...files.sort()].map((file) => `import "./${file}";\n`).join(""));
  const counts = { pass: 0, fail: 0, skip: 0, reasons: [], failures: [] };
  return new Promise((done) => {
    const child = spawn(
      "nice",
      [
        "-n",
        String(NICENESS.get(name) ?? 5),
        process.execPath,
        "--enable-source-maps",
        "--no-warnings=ExperimentalWarning",
        entry,
      ],
      {
        cwd: root,
        env: {
          ...process.env,
          TELLYPORT_PROJECT: root,
          // For what a suite makes for itself.
          TELLYPORT_SUITE: name,
          TAP_BAIL: "0",
          TAP_TIMEOUT: LASTING.has(name) ? "4800" : "1500",
        },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const timer = setTimeout(
      () => child.kill("SIGKILL"),
      LASTING.has(name) ? LONG_TIMEOUT_MS : SUITE_TIMEOUT_MS,
    );
    const parser = new Parser();
    let text = "";
    parser.on("assert", (result) => {
      if (result.skip) {
        counts.skip++;
        counts.reasons.push(`${result.name}: ${result.skip === true ? "no reason given" : result.skip}`);
      } else if (result.ok || result.todo) counts.pass++;
      else {
        counts.fail++;
        counts.failures.push(result.name);
      }
    });
    parser.on("bailout", (reason) => counts.failures.push(`bailed out: ${reason}`));
    child.stdout.on("data", (chunk) => (text += chunk));
    child.stdout.pipe(createWriteStream(join(buildFolder, `logs/${name}.tap`)));
    child.stdout.pipe(parser);
    let closed = null;
    const finish = () => {
      if (closed === null || !ended) return;
      if (closed !== 0 && counts.fail === 0) {
        counts.fail++;
        counts.failures.push(`the suite's process ended with ${closed}`);
      }
      if (counts.pass + counts.fail + counts.skip === 0) {
        counts.fail++;
        counts.failures.push("the suite ran no test");
      }
      done({ name, counts, text });
    };
    let ended = false;
    parser.on("complete", () => {
      ended = true;
      finish();
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      closed = signal ?? code;
      finish();
    });
  });
}

const all = suites();
for (const [name, parts] of PARTS) {
  const files = all.get(name);
  if (files === undefined || files.length < parts) continue;
  all.delete(name);
  for (let part = 0; part < parts; part++)
    all.set(
      `${name}-${part + 1}`,
      files.sort().filter((_, at) => at % parts === part),
    );
}
/** The processes of a suite. */
const partsOf = (name) => [...all.keys()].filter((one) => one === name || one.replace(/-\d$/, "") === name);
const names =
  wanted.length > 0
    ? wanted.flatMap((name) => (partsOf(name).length > 0 ? partsOf(name) : [name]))
    : [...all.keys()].filter((name) => (withBrowser || !name.startsWith("browser")) && !LASTING.has(name));
mkdirSync(join(buildFolder, "logs"), { recursive: true });
/** The longest first, so that all workers end at about the same time. */
const LONGEST = [
  "browser-1",
  "browser-2",
  "acceptance",
  "share",
  "browser-3",
  "threats",
  "tuner",
  "access-control",
  "cli",
];
/** Suites at a time: one more than the cores of the machine that this is measured on, since tests wait a good deal. */
const WORKERS = 3;

const MOST_LINES = 400;

/** What failed, at any depth, with the facts that tap gives, and what the tests said themselves. */
function failuresOf(text) {
  let within = false;
  return text.split("\n").filter((line) => {
    if (/^\s*not ok /.test(line)) within = true;
    else if (/^\s*ok /.test(line)) within = false;
    return within || (/^\s*# /.test(line) && !/^\s*# (Subtest|time=)/.test(line));
  });
}

async function work(queue) {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const files = all.get(name);
    if (files === undefined) {
      if (only === null) {
        console.log(`✗ ${name}: there is no such suite`);
        total.fail++;
      }
      continue;
    }
    const from = Date.now();
    const { counts, text } = await runSuite(name, files);
    const log = join(buildFolder, `logs/${name}.tap`);
    total.pass += counts.pass;
    total.fail += counts.fail;
    total.skip += counts.skip;
    const seconds = ((Date.now() - from) / 1000).toFixed(1);
    console.log(
      `${counts.fail === 0 ? "✓" : "✗"} ${name}: ${counts.pass} passed, ${counts.fail} failed, ${counts.skip} skipped (${seconds} s)`,
    );
    for (const reason of counts.reasons) console.log(`    SKIPPED ${reason}`);
    if (counts.fail > 0) {
      for (const failure of counts.failures) console.log(`    FAILED ${failure}`);
      console.log(failuresOf(text).slice(0, MOST_LINES).join("\n"));
      console.log(`    all of it: ${relative(root, log)}`);
    }
  }
}
const rank = (name) => (LONGEST.includes(name) ? LONGEST.indexOf(name) : LONGEST.length);
const queue = names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
const checked = withChecks ? checks() : [];
const waiting = queue.filter((name) => AT_A_TIME.has(name));
const busy = queue.filter((name) => !AT_A_TIME.has(name));
await Promise.all([
  work(waiting).then(() => work(busy)),
  ...Array.from({ length: WORKERS }, () => work(busy)),
]);
for (const ok of await checked) total[ok ? "pass" : "fail"]++;
if (!existsSync(built)) total.fail++;
console.log(`${total.pass} passed, ${total.fail} failed${total.skip > 0 ? `, ${total.skip} skipped` : ""}`);
process.exitCode = total.fail > 0 || total.pass === 0 ? 1 : 0;
