import fc from "fast-check";
import t from "tap";
import { COMMANDS } from "../../src/cli/commands/index.ts";
import { parseMembers } from "../../src/cli/commands/mock.ts";
import { renderHelp } from "../../src/cli/help.ts";
import { parseCommandLine } from "../../src/cli/parse.ts";
import { widthOf } from "../../src/cli/text.ts";
import { isTellyportError } from "../../src/kernel/errors.ts";
import { run } from "./run-command.ts";

const parse = (line: string) => parseCommandLine(line === "" ? [] : line.split(" "), COMMANDS);
const calls = (line: string): { path: string; positionals: readonly string[] } => {
  const parsed = parse(line);
  if (parsed.kind !== "run") throw new Error(`${line} is ${parsed.kind}`);
  return { path: parsed.command.path.join(" "), positionals: parsed.args.positionals };
};

t.test("parse: words find their command, flags stand anywhere", (t) => {
  t.same(calls("channels"), { path: "channels", positionals: [] });
  t.same(calls("--state D clients rename --json c1 Kitchen"), {
    path: "clients rename",
    positionals: ["c1", "Kitchen"],
  });
  t.same(calls("remote pair http://b --code=BCDF-GHJK"), { path: "remote pair", positionals: ["http://b"] });
  t.same(calls("remote play -- --json").positionals, ["--json"], "after -- nothing is a flag");
  const parsed = parse("run --state a --tuner mock --state b");
  t.equal(parsed.kind === "run" && parsed.args.text("state"), "b", "the last one holds");
  t.end();
});

t.test("parse: a flag that may stand without a value does so before another, and at the end", (t) => {
  const code = (line: string): string | undefined => {
    const parsed = parse(line);
    return parsed.kind === "run" ? parsed.args.text("recovery-code") : undefined;
  };
  for (const line of [
    "remote pair http://b --recovery-code",
    "remote pair --recovery-code --json http://b",
    "remote pair http://b --recovery-code=",
    "remote pair http://b --recovery-code -",
    "remote pair --recovery-code -- http://b",
  ])
    t.equal(code(line), "-", line);
  t.equal(code("remote pair http://b --recovery-code BCDF"), "BCDF");
  t.equal(code("remote pair -- --recovery-code"), undefined, "after -- nothing is a flag");
  t.end();
});

t.test("parse: what is wrong is named, with what was probably meant", (t) => {
  for (const [line, message] of [
    ["", /tellyport --help/],
    ["--json", /needs a command/],
    ["chanels", /did you mean `tellyport channels`/],
    ["clients", /needs one of list, rename, role, limit, revoke/],
    ["clients lits", /did you mean `tellyport clients list`/],
    ["frobnicate", /`tellyport --help` lists them/],
    ["channels --jsno", /did you mean --json/],
    ["channels -j", /has no flag -j/],
    ["channels extra", /does not take "extra"/],
    ["channels --json=yes", /takes no value/],
    ["channels --state", /--state needs a value: --state DIR/],
    ["channels --state --json", /--state needs a value/],
    ["remote play", /needs <channel>/],
    ["remote play 1 --player mvp", /did you mean mpv/],
    ["pair --role admin", /one of owner, viewer, kid, guest/],
    ["channels --constructor", /has no flag --constructor/],
    ["channels --__proto__", /has no flag/],
  ] as const) {
    t.throws(() => parse(line), { code: "usage", message }, line);
  }
  t.end();
});

t.test("parse: help is there for everything, in 80 columns", async (t) => {
  t.same(parse("--help"), { kind: "help", words: [] });
  t.same(parse("help remote"), { kind: "help", words: ["remote"] });
  t.same(parse("clients rename -h"), { kind: "help", words: ["clients", "rename"] });
  for (const words of [[], ["clients"], ["remote"], ["mock"], ...COMMANDS.map(({ path }) => path)])
    for (const line of renderHelp(words, COMMANDS).split("\n")) t.ok(widthOf(line) <= 80, line);
  t.match(await run(["--version"]), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
  t.match(await run(["remote", "--help"]), { code: 0, stdout: /play <channel>/ });
  t.match(await run(["run", "--port", "70000"]), { code: 64, stderr: /0 to 65535/ });
});

t.test("parse: any words give a command, help or a usage error", (t) => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("remote", "play", "--json", "--state", "--", "-", "clients"),
  );
  fc.assert(
    fc.property(fc.array(word), (argv) => {
      try {
        parseCommandLine(argv, COMMANDS);
      } catch (error) {
        if (!isTellyportError(error, "usage")) throw error;
      }
    }),
  );
  t.end();
});

t.test("parse: members of a mock request", (t) => {
  t.same(parseMembers(["a=1", "b=x", "c=true", "d=", 'e=["1"]', "f=a=b"]), {
    a: 1,
    b: "x",
    c: true,
    d: "",
    e: ["1"],
    f: "a=b",
  });
  t.same(parseMembers([]), {});
  t.throws(() => parseMembers(["{oops"]), { code: "usage" });
  t.throws(() => parseMembers(["=1"]), { code: "usage" });
  t.end();
});
