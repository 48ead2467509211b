import type { Readable } from "node:stream";
import { TellyportError } from "../kernel/errors.ts";
import type { Output } from "./io.ts";

/** Standard input, as much of it as is needed here. */
export interface SecretInput extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

/** Characters read at most. */
const LONGEST = 1024;
const INTERRUPT = "\u0003";
const END = "\u0004";
const BACKSPACES = ["\u007f", "\b"];

/**
 * One line that nobody may look over a shoulder at: at a terminal it is asked for and not shown, from a pipe it is read.
 * @param output where it is asked: standard error, so that standard output stays a program's
 * @returns without the end of the line
 * @throws TellyportError `request-cancelled` on Ctrl-C
 */
export async function readSecret(prompt: string, input: SecretInput, output: Output): Promise<string> {
  const terminal = input.isTTY === true && input.setRawMode !== undefined;
  if (terminal) {
    output.write(prompt);
    input.setRawMode?.(true);
  }
  try {
    return await lineOf(input);
  } finally {
    if (terminal) {
      input.setRawMode?.(false);
      output.write("\n");
    }
    input.pause();
  }
}

async function lineOf(input: Readable): Promise<string> {
  let line = "";
  input.setEncoding("utf8");
  // Not closed behind the loop: the terminal is the person's.
  for await (const chunk of input.iterator({ destroyOnReturn: false })) {
    for (const character of String(chunk)) {
      if (character === INTERRUPT) throw new TellyportError("request-cancelled", "Interrupted.");
      if (character === "\n" || character === "\r" || character === END) return line;
      if (BACKSPACES.includes(character)) line = line.slice(0, -1);
      else if (line.length < LONGEST) line += character;
    }
  }
  return line;
}
