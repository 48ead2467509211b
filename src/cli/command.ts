import { TellyportError } from "../kernel/errors.ts";
import type { Io } from "./io.ts";

/** A flag of a command; its name is the key in {@link Command.options}. */
export interface Option {
  readonly type: "string" | "boolean";
  /** What stands for the value in the help: `DIR`. */
  readonly value?: string;
  /** What the flag means when no value follows it; absent: it needs one. */
  readonly without?: string;
  readonly help: string;
  /** The only values it may have. */
  readonly choices?: readonly string[];
}

export interface Positional {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** The last one may take all that follows. */
  readonly many?: boolean;
}

export interface Command {
  /** The words that call it: `["clients", "rename"]`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly positionals?: readonly Positional[];
  readonly options: Readonly<Record<string, Option>>;
  /** Paragraphs and examples below the flags. */
  readonly notes?: readonly string[];
  /** @returns the exit code. @throws TellyportError */
  readonly run: (args: Arguments, io: Io) => Promise<number>;
}

/** What was given to a command, checked against what it takes. */
export class Arguments {
  readonly #flags: ReadonlyMap<string, string | true>;
  readonly positionals: readonly string[];

  constructor(flags: ReadonlyMap<string, string | true>, positionals: readonly string[]) {
    this.#flags = flags;
    this.positionals = positionals;
  }

  /** The value of a flag of type string. */
  text(name: string): string | undefined {
    const value = this.#flags.get(name);
    return value === true ? undefined : value;
  }

  /** A flag of type string that takes a whole number. @throws TellyportError `usage` */
  number(name: string, least: number, most: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    const isNumber = /^\d+$/.test(text) && text.length <= String(most).length;
    if (isNumber && value >= least && value <= most) return value;
    throw new TellyportError("usage", `--${name} is a number from ${least} to ${most}, not "${text}".`);
  }

  /** Whether a flag of type boolean was given. */
  has(name: string): boolean {
    return this.#flags.has(name);
  }

  /** A positional that the command requires. */
  required(index: number): string {
    const value = this.positionals[index];
    if (value === undefined)
      throw new RangeError(`positional ${index} is not among those the command requires`);
    return value;
  }
}

export const JSON_OPTION = { json: { type: "boolean", help: "Print JSON, for programs" } } as const;
export const STATE_OPTIONS = {
  state: {
    type: "string",
    value: "DIR",
    help: "State directory (else $TELLYPORT_STATE, else the configured one)",
  },
  config: { type: "string", value: "FILE", help: "Configuration that names the state directory" },
} as const;
/** Of a command that asks the daemon of this machine. */
export const BOX_OPTIONS = { ...STATE_OPTIONS, ...JSON_OPTION } as const;
