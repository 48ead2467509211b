import { chmodSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { createLog } from "../../src/kernel/log.ts";
import { isOpenToOthers, keepPrivate } from "../../src/kernel/private-folder.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

t.test("private folder: one that was made for us is tightened, another one told of", async (t) => {
  const folder = await temporaryFolder(t);
  const lines: string[] = [];
  const log = createLog({ destination: { write: (line: string) => void lines.push(line) } });
  const said = (): unknown[] =>
    lines.splice(0).map((line) => {
      const { level, msg, cure } = JSON.parse(line) as Record<string, unknown>;
      return [level, msg, cure];
    });
  const mode = (): number => statSync(folder).mode & 0o777;

  chmodSync(folder, 0o700);
  keepPrivate(folder, log);
  t.same(said(), [], "it is private");

  for (const open of [0o755, 0o750, 0o701]) {
    chmodSync(folder, open);
    t.equal(isOpenToOthers(folder), true);
    keepPrivate(folder, log);
    t.equal(mode(), 0o700, open.toString(8));
    t.same(said(), [[30, "state-directory-tightened", undefined]]);
    writeFileSync(join(folder, "ours"), "", { mode: 0o600 });
  }

  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "anybody's"), "");
  chmodSync(join(folder, "anybody's"), 0o644);
  keepPrivate(folder, log);
  t.equal(mode(), 0o755, "somebody's home stays one");
  t.same(said(), [[40, "state-directory-open", `others may look into it: chmod 700 ${folder}`]]);
});
