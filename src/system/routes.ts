import { cpus, loadavg, totalmem } from "node:os";
import type { FastifyPluginAsync } from "fastify";
import { TellyportError } from "../kernel/errors.ts";
import { OWNER } from "../protocol/access.ts";
import { Restarting, SystemState } from "../protocol/system.ts";
import { folderSpace } from "./folder-space.ts";
import { availableMemory } from "./free-memory.ts";
import type { SystemPorts } from "./ports.ts";

export type { SystemPorts } from "./ports.ts";

/** Ms between the answer to who wants a restart and the restart: the answer has to get out. */
const LAST_WORDS = 250;

/** `GET /api/v1/system` and `POST /api/v1/system/restart`, for owners. */
export function systemRoutes(ports: SystemPorts): FastifyPluginAsync {
  let restarting = false;
  return async (app) => {
    app.get(
      "/api/v1/system",
      {
        config: { access: OWNER },
        schema: { summary: "How the box runs, and what it stores", response: { 200: SystemState } },
      },
      async (_request, reply) => reply.header("cache-control", "no-store").send(await systemState(ports)),
    );
    app.post(
      "/api/v1/system/restart",
      {
        config: { access: OWNER },
        schema: {
          summary: "Stop the daemon in good order, for the service manager to begin it again",
          response: { 202: Restarting },
        },
      },
      async (_request, reply) => {
        const { restart } = ports;
        if (restart === null)
          throw new TellyportError(
            "restart-unavailable",
            "Nothing would begin the box again: start it as a service, or restart it where it was started.",
          );
        // Asked twice it restarts once.
        if (!restarting) setTimeout(restart, LAST_WORDS);
        restarting = true;
        return reply.code(202).send({ restarting: true });
      },
    );
  };
}

async function systemState(ports: SystemPorts): Promise<SystemState> {
  const { path, ...timeShift } = ports.timeShift();
  const [state, folder] = await Promise.all([
    folderSpace(ports.stateDirectory),
    path === null ? null : folderSpace(path),
  ]);
  return {
    version: ports.version,
    startedAt: new Date(ports.startedAt()).toISOString(),
    ...(ports.ready !== undefined && { ready: ports.ready() }),
    ...(ports.local !== undefined && { local: ports.local() }),
    canRestart: ports.restart !== null,
    clock: ports.clock(),
    memory: { used: process.memoryUsage.rss(), free: availableMemory(), total: totalmem() },
    processor: { load: loadavg()[0] ?? 0, cores: Math.max(1, cpus().length) },
    storage: { state, media: ports.media(), timeShift: { ...timeShift, folder }, guide: ports.guide() },
  };
}
