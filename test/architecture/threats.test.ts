import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PROJECT } from "../helpers/captures.ts";

const read = (path: string): string => readFileSync(join(PROJECT, path), "utf8");

/** Whether a file has a test, or a case of a table, with the threat's number at the head of its title. */
function attacks(file: string, id: string): boolean {
  return [...read(file).matchAll(/["'`]((?:[\w ]+, )?T\d+[^"'`]*)/g)].some(([, title = ""]) =>
    new RegExp(`\\b${id}\\b`).test(title.split(":")[0] ?? ""),
  );
}

t.test(
  "threats: each of the twenty-eight is attacked by a test with its number, or the page says what it waits for",
  (t) => {
    const rows = [...read("docs/threats.md").matchAll(/^\| (T\d+) \| .+? \| (.+?) \| (.*?) ?\|$/gm)];
    t.same(
      rows.map(([, id]) => id),
      Array.from({ length: 28 }, (_, index) => `T${index + 1}`),
    );
    for (const [, id = "", against = "", where = ""] of rows) {
      const files = [...where.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, path = ""]) => join("test", path));
      t.ok(files.length > 0 || against.includes("not yet"), `${id} is attacked somewhere`);
      for (const file of files)
        t.ok(existsSync(join(PROJECT, file)) && attacks(file, id), `${id} in ${file}`);
    }
    t.end();
  },
);
