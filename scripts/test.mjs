// The steps of scripts/test, after set-up: build, then tests beside types, format and lint. Every step runs even when one
// before it failed.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { lane } from "./lib/steps.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const args = process.argv.slice(2);
const long = args.indexOf("--long");
const quick = args.includes("--quick");
const unknown = args.filter((arg, index) => !["--quick", "--long"].includes(arg) && index !== long + 1);
if (unknown.length > 0 || (long < 0 && args.some((arg) => !arg.startsWith("--")))) {
  console.error(`scripts/test takes --quick, or --long [NAME]; not "${args.join(" ")}"`);
  process.exit(64);
}

const built = await lane(
  ["build", process.execPath, "scripts/build.mjs", "--if-needed"],
  ["build of the tests", process.execPath, "scripts/build.mjs", "--tests"],
);
const counts = [
  "--also-passed",
  String(built.filter(Boolean).length),
  "--also-failed",
  String(built.filter((ok) => !ok).length),
];
const part = long >= 0 ? args[long + 1] : undefined;
const suites =
  long >= 0
    ? ["long", ...(part === undefined ? [] : ["--only", `long/${part}.test`])]
    : quick
      ? ["--with-checks"]
      : ["--with-checks", "--with-browser"];
const tests = spawnSync(process.execPath, ["scripts/run-tests.mjs", ...counts, ...suites], {
  stdio: "inherit",
});
process.exitCode = tests.status ?? 1;
