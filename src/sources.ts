import { basename } from "node:path";
import type { Clock } from "./kernel/clock.ts";
import type { Config } from "./kernel/config/index.ts";
import type { Log } from "./kernel/log.ts";
import type { NamedSource } from "./protocol/api.ts";
import {
  createDvbSource,
  createFileSource,
  createHdhomerunSource,
  createMockSource,
  createNetworkSource,
  createSatipSource,
  nameOfList,
  type MockSource,
  type TunerSource,
} from "./tuner/index.ts";

export interface OpenedSources {
  readonly sources: readonly TunerSource[];
  /** Of each of them what named it, as `--tuner` takes it, and what of it is not there now. */
  readonly named: () => readonly NamedSource[];
  /** The mock broadcaster when it is among them: it has controls of its own. */
  readonly mock: MockSource | null;
}

/**
 * Opens the tuners that the configuration names.
 * @throws TellyportError `source-missing`, `source-empty`, `source-not-ts`, `source-not-list`, `config-invalid`
 */
export async function openSources(
  config: Config,
  deps: { clock: Clock; log: Log; loopsFolder: string },
): Promise<OpenedSources> {
  const opened: { readonly name: string; readonly source: TunerSource }[] = [];
  let mock: MockSource | null = null;
  const { mock: mockConfig, file, hdhomerun, network, dvb, satip } = config.tuners;
  const { clock, log } = deps;
  if (file !== undefined && file.paths.length > 0) {
    const { paths, loop, bitrate } = file;
    const source = await createFileSource({ paths, clock, loop, ...(bitrate > 0 && { bitrate }) });
    opened.push({
      name: nameOf(
        "file",
        paths.map((path) => basename(path)),
      ),
      source,
    });
  }
  if (hdhomerun !== undefined && (hdhomerun.discover || hdhomerun.hosts.length > 0))
    opened.push({
      name: nameOf("hdhomerun", hdhomerun.hosts),
      source: await createHdhomerunSource({
        ...hdhomerun,
        ...deps,
        log: log.child({ module: "hdhomerun" }),
      }),
    });
  if (network !== undefined && network.lists.length > 0)
    opened.push({
      name: nameOf("m3u", network.lists.map(nameOfList)),
      source: await createNetworkSource({
        lists: network.lists,
        tuners: network.tuners,
        allow: network.allow,
        clock,
        log: log.child({ module: "network" }),
        ...(network.interface !== "" && { interface: network.interface }),
      }),
    });
  if (dvb !== undefined)
    opened.push({
      name: nameOf("dvb", dvb.adapters.map(String)),
      source: await createDvbSource({
        clock,
        log: log.child({ module: "dvb" }),
        ...(dvb.adapters.length > 0 && { adapters: dvb.adapters }),
        lnb: dvb.lnb,
        satellites: dvb.satellites,
        signalMs: dvb.signalSeconds * 1000,
      }),
    });
  if (satip !== undefined && (satip.discover || satip.servers.length > 0))
    opened.push({
      name: nameOf(
        "satip",
        satip.servers.map(({ host, port }) => (port === 554 ? host : `${host}:${port}`)),
      ),
      source: createSatipSource({ ...satip, clock, log: log.child({ module: "satip" }) }),
    });
  if (mockConfig !== undefined) {
    mock = createMockSource({ clock, loopsFolder: deps.loopsFolder, faults: mockConfig });
    opened.push({ name: "mock", source: mock });
  }
  if (opened.length === 0)
    log.warn(
      { cure: "name one under tuners in the configuration, or start with --tuner mock" },
      "no-tuner-configured",
    );
  return {
    sources: opened.map(({ source }) => source),
    named: () => opened.map(({ name, source }) => ({ name, problems: [...(source.missing?.() ?? [])] })),
    mock,
  };
}

/** As `--tuner` takes it: `dvb`, `dvb:0,1`. */
function nameOf(kind: string, parts: readonly string[]): string {
  return parts.length === 0 ? kind : `${kind}:${parts.join(",")}`;
}
