import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PROJECT } from "../helpers/captures.ts";

interface Row {
  readonly id: string;
  readonly proof: string;
}

function rowsOf(path: string): Row[] {
  const text = readFileSync(join(PROJECT, path), "utf8");
  return [...text.matchAll(/^\| ([A-Z]+-\d\d) \| .+? \| (.+) \|$/gm)].map(([, id = "", proof = ""]) => ({
    id,
    proof,
  }));
}

/** The folders below `test` that a path of the table may be written without. */
const FROM = ["share/live", "."];

t.test(
  "conformance: the table has every number of each group once, and a proof or a reason for each",
  (t) => {
    const rows = rowsOf("docs/hls-conformance.md");
    const groups = new Map<string, number[]>();
    for (const { id, proof } of rows) {
      const [group = "", number] = id.split("-");
      groups.set(group, [...(groups.get(group) ?? []), Number(number)]);
      t.ok(/`[^`]+\.test\.ts`|checker|not held/.test(proof), `${id} is proved, or says why not`);
    }
    t.ok(groups.size >= 5, `${groups.size} groups`);
    for (const [group, numbers] of groups)
      t.same(
        numbers,
        Array.from({ length: numbers.length }, (_, index) => index + 1),
        `${group}: none is missing`,
      );
    t.end();
  },
);

t.test("conformance: every test that the table names is there", (t) => {
  const named = rowsOf("docs/hls-conformance.md").flatMap(({ id, proof }) =>
    [...proof.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, path = ""]) => ({ id, path })),
  );
  t.ok(named.length > 50, `${named.length} named`);
  for (const { id, path } of named)
    t.ok(
      FROM.some((folder) => existsSync(join(PROJECT, "test", folder, path))),
      `${id}: ${path}`,
    );
  t.end();
});
