import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { systemClockEvidence } from "../kernel/clock-evidence.ts";
import type { Clock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import { DEFAULT_CONFIG_PATH, loadConfig, type Config } from "../kernel/config/index.ts";
import {
  checkHdhomerun,
  checkLists,
  checkSatip,
  describeAdapters,
  type AdapterDescription,
} from "../tuner/index.ts";
import { beginKeeping } from "../kernel/time-keeper.ts";
import type { Box, NamedSource } from "../protocol/api.ts";
import { checkProvision, provisioningOf } from "../provisioning.ts";
import { FACTORY_RESET_FILE } from "../reset.ts";
import { describeConverting } from "../share/index.ts";
import { RELEASED_AT } from "../version.ts";
import { ffmpegFinding, type Converting } from "./doctor/ffmpeg-finding.ts";
import { note, ok, problem, warning, type Finding } from "./doctor/finding.ts";
import { becomeStateOwner } from "./state-owner.ts";
import { checkClock, checkMemory, checkNode, checkState, readMemory } from "./doctor/machine.ts";
import { checkNetwork, checkPorts } from "./doctor/network-findings.ts";
import { provisionFinding } from "./doctor/provision-finding.ts";
import { onlineFindings } from "./doctor/online-findings.ts";
import {
  adapterFindings,
  daemonFindings,
  sourceFindings,
  type Daemon,
  type Source,
} from "./doctor/tuner-findings.ts";

export interface Diagnosis {
  readonly findings: readonly Finding[];
  readonly adapters: readonly AdapterDescription[];
}

export interface DoctorDeps {
  readonly config?: string;
  readonly state?: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly daemon: () => Promise<Daemon>;
  /** Default: of this machine. */
  readonly adapters?: () => Promise<AdapterDescription[]>;
}

/**
 * Looks at everything that a box needs, whether its daemon runs or not. Puts the rooms together, as run.ts does.
 * @throws TellyportError `config-invalid`, `config-unreadable`
 */
export async function diagnose(deps: DoctorDeps): Promise<Diagnosis> {
  const overrides = deps.state === undefined ? {} : { state: { directory: deps.state } };
  const given = { path: deps.config, overrides };
  const first = await loadConfig(given);
  // What root may read and write says nothing of the daemon, which is the state directory's user.
  const isAnother = becomeStateOwner(first.config.state.directory);
  const { config, path, leftOut } = isAnother ? await loadConfig(given) : first;
  const { tuners } = config;
  const { clock } = deps;
  const [state, memory, daemon, adapters, sources, files, converting] = await Promise.all([
    checkState(config.state.directory),
    readMemory(),
    deps.daemon(),
    (deps.adapters ?? (() => describeAdapters({ clock: deps.clock })))(),
    askSources(tuners, deps),
    checkFiles(tuners.file?.paths ?? []),
    convertingOf(config.live.transcoding.ffmpeg, clock),
  ]);
  const { address, https, port } = config.http;
  const told = daemon.kind === "running" && daemon.sources !== undefined;
  const wanted = told
    ? adaptersOf(daemon.sources)
    : tuners.dvb === undefined
      ? null
      : tuners.dvb.adapters.length === 0
        ? "all"
        : tuners.dvb.adapters;
  return {
    adapters,
    findings: [
      checkNode(process.version),
      configurationFinding(path, daemon),
      ...leftOut.map(({ message }) =>
        warning(
          "settings",
          `${message}. It counts as not set: set it anew in the app, or remove it from the file.`,
        ),
      ),
      ...(await provisioned(config)),
      ...resetFindings(config),
      ...state,
      checkMemory(memory.total, memory.available, config.live.mediaBudgetMiB * 1024 * 1024),
      checkClock(await clockDoubt(daemon, deps.clock), deps.clock.now()),
      ...daemonFindings(daemon),
      ...noTuners(tuners, daemon),
      ...adapterFindings(adapters, wanted, daemon.kind !== "absent", told && wanted !== null),
      ...sourceFindings(sources),
      ...files,
      ffmpegFinding(converting, namedFfmpeg(config.live.transcoding.ffmpeg)),
      checkNetwork(networkInterfaces()),
      ...(daemon.kind === "absent"
        ? await checkPorts(address, { "http.port": port, "http.https.port": https.port })
        : []),
      ...(daemon.kind === "running" && daemon.online !== undefined
        ? onlineFindings(daemon.online, clock.now())
        : []),
    ],
  };
}

/** What an ffmpeg can do here, in a second or two. @param vendor path of the configuration; empty: none */
function convertingOf(vendor: string, clock: Clock): Promise<Converting | null> {
  return describeConverting(process.env, vendor === "" ? null : vendor, clock);
}

function namedFfmpeg(vendor: string): string | null {
  const named = process.env.TELLYPORT_FFMPEG || vendor;
  return named === "" ? null : named;
}

/** A held button's wish that no start has followed yet. */
function resetFindings({ state: { directory, factoryResetFile } }: Config): Finding[] {
  const markers = [
    join(directory, FACTORY_RESET_FILE),
    ...(factoryResetFile === "" ? [] : [factoryResetFile]),
  ];
  return markers
    .filter((path) => existsSync(path))
    .map((path) =>
      warning(
        "factory reset",
        `${path} is there: the next start makes this a new box. Where one did not, the daemon's user may not remove the file.`,
      ),
    );
}

/** A box that has no such file, and never had one, has nothing to say of it. */
async function provisioned({ provision: { file }, state }: Config): Promise<Finding[]> {
  const stands = provisioningOf(state.directory);
  try {
    if ((await checkProvision(file)) === null && stands !== "refused") return [];
    return [provisionFinding(file, stands, null)];
  } catch (error) {
    return [provisionFinding(file, stands, messageOf(error))];
  }
}

/** What was read here is not what a daemon was told to read. */
function configurationFinding(path: string | null, daemon: Daemon): Finding {
  if (path !== null) return ok("configuration", path);
  const none = `there is no ${DEFAULT_CONFIG_PATH}: every value is the default`;
  return daemon.kind === "absent"
    ? ok("configuration", none)
    : note(
        "configuration",
        `Here ${none}. If the daemon was started with --config FILE, give it here too: its values are not looked at.`,
      );
}

/** What the daemon says of the clock; where none runs, what can be seen without its memory. */
async function clockDoubt(daemon: Daemon, clock: Clock): Promise<NonNullable<Box["clockDoubt"]> | null> {
  if (daemon.kind === "running" && daemon.clock !== undefined) return daemon.clock;
  const evidence = (await systemClockEvidence())();
  const reading = { ...evidence, system: clock.now(), monotonic: clock.monotonic() };
  return beginKeeping(RELEASED_AT, null, RELEASED_AT, reading).doubt;
}

/** A daemon that was given one with `--tuner` needs none of the configuration's, and has said itself what is absent. */
function noTuners(tuners: Config["tuners"], daemon: Daemon): Finding[] {
  if (Object.keys(tuners).length > 0 || daemon.kind === "running") return [];
  const text =
    "The configuration names none: start the box with one, such as `tellyport run --tuner dvb`, or name one under `tuners`, such as `dvb: {}` or `satip: {}`.";
  // Of one that runs for somebody else it is not known what it was started with.
  return [daemon.kind === "absent" ? problem("tuners", text) : note("tuners", text)];
}

/** Numbers of the adapters that a daemon uses, of `dvb` or `dvb:0,1`. */
function adaptersOf(sources: readonly NamedSource[] = []): readonly number[] | "all" | null {
  const dvb = sources.find(({ name }) => /^dvb(:|$)/.test(name));
  if (dvb === undefined) return null;
  const numbers = dvb.name
    .slice("dvb:".length)
    .split(",")
    .filter((part) => part !== "");
  return numbers.length === 0 ? "all" : numbers.map(Number);
}

async function askSources(tuners: Config["tuners"], { clock, signal }: DoctorDeps): Promise<Source[]> {
  const deps = { clock, signal };
  const asked = await Promise.all([
    tuners.satip === undefined ? [] : checkSatip(tuners.satip, deps),
    tuners.hdhomerun === undefined ? [] : checkHdhomerun(tuners.hdhomerun, deps),
    tuners.network === undefined ? [] : checkLists(tuners.network.lists, deps),
  ]);
  return asked.flat();
}

function checkFiles(paths: readonly string[]): Promise<Finding[]> {
  return Promise.all(
    paths.map(async (path) => {
      const subject = `file ${path}`;
      const found = await stat(path).catch(() => null);
      if (found === null)
        return problem(subject, "It is not there or cannot be read: check tuners.file.paths.");
      return found.isFile() && found.size > 0
        ? ok(subject, "it is there")
        : problem(subject, "It is empty or no file: check tuners.file.paths.");
    }),
  );
}
