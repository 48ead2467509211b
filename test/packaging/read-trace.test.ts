import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PROJECT } from "../helpers/captures.ts";

const DIST = join(PROJECT, "dist");

t.test("read-trace: a place in a minified file is found in the source", (t) => {
  // A sentence that one line of the source has: where it is built to is where a trace might point.
  const sentence = "Name one that can be written to with --state.";
  const source = readFileSync(join(PROJECT, "src/kernel/store/database.ts"), "utf8").split("\n");
  const line = source.findIndex((text) => text.includes(sentence)) + 1;
  const chunk = readdirSync(join(DIST, "chunks")).find(
    (file) => file.endsWith(".js") && readFileSync(join(DIST, "chunks", file), "utf8").includes(sentence),
  );
  const built = readFileSync(join(DIST, "chunks", chunk ?? ""), "utf8").split("\n");
  const row = built.findIndex((text) => text.includes(sentence));
  const column = built[row]?.indexOf("`The state directory") ?? -1;
  const trace = [
    "Error: broken",
    `    at a (file:///usr/lib/tellyport/chunks/${chunk}:${row + 1}:${column + 1})`,
    "    at node:internal/main/run_main_module:36:49",
    "    at b (file:///usr/lib/tellyport/chunks/none-AAAAAAAA.js:1:1)",
  ].join("\n");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(PROJECT, "scripts/read-trace.mjs"), DIST],
    {
      input: trace,
      encoding: "utf8",
    },
  );
  t.equal(status, 0, stderr);
  const [, first, ...others] = stdout.trimEnd().split("\n");
  t.match(first, `src/kernel/store/database.ts:${line}:`);
  t.same(others, trace.split("\n").slice(2), "what is not known is left as it is");
  t.end();
});
