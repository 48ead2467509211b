import { readFile } from "node:fs/promises";
import { sleep } from "../../kernel/clock.ts";
import { isTellyportError, systemCode, TellyportError, type ErrorCode } from "../../kernel/errors.ts";
import {
  Channels,
  Scan,
  Tuners,
  type Channel,
  type ScanProgress,
  type ScanRequest,
} from "../../protocol/api.ts";
import { boxClient, type BoxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Arguments, type Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { clockOf, printJson, type Io } from "../io.ts";
import { noTuner } from "../no-tuner.ts";
import { scanProgress } from "../scan-progress.ts";
import { report } from "../report.ts";
import { channelOf, renderScan } from "../scan-report.ts";
import { namedPaths } from "../state-directory.ts";

/** How often the daemon is asked how far it is, ms. */
const POLL_MS = 300;
/** How often the box is asked for channels that it does not list yet. */
const LISTED_TRIES = 5;
const CANCEL_TIMEOUT_MS = 5000;
const SYSTEMS = ["dvbt", "dvbt2", "dvbc", "dvbs", "dvbs2", "isdbt", "dtmb", "atsc", "cable"] as const;

export const scan: Command = {
  path: ["scan"],
  summary: "Find channels",
  options: {
    initial: {
      type: "string",
      value: "FILE",
      help: "Begin with these multiplexes (format of dtv-scan-tables)",
    },
    country: { type: "string", value: "XX", help: "Try every frequency of a country: FR" },
    system: { type: "string", value: "SYSTEM", help: "Only this", choices: SYSTEMS },
    satellite: {
      type: "string",
      value: "POSITION",
      help: "Where the satellite of the initial data is: 19.2E",
    },
    "no-follow": { type: "boolean", help: "Do not visit what the networks' tables name beyond that" },
    "dry-run": { type: "boolean", help: "Show what would change, and change nothing" },
    cancel: { type: "boolean", help: "Cancel the scan that the daemon runs" },
    tuner: { type: "string", value: "TUNER", help: "Without a daemon: in place of the configured tuners" },
    ...BOX_OPTIONS,
  },
  notes: [
    "Without --country and --initial it scans again what is known. The daemon's tuners are used when it runs, those that nobody needs; else this command opens them itself, and the daemon knows the result when it starts. Ctrl-C cancels; then nothing is changed.",
    'With --json a line comes with each step; the last one is {"services": [...]}, all that was found.',
  ],
  async run(args, io) {
    if (args.has("cancel")) return await cancelScan(args, io);
    const show = scanProgress(io, args.has("json"));
    const { result, channels } = await scanAnyhow(args, io, show.tell).finally(show.end);
    if (result.state === "cancelled")
      throw new TellyportError("request-cancelled", "The scan was cancelled; nothing is changed.");
    if (result.services === null || result.diff === null) throw failure(result);
    if (args.has("json")) {
      printJson(io, { multiplexes: result.multiplexes, diff: result.diff, dryRun: result.dryRun });
      printJson(io, { services: result.services });
    } else io.stdout.write(renderScan(result, io.stdout.columns, channels));
    return result.services.length > 0 ? EXIT.ok : EXIT.unavailable;
  },
};

interface Ended {
  readonly result: Scan;
  /** As the box lists them now; none without a daemon. */
  readonly channels: readonly Channel[];
}

async function scanAnyhow(args: Arguments, io: Io, tell: (progress: ScanProgress) => void): Promise<Ended> {
  const request = await requestOf(args);
  if (args.text("tuner") === undefined) {
    try {
      return await scanByDaemon(args, io, request, tell);
    } catch (error) {
      if (!isTellyportError(error, "daemon-not-running")) throw error;
    }
  } else await refuseDaemon(args, io);
  // The tuners' drivers are loaded only by who needs them.
  const { scanWithoutDaemon } = await import("../scan.ts");
  const tuner = args.text("tuner");
  const result = await scanWithoutDaemon(
    {
      ...namedPaths(args, io),
      ...(tuner !== undefined && { tuner }),
    },
    request,
    { signal: io.signal, progress: tell },
  );
  return { result, channels: [] };
}

/** Two programs must not write one state directory. @throws TellyportError `usage` */
async function refuseDaemon(args: Arguments, io: Io): Promise<void> {
  const box = await boxClient(args, io);
  try {
    await box.call(Scan, "GET", "/api/v1/scan");
  } catch (error) {
    if (isTellyportError(error, "daemon-not-running")) return;
    throw error;
  }
  throw new TellyportError(
    "usage",
    "A daemon runs with this state directory, and it has tuners of its own: leave --tuner away, or name another directory with --state.",
  );
}

async function scanByDaemon(
  args: Arguments,
  io: Io,
  request: ScanRequest,
  tell: (progress: ScanProgress) => void,
): Promise<Ended> {
  const box = await boxClient(args, io);
  let state = await box.call(Scan, "POST", "/api/v1/scan", request).catch(async (error: unknown) => {
    throw await withoutTuner(box, error);
  });
  try {
    for (;;) {
      tell(state);
      if (state.state !== "running") break;
      await sleep(clockOf(io), POLL_MS, io.signal);
      state = await box.call(Scan, "GET", "/api/v1/scan");
    }
  } catch (error) {
    if (!io.signal.aborted) throw error;
    return { result: await cancel(args, io), channels: [] };
  }
  if (state.state === "failed") throw await withoutTuner(box, failure(state));
  return { result: state, channels: await channelsOf(box, state, io) };
}

/** What the box has no tuner for is told as that, with what was named and is not there. */
async function withoutTuner(box: BoxClient, error: unknown): Promise<unknown> {
  if (!isTellyportError(error) || !FOR_WANT_OF_A_TUNER.has(error.code)) return error;
  const answer = await box.call(Tuners, "GET", "/api/v1/tuners").catch(() => null);
  const why = answer === null ? null : noTuner(answer);
  return why === null ? error : new TellyportError("device-gone", why, { cause: error });
}

/**
 * Their numbers and names are what the person will see. The box lists new ones after a moment; one that does not tell them is no
 * failure of the scan.
 */
async function channelsOf(box: BoxClient, { services, dryRun }: Scan, io: Io): Promise<readonly Channel[]> {
  try {
    for (let tries = 1; ; tries++) {
      const { channels } = await box.call(Channels, "GET", "/api/v1/channels?hidden=true");
      const listed = new Set(channels.map(({ id }) => id));
      const isWhole = (services ?? []).every((one) => listed.has(channelOf(one)));
      if (isWhole || dryRun || tries === LISTED_TRIES) return channels;
      await sleep(clockOf(io), POLL_MS, io.signal);
    }
  } catch (error) {
    if (!isTellyportError(error)) throw error;
    return [];
  }
}

async function cancelScan(args: Arguments, io: Io): Promise<number> {
  const box = await boxClient(args, io);
  const before = await box.call(Scan, "GET", "/api/v1/scan");
  // What ended before is no scan that could be cancelled.
  const runs = before.state === "running";
  const result = runs ? await cancel(args, io) : before;
  return report(args, io, result, () => {
    if (!runs) return "No scan runs.\n";
    return result.state === "cancelled"
      ? "The scan is cancelled; nothing is changed.\n"
      : "The scan had ended already.\n";
  });
}

async function cancel(args: Arguments, io: Io): Promise<Scan> {
  // The person has interrupted already: this request has its own patience.
  const box = await boxClient(args, { ...io, signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) });
  return await box.call(Scan, "DELETE", "/api/v1/scan");
}

async function requestOf(args: Arguments): Promise<ScanRequest> {
  const path = args.text("initial");
  const country = args.text("country");
  const satellite = args.text("satellite");
  const system = SYSTEMS.find((one) => one === args.text("system"));
  if (country !== undefined && !/^[A-Za-z]{2}$/.test(country))
    throw new TellyportError(
      "usage",
      `--country takes a country's two letters, such as FR, not "${country}".`,
    );
  if (country !== undefined && path !== undefined)
    throw new TellyportError("usage", "Give --country or --initial, not both.");
  return {
    ...(path !== undefined && { initial: await read(path) }),
    ...(country !== undefined && { country }),
    ...(satellite !== undefined && { satellite }),
    ...(system !== undefined && { system }),
    ...(args.has("no-follow") && { follow: false }),
    ...(args.has("dry-run") && { dryRun: true }),
  };
}

async function read(path: string): Promise<string> {
  try {
    // Old files are in ISO 8859-1; what is not ASCII there is in comments and names only.
    return await readFile(path, "utf8");
  } catch (error) {
    throw new TellyportError(
      "usage",
      `The file ${path} cannot be read (${systemCode(error) ?? "no file"}): give --initial the path of one in the format of dtv-scan-tables.`,
      { cause: error },
    );
  }
}

/** Codes of a scan that a box without a tuner may end with. */
const FOR_WANT_OF_A_TUNER: ReadonlySet<ErrorCode> = new Set([
  "device-gone",
  "no-tuner-free",
  "scan-target-unknown",
  "unsupported",
]);

const FAILURES: Readonly<Record<string, string>> = {
  unsupported:
    "No tuner of this box can receive what was asked for: name another --system, or connect a tuner for it.",
  "no-tuner-free":
    "Every tuner is in use: end what is being watched (`tellyport tuners` shows it), or scan again later.",
  "device-busy": "Another program uses the tuners: end that, then scan again.",
  "device-gone": "No tuner answers: `tellyport doctor` says why.",
};

function failure({ state, error }: Scan): TellyportError {
  if (error === null) return new TellyportError("internal", `The scan ended as ${state}, without a result.`);
  return new TellyportError(
    error as ErrorCode,
    FAILURES[error] ?? `The scan failed (${error}): see docs/errors.md, or the box's log.`,
  );
}
