import { sleep } from "../../kernel/clock.ts";
import { isTellyportError } from "../../kernel/errors.ts";
import { Box, Tuners } from "../../protocol/api.ts";
import { SystemState } from "../../protocol/system.ts";
import { boxClient, type BoxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Command } from "../command.ts";
import type { Finding } from "../doctor/finding.ts";
import { healthFindings, type PageSeen, type Seen } from "../doctor/health-findings.ts";
import { EXIT } from "../exit-codes.ts";
import { clockOf, printJson, type Io } from "../io.ts";
import { authorityOf, parseBoxUrl } from "../remote/box-address.ts";
import { connectTo } from "../remote/connection.ts";
import { exchange } from "../remote/exchange.ts";
import { printable } from "../text.ts";
import { renderFindings } from "./doctor.ts";

/** Seconds: a first start makes keys, and a cold one reads from a slow disk. */
const DEFAULT_TIMEOUT = 60;
const LONGEST_TIMEOUT = 3600;
/** Ms between two looks. */
const LOOK = 500;
/** Ms that one answer may take. */
const ANSWER = 10_000;

export const healthcheck: Command = {
  path: ["healthcheck"],
  summary: "Say whether this box is well: it answers, is ready, has a tuner",
  options: {
    timeout: {
      type: "string",
      value: "SECONDS",
      help: `Wait so long for it to be well, 0 to ${LONGEST_TIMEOUT} (default: ${DEFAULT_TIMEOUT})`,
    },
    ...BOX_OPTIONS,
  },
  notes: [
    "For whoever decides whether an update is good (RAUC, SWUpdate): the exit code is 0 when it is, and 69 when it is not by the end of the time. A box whose configuration names no tuner is well without one; one whose state cannot be written is well for this, and a warning says so. `tellyport doctor` looks at everything, and says how it is cured.",
  ],
  async run(args, io) {
    const clock = clockOf(io);
    const box = await boxClient(args, io);
    const timeout = args.number("timeout", 0, LONGEST_TIMEOUT) ?? DEFAULT_TIMEOUT;
    const until = clock.monotonic() + 1000 * timeout;
    // A person would take a silence for a hang; a program reads no more than the end.
    let isTold = args.has("json") || io.stderr.columns === undefined;
    for (;;) {
      const findings = healthFindings(await look(box, io));
      const well = findings.every(({ level }) => level !== "problem");
      if (!well && clock.monotonic() < until) {
        if (!isTold) io.stderr.write(waitingFor(findings, timeout));
        isTold = true;
        await sleep(clock, LOOK, io.signal);
        continue;
      }
      if (args.has("json")) printJson(io, { ok: well, findings });
      else io.stdout.write(renderFindings(findings, io.stdout.columns));
      return well ? EXIT.ok : EXIT.unavailable;
    }
  },
};

/** @param timeout seconds */
function waitingFor(findings: readonly Finding[], timeout: number): string {
  const missing = findings.filter(({ level }) => level === "problem");
  const said = missing.map(({ subject, message }) => `${subject}: ${message}`).join(" ");
  return `Waiting up to ${timeout} s for this box to be well. ${printable(said)}\n`;
}

/** @throws the signal's reason */
async function look(box: BoxClient, io: Io): Promise<Seen> {
  try {
    const system = await box.call(SystemState, "GET", "/api/v1/system", undefined, ANSWER);
    const tuners = await box.call(Tuners, "GET", "/api/v1/tuners", undefined, ANSWER);
    const { stateDoubt } = await box.call(Box, "GET", "/api/v1/box", undefined, ANSWER);
    const { local } = system;
    // A daemon of before does not tell where it listens.
    const page = local === undefined ? null : await lookAtPage(local, io.signal);
    return { kind: "answers", system, tuners, page, stateDoubt };
  } catch (error) {
    io.signal.throwIfAborted();
    if (isTellyportError(error)) return { kind: "silent", message: error.message };
    throw error;
  }
}

/** The daemon may answer while its page is not there: both are asked. @param local origin of its HTTP server */
async function lookAtPage(local: string, signal: AbortSignal): Promise<PageSeen> {
  const [health, page] = [`${local}/healthz`, `${local}/`];
  const failure = await ask(health, "application/json", signal);
  return failure === null
    ? { url: page, failure: await ask(page, "text/html", signal) }
    : { url: health, failure };
}

/** @returns why it does not answer with what is wanted; null: it does */
async function ask(url: string, type: string, signal: AbortSignal): Promise<string | null> {
  const { address } = parseBoxUrl(url);
  const request = {
    method: "GET",
    path: new URL(url).pathname,
    host: authorityOf(address),
    headers: { accept: type },
    signal,
    timeoutMs: ANSWER,
  } as const;
  try {
    const { status, headers } = await exchange(connectTo(address, null), request);
    if (status !== 200) return `status ${status}`;
    const given = headers["content-type"] ?? "nothing";
    return given.startsWith(type) ? null : `${given} in place of ${type}`;
  } catch (error) {
    signal.throwIfAborted();
    if (isTellyportError(error)) return error.message.replace(/\.$/, "");
    throw error;
  }
}
