// Commands that either go well or show what they printed.
import { spawn } from "node:child_process";

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

/** One after the other, each `[name, command, ...arguments]`. @returns whether each ended well */
export async function lane(...steps) {
  const outcomes = [];
  for (const [name, ...command] of steps) outcomes.push(await step(name, ...command));
  return outcomes;
}

/** Below whatever else wants the processors. */
const last = (...command) => ["nice", "-n", "19", ...command];
const bin = (name) => last(`node_modules/.bin/${name}`);
/** The compiler that is written in Go checks in a sixth of the time; the linter needs the one before it as a library. */
const typesOf = (project) =>
  last(process.execPath, "node_modules/typescript-native/bin/tsc", "--noEmit", "-p", project);

/** Types, format and lint: they take what the tests leave of the processors. @returns whether each ended well */
export async function checks() {
  const lanes = await Promise.all([
    lane(["lint", ...bin("eslint"), "."]),
    lane(
      ["types", ...typesOf("tsconfig.json")],
      ["types of the web app", ...typesOf("web/tsconfig.json")],
      ["format", ...bin("prettier"), "--check", "--log-level", "warn", "."],
    ),
  ]);
  return lanes.flat();
}
