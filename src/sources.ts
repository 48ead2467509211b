import type { Clock } from "./kernel/clock.ts";
import type { Config } from "./kernel/config/index.ts";
import type { Log } from "./kernel/log.ts";
import { createFileSource, createMockSource, type MockSource, type TunerSource } from "./tuner/index.ts";

export interface OpenedSources {
  readonly sources: readonly TunerSource[];
  /** The mock broadcaster when it is among them: it has controls of its own. */
  readonly mock: MockSource | null;
}

/**
 * Opens the tuners that the configuration names.
 * @throws TellyportError `source-missing`, `source-empty`, `source-not-ts`
 */
export async function openSources(
  config: Config,
  deps: { clock: Clock; log: Log; loopsFolder: string },
): Promise<OpenedSources> {
  const sources: TunerSource[] = [];
  let mock: MockSource | null = null;
  const { mock: mockConfig, file } = config.tuners;
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
