import fastify from "fastify";
import t from "tap";
import { eventually } from "../helpers/daemon.ts";
import { sendProblem } from "../../src/http-server/problem.ts";
import { createLog } from "../../src/kernel/log.ts";
import type { SystemState } from "../../src/protocol/system.ts";
import { folderSpace } from "../../src/system/folder-space.ts";
import { memoryAvailable } from "../../src/system/free-memory.ts";
import { systemRoutes, type SystemPorts } from "../../src/system/index.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

async function appOf(t: { teardown(fn: () => unknown): unknown }, more: Partial<SystemPorts> = {}) {
  const app = fastify();
  t.teardown(() => app.close());
  app.setErrorHandler((error, request, reply) =>
    sendProblem(error, request, reply, createLog({ level: "silent" })),
  );
  const accesses: unknown[] = [];
  app.addHook("onRoute", ({ config }) => void accesses.push((config as { access?: unknown }).access));
  await app.register(
    systemRoutes({
      version: "1.2.3",
      startedAt: () => Date.UTC(2026, 10, 20),
      clock: () => ({ state: "unsynchronised", doubt: "behind", time: "2026-11-21T00:00:00.000Z" }),
      stateDirectory: await temporaryFolder(t),
      media: () => ({ used: 10, limit: 20 }),
      timeShift: () => ({ minutes: 30, path: null, ready: false, used: 0, limit: 0 }),
      guide: () => ({ bytes: 4096, until: null }),
      restart: null,
      ...more,
    }),
  );
  return { app, accesses };
}

t.test("system: how the box runs and what it stores, for owners", async (t) => {
  const { app, accesses } = await appOf(t);
  const answer = await app.inject("/api/v1/system");
  t.equal(answer.headers["cache-control"], "no-store");
  const state = answer.json<SystemState>();
  t.match(state, {
    version: "1.2.3",
    startedAt: "2026-11-20T00:00:00.000Z",
    canRestart: false,
    clock: { state: "unsynchronised", doubt: "behind" },
    storage: {
      media: { used: 10, limit: 20 },
      timeShift: { minutes: 30, folder: null, ready: false },
      guide: { bytes: 4096, until: null },
    },
  });
  t.ok(state.memory.used > 1e6 && state.memory.used < state.memory.total);
  t.ok((state.storage.state.free ?? 0) > 0 && (state.storage.state.total ?? 0) > 0);
  for (const access of accesses) t.same(access, { kind: "roles", roles: ["owner"] });
});

t.test("system: a restart where something begins the box again, once; elsewhere a refusal", async (t) => {
  const alone = await appOf(t);
  const refused = await alone.app.inject({ method: "POST", url: "/api/v1/system/restart" });
  t.equal(refused.statusCode, 409);
  t.equal(refused.json().code, "restart-unavailable");
  let restarts = 0;
  const { app } = await appOf(t, { restart: () => restarts++ });
  t.equal((await app.inject("/api/v1/system")).json().canRestart, true);
  for (let i = 0; i < 2; i++) {
    const answer = await app.inject({ method: "POST", url: "/api/v1/system/restart" });
    t.equal(answer.statusCode, 202);
    t.same(answer.json(), { restarting: true });
  }
  t.equal(restarts, 0, "the answer goes out first");
  await eventually("the restart", () => restarts > 0);
  t.equal(restarts, 1);
});

t.test("system: a folder that is not there has no room that could be told", async (t) => {
  t.same(await folderSpace("/nowhere/at/all"), { path: "/nowhere/at/all", free: null, total: null });
});

t.test("system: available memory is read as the kernel writes it", async (t) => {
  t.equal(memoryAvailable("MemTotal:  2000 kB\nMemFree: 10 kB\nMemAvailable:    1500 kB\n"), 1_536_000);
  t.equal(memoryAvailable("MemTotal: 2000 kB\n"), null);
});
