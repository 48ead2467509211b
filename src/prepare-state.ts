import { join } from "node:path";
import { refuseSecondDaemon } from "./http-server/index.ts";
import type { Clock } from "./kernel/clock.ts";
import type { Config } from "./kernel/config/index.ts";
import type { Log } from "./kernel/log.ts";
import { leaveOnline } from "./leave-online.ts";
import { provisionState, type Provisioning } from "./provisioning.ts";
import { SOCKET_FILE, finishReset, followFactoryReset } from "./reset.ts";

/**
 * What is done to the state directory before the owner's settings in it are read: an interrupted reset is finished, a held
 * button's followed, and a new box given its first values.
 * @param config without what the state directory says
 * @param configure reads it with that
 * @throws TellyportError `daemon-running`, `state-unusable`
 */
export async function prepareState(
  config: Config,
  configure: () => Promise<Config>,
  deps: { readonly clock: Clock; readonly log: Log },
): Promise<Provisioning> {
  const { directory, factoryResetFile } = config.state;
  await refuseSecondDaemon(join(directory, SOCKET_FILE));
  await finishReset(directory, deps);
  await followFactoryReset(directory, factoryResetFile, {
    ...deps,
    leave: () => leaveOnline(configure, deps),
  });
  return provisionState(config, deps);
}
