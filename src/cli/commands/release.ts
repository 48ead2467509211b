import { spawn } from "node:child_process";
import { once } from "node:events";
import { TellyportError, messageOf } from "../../kernel/errors.ts";
import { JSON_OPTION, type Arguments, type Command } from "../command.ts";
import { clockOf, type Io } from "../io.ts";
import { baseVersion } from "../release/base-version.ts";
import { withReleasesLocked } from "../release/lock.ts";
import { Releases, releasesRoot, type Release } from "../release/releases.ts";
import { KEPT } from "../release/retired.ts";
import { report } from "../report.ts";
import { renderTable } from "../table.ts";
import { dateTime } from "../text.ts";

const RESTART_OPTION = {
  restart: { type: "boolean", help: "Restart the service with it (systemctl restart tellyport.service)" },
} as const;
const VERSION_POSITIONAL = [{ name: "version", help: "As `tellyport release list` shows it" }] as const;
const HOW_BACK =
  "A release that does not start, and has never run well for a minute, is left by itself for the one before.";

export const releaseInstall: Command = {
  path: ["release", "install"],
  summary: "Put a release of Tellyport beside the others, and use it",
  positionals: [
    { name: "file", help: "tellyport-VERSION-linux-ARCH.tar.xz; its signature lies beside it as FILE.sig" },
  ],
  options: {
    key: {
      type: "string",
      value: "FILE",
      help: "Public key of its maker (default: /etc/tellyport/release-key.pem)",
    },
    unsigned: { type: "boolean", help: "Install it though nobody vouches for it" },
    ...RESTART_OPTION,
    ...JSON_OPTION,
  },
  notes: [
    `As root. It runs from the next start of the service on, or at once with --restart. ${HOW_BACK} ${KEPT} releases are kept.`,
  ],
  async run(args, io) {
    const { install } = await import("../release/install.ts");
    const key = args.text("key");
    const done = await changing(io, (releases) =>
      install(releases, {
        file: args.required(0),
        unsigned: args.has("unsigned"),
        clock: clockOf(io),
        ...(key !== undefined && { key }),
      }),
    );
    const { gone: away } = done;
    const were = away.length === 1 ? "was" : "were";
    const gone =
      away.length === 0
        ? ""
        : ` ${away.join(", ")} ${were} removed to make room: ${KEPT} releases are kept beside the one that came with the box.`;
    return inForce(args, io, done, `Release ${done.version} is installed.${gone}`);
  },
};

export const releaseList: Command = {
  path: ["release", "list"],
  summary: "List the releases of Tellyport on this box",
  options: JSON_OPTION,
  async run(args, io) {
    const installed = releasesOf(io);
    const releases = await installed.list();
    const isBase = !releases.some(({ current }) => current);
    const version = await baseVersion(process.argv[1] ?? "", installed.folder);
    return report(args, io, { base: { version, current: isBase }, releases }, () =>
      renderTable(
        [
          { title: "VERSION", value: ({ version }) => version },
          { title: "INSTALLED", value: ({ at }) => at },
          { title: "STATE", value: ({ state }) => state },
        ],
        [
          ...releases.map((one) => ({
            version: one.version,
            at: dateTime(new Date(one.installedAt)),
            state: stateOf(one),
          })),
          {
            version: version === null ? "base" : `base (${version})`,
            at: "with the box",
            state: isBase ? "in use" : "",
          },
        ],
        io.stdout.columns,
      ),
    );
  },
};

export const releaseUse: Command = {
  path: ["release", "use"],
  summary: "Use another release that is on this box",
  positionals: [
    { name: "version", help: "As `tellyport release list` shows it; base: the one that came with the box" },
  ],
  options: { ...RESTART_OPTION, ...JSON_OPTION },
  async run(args, io) {
    const version = args.required(0);
    await changing(io, async (releases) => {
      if (version !== "base") await releases.find(version);
      await releases.use(version === "base" ? null : version);
    });
    return inForce(args, io, { version }, `Release ${version} is the one to be used.`);
  },
};

export const releaseRollback: Command = {
  path: ["release", "rollback"],
  summary: "Go back to the release before",
  options: { ...RESTART_OPTION, ...JSON_OPTION },
  notes: [
    `As root. Where nothing was before, that is the one that came with the box. ${HOW_BACK} The one that is left here stays, and \`tellyport release use\` takes it up again.`,
  ],
  async run(args, io) {
    const version = (await changing(io, (releases) => releases.goBack())) ?? "base";
    return inForce(args, io, { version }, `Release ${version} is the one to be used again.`);
  },
};

export const releaseRemove: Command = {
  path: ["release", "remove"],
  summary: "Remove a release that is not needed",
  positionals: VERSION_POSITIONAL,
  options: JSON_OPTION,
  async run(args, io) {
    const version = args.required(0);
    await changing(io, (releases) => releases.remove(version));
    return report(args, io, { removed: version }, () => `Release ${version} is gone.\n`);
  },
};

function releasesOf({ env }: Io): Releases {
  return new Releases(releasesRoot(env));
}

/** @throws TellyportError `release-in-use`, `releases-unusable`, and what `work` throws */
async function changing<T>(io: Io, work: (releases: Releases) => Promise<T>): Promise<T> {
  const releases = releasesOf(io);
  await releases.prepareRoot();
  return withReleasesLocked(releases.root, async () => {
    await releases.prepare();
    return work(releases);
  });
}

function stateOf({ current, previous, bad, good }: Release): string {
  const said = [
    current ? "in use" : previous ? "before it" : "",
    bad ? "failed" : good ? "has run well" : "",
  ];
  return said.filter((one) => one !== "").join(", ");
}

/** Says what holds from the next start on, or restarts the service. @throws TellyportError `release-tool-missing` */
async function inForce(args: Arguments, io: Io, result: object, words: string): Promise<number> {
  const restarted = args.has("restart");
  if (restarted) {
    await systemctl("reset-failed");
    await systemctl("restart");
  }
  return report(args, io, { ...result, restarted }, () =>
    restarted
      ? `${words} The service was restarted with it.\n`
      : `${words} It runs from the next start on: \`systemctl restart tellyport.service\`.\n`,
  );
}

async function systemctl(verb: "reset-failed" | "restart"): Promise<void> {
  const child = spawn("systemctl", [verb, "tellyport.service"], { stdio: ["ignore", "ignore", "inherit"] });
  let code: number | null;
  try {
    [code] = (await once(child, "close")) as [number | null];
  } catch (error) {
    throw new TellyportError(
      "release-tool-missing",
      `systemctl cannot be run (${messageOf(error)}): restart the daemon by the means of this system.`,
      { cause: error },
    );
  }
  // That nothing had failed is no failure.
  if (code !== 0 && verb === "restart") {
    throw new TellyportError(
      "releases-unusable",
      "The release is set, but the service did not start: `systemctl status tellyport.service` says why.",
    );
  }
}
