import type { Command, Option } from "./command.ts";
import { fit, wrap } from "./text.ts";

/** A program of ours, as its help has it. */
export interface Program {
  readonly name: string;
  readonly intro: string;
}

export const TELLYPORT: Program = {
  name: "tellyport",
  intro: "Tellyport turns a set-top box into its owner's private TV station.",
};
const WIDTH = 80;

/** The page for all commands, for a group (`clients`) or for one command. */
export function renderHelp(
  words: readonly string[],
  commands: readonly Command[],
  program = TELLYPORT,
): string {
  const below = commands.filter(({ path }) => words.every((word, index) => path[index] === word));
  const [only] = below;
  if (only !== undefined && only.path.length === words.length) return renderCommand(only, program);
  const name = [program.name, ...words].join(" ");
  return [
    ...(words.length === 0 ? [program.intro, ""] : []),
    `usage: ${name} <command> [flags]`,
    "",
    "commands:",
    ...list(below.map((command) => [synopsis(command, words.length), command.summary])),
    "",
    `\`${name} <command> --help\` says more about one.`,
    ...(words.length === 0 ? [`\`${program.name} --version\` prints the version.`] : []),
    "",
  ].join("\n");
}

function renderCommand(command: Command, program: Program): string {
  const positionals = command.positionals ?? [];
  const flags = [...Object.entries(command.options)];
  return [
    `${command.summary}.`,
    "",
    `usage: ${program.name} ${synopsis(command, 0)}${flags.length > 0 ? " [flags]" : ""}`,
    ...(positionals.length > 0
      ? ["", ...list(positionals.map(({ name, help }) => [`<${name}>`, help]))]
      : []),
    ...(flags.length > 0
      ? ["", "flags:", ...list(flags.map(([name, option]) => [flagName(name, option), flagHelp(option)]))]
      : []),
    ...(command.notes ?? []).flatMap((note) => ["", wrap(note, WIDTH)]),
    "",
  ].join("\n");
}

/** The words from `skip` on and the positionals: `rename <id> <name>`. */
function synopsis(command: Command, skip: number): string {
  const positionals = (command.positionals ?? []).map(
    ({ name, optional, many }) =>
      `${optional === true ? `[${name}]` : `<${name}>`}${many === true ? "…" : ""}`,
  );
  return [...command.path.slice(skip), ...positionals].join(" ");
}

function flagName(name: string, option: Option): string {
  if (option.type === "boolean") return `--${name}`;
  const value = option.value ?? "VALUE";
  return `--${name} ${option.without === undefined ? value : `[${value}]`}`;
}

function flagHelp(option: Option): string {
  return option.choices === undefined ? option.help : `${option.help}: ${option.choices.join(", ")}`;
}

function list(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => {
    const indent = " ".repeat(width + 4);
    return `  ${fit(left, width)}  ${wrap(right, WIDTH - indent.length, indent)}`;
  });
}
