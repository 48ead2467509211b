import { existsSync } from "node:fs";
import { join } from "node:path";
import { daemonAnswers, holdState } from "../http-server/index.ts";
import { systemClock } from "../kernel/clock.ts";
import type { Config } from "../kernel/config/index.ts";
import { TellyportError, messageOf, systemCode } from "../kernel/errors.ts";
import { createLog } from "../kernel/log.ts";
import { becomeStateOwner } from "./state-owner.ts";
import { leaveOnline } from "../leave-online.ts";
import { SOCKET_FILE, resetState } from "../reset.ts";

/** @throws TellyportError `daemon-running`, `state-unusable` when there is no state */
export async function checkResettable(directory: string): Promise<void> {
  if (!existsSync(directory)) {
    throw new TellyportError(
      "state-unusable",
      `There is no state directory ${directory}: nothing to reset. Name the right one with --state.`,
    );
  }
  if (!(await daemonAnswers(join(directory, SOCKET_FILE)))) return;
  throw new TellyportError(
    "daemon-running",
    `A daemon runs with the state directory ${directory}. Stop it first, and start it again after the reset.`,
  );
}

/**
 * Makes the box a new one while no daemon can start.
 * @param configure what the box is configured with; it may throw
 * @throws TellyportError `daemon-running`, `state-unusable`
 */
export async function resetBox(
  directory: string,
  everything: boolean,
  configure: () => Promise<Config>,
): Promise<void> {
  await checkResettable(directory);
  process.umask(0o077);
  becomeStateOwner(directory);
  const log = createLog({ level: "error", readable: process.stderr.isTTY });
  const letGo = await holdState(join(directory, SOCKET_FILE));
  try {
    const deps = { clock: systemClock, log };
    await leaveOnline(configure, deps);
    await resetState(directory, { everything }, deps);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new TellyportError(
      "state-unusable",
      `The reset could not be finished: ${messageOf(error)}. See to that and run it again; until then the daemon finishes it at its start.`,
      { cause: error },
    );
  } finally {
    await letGo();
  }
}
