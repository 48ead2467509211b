import * as Type from "typebox";
import { TellyportError, isTellyportError } from "../../kernel/errors.ts";
import { boxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Arguments, type Command } from "../command.ts";
import type { Io } from "../io.ts";
import { report } from "../report.ts";

const PAIRS = {
  name: "key=value",
  help: "Members of the request, values in JSON or plain text; or one JSON object",
  optional: true,
  many: true,
};
const FAULTS = [
  "kind=lock-delay multiplex=mock-1 ms=3000",
  "kind=no-lock, kind=no-data                         multiplex=mock-1",
  "kind=packet-loss, kind=continuity-errors           multiplex=mock-1 ratio=0.01",
  "kind=pmt-change    multiplex=mock-1 [service=ID] [audioShift=16]",
  "kind=rating        multiplex=mock-1 [service=ID] years=18",
  "kind=clock-jump    multiplex=mock-1 seconds=3600",
  "kind=unplugged     [tuner=mock-0]",
];
const NOTES = ["For developers: only the mock broadcaster (`tuners: {mock: {}}`) knows these requests."];

export const mockFault: Command = {
  path: ["mock", "fault"],
  summary: "Put a fault on the mock broadcaster's air",
  positionals: [PAIRS],
  options: BOX_OPTIONS,
  notes: [...NOTES, ...FAULTS],
  async run(args, io) {
    const body = parseMembers(args.positionals);
    const box = await boxClient(args, io);
    const answer = await box
      .call(Type.Unknown(), "POST", "/api/v1/mock/faults", body)
      .catch((error: unknown) => {
        throw inWords(error, "That is no fault of the mock broadcaster", "fault");
      });
    return show(args, io, answer);
  },
};

export const mockClear: Command = {
  path: ["mock", "clear"],
  summary: "Take the mock broadcaster's faults away",
  options: BOX_OPTIONS,
  notes: NOTES,
  async run(args, io) {
    const box = await boxClient(args, io);
    return show(args, io, await box.call(Type.Unknown(), "DELETE", "/api/v1/mock/faults"));
  },
};

export const mockOnAir: Command = {
  path: ["mock", "on-air"],
  summary: "When each value of the frame counter went on air",
  positionals: [PAIRS],
  options: BOX_OPTIONS,
  notes: [...NOTES, "multiplex=mock-1 service=ID"],
  async run(args, io) {
    const query = new URLSearchParams(
      Object.entries(parseMembers(args.positionals)).map(([key, value]): [string, string] => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ).toString();
    const box = await boxClient(args, io);
    const path = `/api/v1/mock/on-air${query === "" ? "" : `?${query}`}`;
    const answer = await box.call(Type.Unknown(), "GET", path).catch((error: unknown) => {
      throw inWords(error, "Say which service: multiplex=mock-1 service=ID", "on-air");
    });
    return show(args, io, answer);
  },
};

/** A refusal of the request's members, for whoever typed them; `mock` only where there is a mock broadcaster. */
function inWords(error: unknown, what: string, command: string): unknown {
  if (isTellyportError(error, "body-invalid"))
    return new TellyportError(
      "usage",
      `${what}: \`tellyport mock ${command} --help\` shows how it is written.`,
    );
  if (isTellyportError(error, "route-not-found"))
    return new TellyportError(
      "route-not-found",
      "This box has no mock broadcaster: only one that runs with `--tuner mock`, or `tuners: {mock: {}}`, knows this.",
    );
  return error;
}

/**
 * `kind=no-lock multiplex=mock-1 forMs=500` or `{"kind": "no-lock"}` → the request's members.
 * @throws TellyportError `usage`
 */
export function parseMembers(words: readonly string[]): Record<string, unknown> {
  const [first] = words;
  if (first?.startsWith("{") === true && words.length === 1) {
    const value = parseJson(first);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
    throw new TellyportError("usage", "That is not a whole JSON object: quote it for the shell.");
  }
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf("=");
      if (equals < 1) throw new TellyportError("usage", `"${word}" is not of the form key=value.`);
      const text = word.slice(equals + 1);
      const value = parseJson(text);
      return [word.slice(0, equals), value === undefined ? text : value];
    }),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Plain text, then.
    return undefined;
  }
}

function show(args: Arguments, io: Io, answer: unknown): number {
  return report(args, io, answer, () => (answer === null ? "" : `${JSON.stringify(answer, null, 2)}\n`));
}
