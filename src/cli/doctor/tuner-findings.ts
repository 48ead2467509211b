import { startHint } from "../start-hint.ts";
import type { Box, NamedSource, Tuner } from "../../protocol/api.ts";
import type { OnlineState } from "../../protocol/online.ts";
import { toldApart } from "../commands/tuners.ts";
import { noChannels, noTuner, silentEntries, type TunersAnswer } from "../no-tuner.ts";
import { note, ok, problem, warning, type Finding } from "./finding.ts";

/** What the doctor needs of an adapter's description. */
export interface Adapter {
  readonly adapter: number;
  readonly frontend: number;
  readonly device: string;
  readonly bus: string | null;
  readonly name: string | null;
  readonly systems: readonly string[];
  readonly frequencyHz: { readonly from: number; readonly to: number } | null;
  readonly pidFilters: number | null;
  readonly problems: readonly { readonly code: string; readonly message: string }[];
}

/** And of a source that was asked whether it answers. */
export interface Source {
  readonly source: string;
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly faults: readonly string[];
}

/** Faults of a source that are told, each. */
const TOLD_FAULTS = 3;

/**
 * @param wanted numbers of the adapters that the configuration uses; `all`, or null for none
 * @param running whether the daemon runs: it may be what holds them
 * @param told whether it has said itself what of them is absent; default false
 */
export function adapterFindings(
  adapters: readonly Adapter[],
  wanted: readonly number[] | "all" | null,
  running: boolean,
  told = false,
): Finding[] {
  const findings = adapters.map((one) => {
    const used = wanted === "all" || (wanted?.includes(one.adapter) ?? false);
    return adapterFinding(one, used, running);
  });
  if (told) return findings;
  const there = new Set(adapters.map(({ adapter }) => adapter));
  if (wanted === "all" && there.size === 0)
    findings.push(
      problem(
        "adapters",
        "There is none in /dev/dvb, and tuners.dvb wants one: plug it in, install its driver and firmware (`dmesg` tells what is missing), and in a container pass /dev/dvb on.",
      ),
    );
  for (const number of wanted === "all" ? [] : (wanted ?? []))
    if (!there.has(number))
      findings.push(
        problem(
          `adapter ${number}`,
          "It is not there, and tuners.dvb.adapters names it: plug it in, or take it out of the list.",
        ),
      );
  if (wanted === null && there.size > 0)
    findings.push(note("adapters", "The configuration uses none of them: name `dvb: {}` under `tuners`."));
  return findings;
}

function adapterFinding(one: Adapter, used: boolean, running: boolean): Finding {
  const subject = `adapter ${one.adapter}${one.frontend === 0 ? "" : ` front end ${one.frontend}`}`;
  const can = [
    one.name ?? one.device,
    one.bus,
    one.systems.join(" "),
    one.frequencyHz === null ? null : rangeOf(one.frequencyHz, one.systems),
    one.pidFilters === null ? null : `${one.pidFilters} PID filters free`,
  ].filter((part) => part !== null && part !== "");
  const [first] = one.problems;
  if (first === undefined) return ok(subject, can.join(", "));
  const message = `${can.join(", ")}: ${one.problems.map(({ message: text }) => text).join(" ")}`;
  if (running && used && one.problems.every(({ code }) => code === "device-busy"))
    return ok(subject, `${can.join(", ")}: in use while the daemon runs`);
  return used ? problem(subject, message) : note(subject, message);
}

function rangeOf({ from, to }: { from: number; to: number }, systems: readonly string[]): string {
  const behindLnb = systems.length > 0 && systems.every((system) => system.startsWith("dvbs"));
  const mhz = (hz: number): string => String(Math.round(hz / 1e6));
  return `${mhz(from)} to ${mhz(to)} MHz${behindLnb ? " behind the LNB" : ""}`;
}

const SOURCE_NAMES: Readonly<Record<string, string>> = {
  hdhomerun: "HDHomeRun",
  network: "list",
  satip: "SAT>IP",
};

export function sourceFindings(sources: readonly Source[]): Finding[] {
  return sources.flatMap(({ source, name, ok: answers, message, faults }) => {
    const subject = `${SOURCE_NAMES[source] ?? source} ${name}`;
    if (!answers) return [problem(subject, message)];
    const told = faults.slice(0, TOLD_FAULTS).map((fault) => warning(subject, fault));
    const rest = faults.length - told.length;
    return [ok(subject, message), ...told, ...(rest > 0 ? [warning(subject, `And ${rest} more.`)] : [])];
  });
}

/** The daemon of the state directory, as it was found. */
export type Daemon =
  | {
      readonly kind: "running";
      readonly tuners: readonly Tuner[];
      /** What it was told to receive with; absent: it does not tell. */
      readonly sources?: readonly NamedSource[];
      readonly notReceived?: TunersAnswer["notReceived"];
      /** How many it knows. */
      readonly channels: number;
      /** Why it does not trust the clock; null: it does. Absent: not told. */
      readonly clock?: NonNullable<Box["clockDoubt"]> | null;
      /** The directory that the person named. */
      readonly state?: string;
      /** How it is found from anywhere. Absent: not told. */
      readonly online?: OnlineState;
    }
  | { readonly kind: "absent" }
  /** It runs for another user. */
  | { readonly kind: "forbidden" }
  | { readonly kind: "silent"; readonly message: string };

/** What the daemon says of its tuners, where it runs and answers. */
export function daemonFindings(daemon: Daemon): Finding[] {
  switch (daemon.kind) {
    case "absent":
      return [note("daemon", `It does not run. \`${startHint()}\` starts it.`)];
    case "forbidden":
      return [
        note("daemon", "It runs for another user: run this as that user, or with sudo, to see its tuners."),
      ];
    case "silent":
      return [warning("daemon", `It does not answer as it should: ${daemon.message}`)];
    case "running":
      return [runs(daemon), ...toldApart(daemon.tuners).map(tunerFinding), ...wanting(daemon)];
  }
}

type Running = Extract<Daemon, { kind: "running" }>;

function runs({ tuners, sources = [] }: Running): Finding {
  const count = `${tuners.length} tuner${tuners.length === 1 ? "" : "s"}`;
  const from = sources.length === 0 ? "" : ` of ${sources.map(({ name }) => name).join(", ")}`;
  return ok("daemon", `It runs, with ${count}${from}.`);
}

/** What was named and is not there; and that nobody has looked for channels yet. */
function wanting({ tuners, sources, notReceived, channels, state }: Running): Finding[] {
  const missing = (sources ?? []).flatMap(({ name, problems }) =>
    problems.map((text) => problem(name, text)),
  );
  if (tuners.length === 0)
    return missing.length > 0
      ? missing
      : [problem("tuners", noTuner({ tuners, sources: sources ?? [] }) ?? "")];
  const silent = silentEntries({ tuners, ...(notReceived !== undefined && { notReceived }) });
  if (silent !== null) missing.push(warning("list", silent));
  if (channels > 0) return missing;
  return [...missing, warning("channels", noChannels({ tuners, sources: sources ?? [] }, state))];
}

/** Who looks at what may well not be there: no signal is no fault then. */
const SEARCHES = new Set(["survey", "channel scan", "check of the tuner"]);

function tunerFinding({ name, error, signal, state, multiplex, place, consumers }: Tuner): Finding {
  const subject = `tuner ${name}`;
  if (error !== null) return problem(subject, `${FAULTS[error] ?? `It failed: ${error}.`}`);
  if (multiplex === null) return ok(subject, "idle");
  const verdict = signal?.verdict ?? null;
  if (state === "tuning" || verdict?.level === "none") {
    const searches = consumers.every((one) => SEARCHES.has(one));
    return state === "tuning" || verdict === null || searches
      ? ok(subject, `looks for a signal at ${place ?? multiplex}`)
      : warning(subject, `${verdict.text}.`);
  }
  if (verdict?.level === "poor") return warning(subject, `${verdict.text}.`);
  return ok(subject, `receives ${place ?? multiplex}${verdict === null ? "" : `, ${verdict.text}`}`);
}

/** What a tuner fails with, and what helps. */
const FAULTS: Readonly<Record<string, string>> = {
  "device-gone":
    "Its device does not answer: check that it is plugged in and switched on. It is tried again by itself.",
  "device-busy": "Another program uses it: end that.",
  "no-data": "It has a signal, and nothing comes: plug it in again, or start the box again.",
};
