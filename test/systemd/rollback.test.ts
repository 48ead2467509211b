import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import t from "tap";
import { EXIT } from "../../src/cli/exit-codes.ts";
import { Releases } from "../../src/cli/release/releases.ts";
import { PROJECT } from "../helpers/captures.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

const SCRIPT = join(PROJECT, "systemd/rollback.sh");
/** Shells that boxes have. */
const SHELLS: readonly (readonly string[])[] = [["dash"], ["busybox", "sh"]];

interface Failure {
  readonly state?: string;
  readonly status?: number;
  readonly result?: string;
}

/** A box with the script where it is installed, and a service manager that says what it is told to. */
interface Site {
  readonly root: string;
  readonly tools: string;
  /** Words of the service manager's calls that were no questions. */
  calls(): string[];
  current(): string | null;
  /** Puts a release there. @param check what its check of the configuration ends with */
  put(version: string, check?: number): void;
  lead(link: string, target: string): void;
  fail(failure?: Failure, env?: NodeJS.ProcessEnv): { status: number | null; said: string };
}

async function site(t: Teardown, shell: readonly string[] = ["sh"]): Promise<Site> {
  const folder = await temporaryFolder(t);
  const [root, base, tools] = ["releases-of-box", "base", "tools"].map((name) => join(folder, name));
  if (root === undefined || base === undefined || tools === undefined) throw new Error("three were made");
  for (const path of [join(root, "releases"), join(base, "bin"), tools]) mkdirSync(path, { recursive: true });
  const script = join(base, "rollback");
  writeFileSync(script, readFileSync(SCRIPT));
  const program = (path: string, text: string): void => {
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  };
  // A Node of sorts: what is to be run says how it ends.
  program(join(base, "bin/node"), '[ "$2" = check-config ] && . "$1"');
  writeFileSync(join(base, "cli.js"), "exit 0");
  program(
    join(tools, "systemctl"),
    `if [ "$1" != show ]; then echo "$*" >>"${folder}/calls"; exit; fi
     echo >>"${folder}/looks"
     if [ "$(wc -l <"${folder}/looks")" -le "\${FAKE_RESTARTS:-0}" ]; then printf 'ActiveState=activating\\nSubState=auto-restart\\n'
     else printf '%s\\n' "Result=$FAKE_RESULT" "ExecMainStatus=$FAKE_STATUS" "ActiveState=$FAKE_STATE"; fi`,
  );
  const releases = new Releases(root);
  return {
    root,
    tools,
    calls: () =>
      existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n") : [],
    current: () =>
      existsSync(join(root, "current")) ? readFileSync(join(root, "current/VERSION"), "utf8") : null,
    put(version, check = 0) {
      for (const part of ["chunks", "node_modules"])
        mkdirSync(join(releases.folderOf(version), part), { recursive: true });
      writeFileSync(join(releases.folderOf(version), "VERSION"), version);
      writeFileSync(join(releases.folderOf(version), "cli.js"), `exit ${check}`);
    },
    lead(link, target) {
      rmSync(join(root, link), { force: true });
      symlinkSync(target, join(root, link));
    },
    fail({ state = "failed", status = 1, result = "exit-code" } = {}, env = {}) {
      const [command = "sh", ...rest] = shell;
      const ran = spawnSync(command, [...rest, script], {
        encoding: "utf8",
        env: {
          PATH: `${tools}:${process.env["PATH"]}`,
          TELLYPORT_RELEASES: root,
          FAKE_STATE: state,
          FAKE_STATUS: String(status),
          FAKE_RESULT: result,
          ...env,
        },
      });
      return { status: ran.status, said: ran.stdout + ran.stderr };
    },
  };
}

const BEGUN = ["reset-failed tellyport.service", "--no-block start tellyport.service"];

for (const shell of SHELLS) {
  const skip = skipWithoutProgram(shell[0] ?? "");
  t.test(
    `rollback in ${shell.join(" ")}: to the release before, else to the one that came with the box`,
    { skip },
    async (t) => {
      const box = await site(t, shell);
      t.equal(spawnSync(shell[0] ?? "", [...shell.slice(1), "-n", SCRIPT]).status, 0);
      box.put("0.2.0");
      box.put("0.3.0");
      box.lead("current", "releases/0.3.0");
      box.lead("previous", "releases/0.2.0");
      t.match(box.fail({ result: "start-limit-hit" }), {
        status: 0,
        said: /^tellyport-rollback: release 0\.3\.0 does not start \(start-limit-hit\): back to 0\.2\.0\n$/,
      });
      t.equal(box.current(), "0.2.0");
      t.same(box.calls(), BEGUN);
      t.match(JSON.parse(readFileSync(join(box.root, "rolled-back"), "utf8")), {
        from: "0.3.0",
        to: "0.2.0",
        reason: "start-limit-hit",
        at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
      });
      const listed = await new Releases(box.root).list();
      t.match(
        listed.find(({ version }) => version === "0.3.0"),
        { bad: true, current: false, previous: false },
      );
      t.match(
        listed.find(({ version }) => version === "0.2.0"),
        { bad: false, current: true },
      );
      t.equal(box.fail().status, 0);
      t.equal(box.current(), null, "the one that came with the box");
      t.same(box.calls(), [...BEGUN, ...BEGUN]);
      t.match(box.fail(), { status: 0, said: /nothing is before it/ });
      t.same(box.calls().length, 4, "and is not begun again for ever");
      t.same(readdirSync(box.root).sort(), ["bad", "releases", "rolled-back"]);
    },
  );
}

t.test("rollback: not from a release that has run well, nor while it is begun again", async (t) => {
  const box = await site(t);
  box.put("0.2.0");
  box.lead("current", "releases/0.2.0");
  t.match(box.fail({ state: "activating" }), { status: 0, said: /nothing to do/ });
  const restarts = { FAKE_RESTARTS: "2" };
  t.match(box.fail({ state: "activating" }, restarts), { status: 0, said: /nothing to do/ });
  mkdirSync(join(box.root, "marks"));
  writeFileSync(join(box.root, "marks/0.2.0"), "");
  t.match(box.fail(), { status: 0, said: /has run well before/ });
  t.equal(box.current(), "0.2.0");
  t.same(box.calls(), []);
  rmSync(join(box.root, "marks/0.2.0"));
  t.equal(box.fail().status, 0);
  t.equal(box.current(), null);
});

t.test("rollback: for the configuration, to a release that can start with it alone", async (t) => {
  const box = await site(t);
  box.put("0.2.0", EXIT.configuration);
  box.put("0.3.0", EXIT.configuration);
  box.lead("current", "releases/0.3.0");
  box.lead("previous", "releases/0.2.0");
  const failure = { status: EXIT.configuration };
  t.match(box.fail(failure), {
    status: 0,
    said: /release 0\.2\.0 cannot start with this configuration either/,
  });
  t.equal(box.current(), "0.3.0");
  t.same(box.calls(), []);
  t.notOk(existsSync(join(box.root, "bad")), "it is not at fault");
  box.put("0.2.0", 0);
  t.match(box.fail(failure), { status: 0, said: /\(configuration\): back to 0\.2\.0/ });
  t.equal(box.current(), "0.2.0");
  t.match(box.fail(failure), { status: 0, said: /\(configuration\): back to base/ });
});

t.test("rollback: never to what failed before, is not whole, or lies elsewhere", async (t) => {
  const box = await site(t);
  box.put("0.2.0");
  box.put("0.3.0");
  const elsewhere = await temporaryFolder(t);
  for (const spoil of [
    () => {
      mkdirSync(join(box.root, "bad"), { recursive: true });
      writeFileSync(join(box.root, "bad/0.2.0"), "");
    },
    () => rmSync(join(box.root, "releases/0.2.0/cli.js")),
    () => box.lead("previous", elsewhere),
    () => box.lead("previous", "releases/../../x"),
    () => box.lead("previous", "releases/0.3.0"),
  ]) {
    rmSync(join(box.root, "bad"), { recursive: true, force: true });
    box.put("0.2.0");
    box.lead("current", "releases/0.3.0");
    box.lead("previous", "releases/0.2.0");
    spoil();
    t.match(box.fail(), { status: 0, said: /back to base/ }, String(spoil));
    t.equal(box.current(), null);
  }
  box.lead("current", elsewhere);
  t.match(box.fail(), { said: /nothing is before it/ }, "what leads elsewhere is not what was started");
});

t.test(
  "rollback: after a power cut before any step, the next failure ends it as the first would have",
  async (t) => {
    let cuts = 0;
    for (let at = 0; ; at++) {
      const box = await site(t);
      box.put("0.2.0");
      box.put("0.3.0");
      box.lead("current", "releases/0.3.0");
      box.lead("previous", "releases/0.2.0");
      for (const tool of ["mkdir", "mv", "ln", "rm", "sync"]) {
        const path = spawnSync("which", [tool], { encoding: "utf8" }).stdout.trim();
        writeFileSync(
          join(box.tools, tool),
          `#!/bin/sh
        count=$(cat "$CUT_COUNT" 2>/dev/null || echo 0)
        [ "$count" = "$CUT_AT" ] && kill -9 $PPID && exit 1
        echo $((count + 1)) >"$CUT_COUNT"
        exec ${path} "$@"\n`,
          { mode: 0o755 },
        );
      }
      const { status } = box.fail({}, { CUT_AT: String(at), CUT_COUNT: join(box.tools, "count") });
      for (const tool of ["mkdir", "mv", "ln", "rm", "sync"]) rmSync(join(box.tools, tool));
      t.ok(["0.2.0", "0.3.0"].includes(box.current() ?? ""), `cut ${at}: ${box.current()}`);
      if (status === 0) break;
      cuts++;
      if (box.current() === "0.3.0") t.match(box.fail(), { status: 0, said: /back to 0\.2\.0/ }, `cut ${at}`);
      t.equal(box.current(), "0.2.0", `cut ${at}`);
      t.ok(existsSync(join(box.root, "bad/0.3.0")), `cut ${at}`);
      t.equal(box.fail().status, 0);
      t.equal(box.current(), null, `cut ${at}: not back to what failed`);
    }
    t.ok(cuts >= 7, `${cuts} cuts`);
  },
);

t.test("rollback: over what was installed and never started, to what ran", async (t) => {
  const box = await site(t);
  const releases = new Releases(box.root);
  mkdirSync(join(box.root, "marks"));
  writeFileSync(join(box.root, "marks/0.2.0"), "");
  for (const version of ["0.2.0", "0.3.0", "0.4.0"]) {
    box.put(version);
    await releases.use(version);
  }
  t.match(box.fail(), { status: 0, said: /release 0\.4\.0 does not start.*back to 0\.2\.0/ });
  t.equal(box.current(), "0.2.0");
  t.match(box.fail(), { status: 0, said: /has run well before/ });
});

t.test("rollback: a restart that is near is waited for, and seen to be the last", async (t) => {
  const box = await site(t);
  box.put("0.2.0");
  box.lead("current", "releases/0.2.0");
  t.match(box.fail({}, { FAKE_RESTARTS: "2" }), { status: 0, said: /does not start.*back to base/ });
  t.equal(box.current(), null);
});
