import type { Clock } from "./kernel/clock.ts";
import type { Config } from "./kernel/config/index.ts";
import type { Log } from "./kernel/log.ts";
import {
  createDvbSource,
  createFileSource,
  createHdhomerunSource,
  createMockSource,
  createNetworkSource,
  createSatipSource,
  type MockSource,
  type TunerSource,
} from "./tuner/index.ts";

export interface OpenedSources {
  readonly sources: readonly TunerSource[];
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
  const sources: TunerSource[] = [];
  let mock: MockSource | null = null;
  const { mock: mockConfig, file, hdhomerun, network, dvb, satip } = config.tuners;
  if (file !== undefined && file.paths.length > 0) {
    sources.push(
      await createFileSource({
        paths: file.paths,
        clock: deps.clock,
        loop: file.loop,
        ...(file.bitrate > 0 && { bitrate: file.bitrate }),
      }),
    );
  }
  if (hdhomerun !== undefined && (hdhomerun.discover || hdhomerun.hosts.length > 0))
    sources.push(
      await createHdhomerunSource({ ...hdhomerun, ...deps, log: deps.log.child({ module: "hdhomerun" }) }),
    );
  if (network !== undefined && network.lists.length > 0)
    sources.push(
      await createNetworkSource({
        lists: network.lists,
        tuners: network.tuners,
        clock: deps.clock,
        log: deps.log.child({ module: "network" }),
        ...(network.interface !== "" && { interface: network.interface }),
      }),
    );
  if (dvb !== undefined)
    sources.push(
      await createDvbSource({
        clock: deps.clock,
        log: deps.log.child({ module: "dvb" }),
        ...(dvb.adapters.length > 0 && { adapters: dvb.adapters }),
        lnb: dvb.lnb,
        satellites: dvb.satellites,
        signalMs: dvb.signalSeconds * 1000,
      }),
    );
  if (satip !== undefined && (satip.discover || satip.servers.length > 0))
    sources.push(
      createSatipSource({ ...satip, clock: deps.clock, log: deps.log.child({ module: "satip" }) }),
    );
  if (mockConfig !== undefined) {
    mock = createMockSource({ clock: deps.clock, loopsFolder: deps.loopsFolder, faults: mockConfig });
    sources.push(mock);
  }
  if (sources.length === 0)
    deps.log.warn(
      { cure: "name one under tuners in the configuration, or start with --tuner mock" },
      "no-tuner-configured",
    );
  return { sources, mock };
}
