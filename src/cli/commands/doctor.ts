import { isTellyportError } from "../../kernel/errors.ts";
import { Box, Channels, Tuners } from "../../protocol/api.ts";
import { OnlineState } from "../../protocol/online.ts";
import { boxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Arguments, type Command } from "../command.ts";
import type { Finding, FindingLevel } from "../doctor/finding.ts";
import type { Daemon } from "../doctor/tuner-findings.ts";
import { EXIT } from "../exit-codes.ts";
import { clockOf, printJson, type Io } from "../io.ts";
import { namedState } from "../no-tuner.ts";
import { namedPaths } from "../state-directory.ts";
import { fit, printable, widthOf, wrap } from "../text.ts";

const MARKS: Record<FindingLevel, string> = { ok: "ok", note: "-", warning: "!", problem: "!!" };

export const doctor: Command = {
  path: ["doctor"],
  summary: "Say what this box can receive, and what is wrong with it",
  options: BOX_OPTIONS,
  notes: [
    "Works with and without a running daemon, and changes nothing. `ok` is well, `-` a remark, `!` works but not as it should, `!!` is missing and needed: then the exit code is 69.",
  ],
  async run(args, io) {
    const { diagnose } = await import("../doctor.ts");
    const { findings, adapters } = await diagnose({
      ...namedPaths(args, io),
      clock: clockOf(io),
      signal: io.signal,
      daemon: () => askDaemon(args, io),
    });
    const well = findings.every(({ level }) => level !== "problem");
    if (args.has("json")) printJson(io, { ok: well, findings, adapters });
    else io.stdout.write(renderFindings(findings, io.stdout.columns));
    return well ? EXIT.ok : EXIT.unavailable;
  },
};

async function askDaemon(args: Arguments, io: Io): Promise<Daemon> {
  try {
    const box = await boxClient(args, io);
    const [{ tuners, sources, notReceived }, { channels }, { clockDoubt }, online] = await Promise.all([
      box.call(Tuners, "GET", "/api/v1/tuners"),
      box.call(Channels, "GET", "/api/v1/channels?hidden=true"),
      box.call(Box, "GET", "/api/v1/box"),
      // A daemon of before does not tell.
      box.call(OnlineState, "GET", "/api/v1/online").catch(() => null),
    ]);
    const state = namedState(args);
    return {
      kind: "running",
      tuners,
      channels: channels.length,
      clock: clockDoubt ?? null,
      ...(online !== null && { online }),
      ...(sources !== undefined && { sources }),
      ...(notReceived !== undefined && { notReceived }),
      ...(state !== undefined && { state }),
    };
  } catch (error) {
    if (isTellyportError(error, "role-forbidden")) return { kind: "forbidden" };
    if (isTellyportError(error, "daemon-not-running")) return { kind: "absent" };
    if (isTellyportError(error)) return { kind: "silent", message: error.message };
    throw error;
  }
}

/** A line or more each, and what it comes to. */
export function renderFindings(findings: readonly Finding[], columns: number | undefined): string {
  const width = columns ?? 80;
  const subjects = findings.map(({ subject }) => printable(subject));
  const subjectWidth = Math.min(28, Math.max(0, ...subjects.map(widthOf)));
  const indent = " ".repeat(subjectWidth + 6);
  const lines = findings.map(({ level, message }, i) => {
    const text = wrap(printable(message), Math.max(20, width - indent.length), indent);
    return `${fit(MARKS[level], 2)}  ${fit(subjects[i] ?? "", subjectWidth)}  ${text}\n`;
  });
  const count = (of: FindingLevel): number => findings.filter(({ level }) => level === of).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  const sum =
    problems > 0
      ? `${problems} needed and missing${warnings > 0 ? `, ${warnings} not as it should be` : ""}.`
      : warnings > 0
        ? `Nothing is missing; ${warnings} not as it should be.`
        : "All is well.";
  return `${lines.join("")}\n${sum}\n`;
}
