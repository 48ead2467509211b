import { parseArgs } from "node:util";
import { nearest } from "../kernel/config/nearest.ts";
import { TellyportError } from "../kernel/errors.ts";
import { Arguments, type Command, type Option } from "./command.ts";

export type Parsed =
  | { readonly kind: "run"; readonly command: Command; readonly args: Arguments }
  /** `words` are those of a command, of a group (`clients`), or none. */
  | { readonly kind: "help"; readonly words: readonly string[] }
  | { readonly kind: "version" };

interface Flag {
  readonly name: string;
  readonly raw: string;
  readonly value: string | undefined;
  readonly inline: boolean;
}

/**
 * Reads a command line. Flags may stand anywhere.
 * @param argv without the program's own name
 * @param program that name, for messages
 * @throws TellyportError `usage`, with what was probably meant
 */
export function parseCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  program = "tellyport",
): Parsed {
  const { flags, positionals } = split(argv, commands);
  const asksForHelp = flags.some(({ name }) => name === "help" || name === "h") || positionals[0] === "help";
  const words = positionals[0] === "help" ? positionals.slice(1) : positionals;
  if (words.length === 0) {
    if (asksForHelp) return { kind: "help", words: [] };
    if (flags.some(({ name }) => name === "version")) return { kind: "version" };
    const [first] = flags;
    throw usage(
      first === undefined
        ? `Say what to do: \`${program} --help\` lists the commands.`
        : `${first.raw} needs a command before it: \`${program} --help\` lists them.`,
    );
  }
  // The longest that fits: `channels set` before `channels`.
  const command = commands
    .filter(({ path }) => path.every((word, index) => words[index] === word))
    .reduce<Command | undefined>(
      (best, one) => (one.path.length > (best?.path.length ?? 0) ? one : best),
      undefined,
    );
  if (command === undefined) {
    const group = groupOf(words, commands);
    if (asksForHelp && group !== null && words.length === 1) return { kind: "help", words: group };
    throw unknownCommand(words, group, commands, program);
  }
  if (asksForHelp) return { kind: "help", words: command.path };
  return {
    kind: "run",
    command,
    args: new Arguments(
      checkFlags(flags, command, program),
      checkPositionals(words.slice(command.path.length), command, program),
    ),
  };
}

/** All options of all commands are known here, so that a flag's value is not taken for a command. */
function split(
  argv: readonly string[],
  commands: readonly Command[],
): { flags: Flag[]; positionals: string[] } {
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = {
    help: { type: "boolean", short: "h" },
    version: { type: "boolean" },
  };
  for (const command of commands)
    for (const [name, { type }] of Object.entries(command.options)) options[name] = { type };
  const { tokens } = parseArgs({
    args: withValues(argv, commands),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags: Flag[] = [];
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    else if (token.kind === "option")
      flags.push({
        name: token.name,
        raw: token.rawName,
        value: token.value,
        inline: token.inlineValue === true,
      });
  }
  return { flags, positionals };
}

/** Flags that may stand without a value, given the one that stands for it then. */
function withValues(argv: readonly string[], commands: readonly Command[]): string[] {
  const defaults = new Map<string, string>(
    commands.flatMap((command) =>
      Object.entries(command.options).flatMap(([name, { without }]) =>
        without === undefined ? [] : [[`--${name}`, without] as const],
      ),
    ),
  );
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return argv.map((word, index) => {
    const value = defaults.get(word.replace(/=$/, ""));
    const next = argv[index + 1];
    const bare = word.endsWith("=") || next === undefined || /^-./.test(next);
    return value !== undefined && index < end && bare ? `${word.replace(/=$/, "")}=${value}` : word;
  });
}

function checkFlags(flags: readonly Flag[], command: Command, program: string): Map<string, string | true> {
  const given = new Map<string, string | true>();
  for (const flag of flags) {
    const option: Option | undefined = Object.hasOwn(command.options, flag.name)
      ? command.options[flag.name]
      : undefined;
    if (option === undefined || !flag.raw.startsWith("--")) throw unknownFlag(flag, command, program);
    // Given twice: the last one holds, so that a script's own flags can be overridden behind them.
    given.set(flag.name, option.type === "boolean" ? switchOf(flag) : valueOf(flag, option));
  }
  return given;
}

function switchOf(flag: Flag): true {
  if (flag.value !== undefined) throw usage(`${flag.raw} takes no value.`);
  return true;
}

function valueOf(flag: Flag, option: Option): string {
  if (flag.value !== undefined && flag.value === option.without) return flag.value;
  const missing = flag.value === undefined || flag.value === "" || (!flag.inline && /^-./.test(flag.value));
  if (missing) throw usage(`${flag.raw} needs a value: ${flag.raw} ${option.value ?? "VALUE"}.`);
  const value = flag.value;
  if (option.choices !== undefined && !option.choices.includes(value)) {
    const near = nearest(value, option.choices);
    throw usage(
      `${flag.raw} is one of ${option.choices.join(", ")}, not "${value}"${near === null ? "." : `: did you mean ${near}?`}`,
    );
  }
  return value;
}

function checkPositionals(given: readonly string[], command: Command, program: string): readonly string[] {
  const name = nameOf(command, program);
  const takes = command.positionals ?? [];
  const missing = takes.find(({ optional }, index) => optional !== true && given[index] === undefined);
  if (missing !== undefined)
    throw usage(`\`${name}\` needs <${missing.name}>: \`${name} --help\` says more.`);
  const extra = takes.at(-1)?.many === true ? undefined : given[takes.length];
  if (extra !== undefined) throw usage(`\`${name}\` does not take "${extra}".`);
  return given;
}

/** `["clients"]` when that is the first word of several commands. */
function groupOf(words: readonly string[], commands: readonly Command[]): readonly string[] | null {
  const [first] = words;
  return first !== undefined && commands.some(({ path }) => path.length > 1 && path[0] === first)
    ? [first]
    : null;
}

function unknownCommand(
  words: readonly string[],
  group: readonly string[] | null,
  commands: readonly Command[],
  program: string,
): TellyportError {
  const depth = group === null ? 0 : 1;
  const within = commands.filter(({ path }) => group === null || path[0] === group[0]);
  const known = [...new Set(within.map(({ path }) => path[depth] ?? ""))];
  const prefix = [program, ...(group ?? [])].join(" ");
  const word = words[depth];
  if (word === undefined) return usage(`\`${prefix}\` needs one of ${known.join(", ")}.`);
  const near = nearest(word, known);
  return usage(
    `There is no command \`${prefix} ${word}\`: ${near === null ? `\`${prefix} --help\` lists them.` : `did you mean \`${prefix} ${near}\`?`}`,
  );
}

function unknownFlag(flag: Flag, command: Command, program: string): TellyportError {
  const name = nameOf(command, program);
  const near = flag.raw.startsWith("--")
    ? nearest(flag.name, [...Object.keys(command.options), "help"])
    : null;
  return usage(
    `\`${name}\` has no flag ${flag.raw}: ${near === null ? `\`${name} --help\` lists them.` : `did you mean --${near}?`}`,
  );
}

function nameOf(command: Command, program: string): string {
  return [program, ...command.path].join(" ");
}

function usage(message: string): TellyportError {
  return new TellyportError("usage", message);
}
