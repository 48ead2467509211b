import { execFileSync } from "node:child_process";
import { Agent, request as httpRequest } from "node:http";
import { availableParallelism } from "node:os";
import { ACTIONS, type ActionName } from "../../src/protocol/registration.ts";
import { cloudProcess } from "../cloud/cloud-processes.ts";
import { skipWithoutPostgres, startPostgres } from "../helpers/postgres.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { RegisteringBox } from "../helpers/registering-box.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { note, rounded, withTeardown, type Figure } from "./figure.ts";
import { cpuSecondsOf } from "./memory.ts";

export const ids = ["enrol-rate", "update-rate", "enrol-rate-postgresql", "update-rate-postgresql"];

const BOXES = 3000;
/** Requests under way at a time, each box's on a connection of a proxy. */
const AT_A_TIME = 64;
const CLOUD_CORE = "0";
const OTHER_CORE = "1";
const ORIGIN = "https://cloud.test";
const MOST = 1_000_000;

/**
 * Enrolments and updates for each second of the cloud's CPU, on one core; the database server and the boxes have the other. Each update
 * brings a new address, which is verified (by a box that says yes at once), written down, and published into a map. The database waits for
 * the disk at each commit.
 */
export async function run(): Promise<Figure[]> {
  const missing = skipWithoutProgram("taskset");
  if (missing !== false || availableParallelism() < 2) {
    note(`the cloud's rates are left out: ${missing === false ? "they take two cores" : missing}`);
    return [];
  }
  execFileSync("taskset", ["-a", "-c", "-p", OTHER_CORE, String(process.pid)]);
  const sqlite = await withTeardown((t) => measure(t, "sqlite", ""));
  const without = skipWithoutPostgres();
  if (without !== false) {
    note(`the rates with PostgreSQL are left out: ${without}`);
    return sqlite;
  }
  const postgresql = await withTeardown(async (t) => {
    const server = await startPostgres(t, { durable: true });
    return measure(t, await server.database(), "-postgresql");
  });
  return [...sqlite, ...postgresql];
}

async function measure(t: Teardown, database: string, suffix: string): Promise<Figure[]> {
  const config = {
    state: { directory: await temporaryFolder(t) },
    database,
    http: { address: "127.0.0.1", port: 0, origins: [ORIGIN], trustedProxies: ["127.0.0.1"] },
    zone: { name: "box.test" },
    limits: {
      enrolmentsPerNetworkHour: MOST,
      enrolmentsPerRegionHour: MOST,
      enrolmentsPerMinute: MOST,
      requestsPerBoxHour: MOST,
      requestsPerSenderSecond: MOST,
      dialBacks: MOST,
      dialBacksPerNetwork: MOST,
    },
  };
  const cloud = await cloudProcess(t, { config, recorder: "", instance: "bench" });
  const pid = cloud.child.pid ?? 0;
  execFileSync("taskset", ["-a", "-c", "-p", CLOUD_CORE, String(pid)]);
  const boxes = Array.from({ length: BOXES }, () => new RegisteringBox());
  const agent = new Agent({ keepAlive: true, maxSockets: AT_A_TIME });
  t.teardown(() => agent.destroy());

  /** Sends one action of each box, made before the clock runs. @returns by CPU second, and by second */
  async function rate(
    act: ActionName,
    more: object,
    turn: number,
  ): Promise<{ byCpu: number; byWall: number }> {
    const all = boxes.map((box, at) => ({
      path: ACTIONS[act].path(box.id),
      address: `93.${turn}.${at >> 8}.${at & 255}`,
      body: JSON.stringify({ request: box.jws(box.payload(act, ORIGIN, more)) }),
    }));
    const [cpu, wall] = [cpuSecondsOf(pid), performance.now()];
    let next = 0;
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async () => {
        for (let one = all[next++]; one !== undefined; one = all[next++])
          await send(cloud.origin, agent, one);
      }),
    );
    return {
      byCpu: BOXES / (cpuSecondsOf(pid) - cpu),
      byWall: (BOXES / (performance.now() - wall)) * 1000,
    };
  }

  const enrol = await rate("enrol", { version: "1.0.0" }, 1);
  const update = { address: null, port: 8443, lan: ["192.168.1.2"] };
  // The first is made by code that is not compiled yet.
  await rate("update", update, 2);
  const updates = await rate("update", update, 3);
  return [
    figure(`enrol-rate${suffix}`, "enrolments", enrol),
    figure(`update-rate${suffix}`, "updates", updates),
  ];
}

function figure(id: string, what: string, { byCpu, byWall }: { byCpu: number; byWall: number }): Figure {
  const wall = rounded(byWall, 0);
  note(`${id}: ${rounded(byCpu, 0)} for each CPU second, ${wall} a second in all`);
  return { id, value: rounded(byCpu, 0), unit: `${what} per CPU second (${wall} a second)`, goal: "print" };
}

function send(
  origin: string,
  agent: Agent,
  { path, address, body }: { path: string; address: string; body: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const headers = {
      host: "cloud.test",
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
      "x-forwarded-for": address,
    };
    const request = httpRequest(
      { host: hostname, port, path, method: "POST", agent, headers },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`${response.statusCode} ${text}`));
        });
      },
    );
    request.once("error", reject);
    request.end(body);
  });
}
