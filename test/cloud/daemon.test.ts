import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { PROJECT } from "../helpers/captures.ts";
import { eventually, runProgram } from "../helpers/daemon.ts";
import { skipWithoutPostgres, startPostgres } from "../helpers/postgres.ts";
import { call, enrolledBox } from "../helpers/registering-box.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const PROGRAM = join(PROJECT, "dist/cloud.js");
const skip = existsSync(PROGRAM) ? false : "not built: dist/cloud.js";

for (const [kind, without] of [
  ["sqlite", false],
  ["postgresql", skipWithoutPostgres()],
] as const)
  t.test(
    `dist/cloud.js on ${kind}: it greets, serves, is asked by its command line, and stops`,
    { skip: skip === false ? without : skip },
    async (t) => {
      const state = await temporaryFolder(t);
      const config = join(await temporaryFolder(t), "cloud.yaml");
      const database = kind === "sqlite" ? "sqlite" : await (await startPostgres(t)).database();
      await writeFile(
        config,
        JSON.stringify({
          database,
          http: { address: "127.0.0.1" },
          dns: { port: 0 },
          stun: { port: 0 },
          metrics: { token: "let-me-see" },
        }),
      );
      const flags = ["--state", state, "--config", config];
      const child = spawn(process.execPath, [PROGRAM, "run", "--welcome", "--port", "0", ...flags], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      t.teardown(() => child.kill("SIGKILL"));
      let text = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      const origin = await eventually("it greets", () => /API +(http:\/\/\S+)\/v1\/cloud/.exec(text)?.[1]);
      t.match(text, /Zone +tellyport\.test/);
      t.match(text, `tellyport-cloud boxes list --state ${state}`);
      const box = await enrolledBox(origin);
      const cloud = (...argv: string[]) => runProgram(process.execPath, [PROGRAM, ...argv, ...flags]);
      t.match(await cloud("boxes", "list"), { code: 0, stdout: box.id });
      t.match(await cloud("zone", "check"), { code: 0 });
      const metrics = (headers: Record<string, string>) =>
        call<{ text: string }>(origin, "GET", "/metrics", undefined, headers);
      t.equal((await metrics({})).status, 401);
      t.equal((await metrics({ authorization: "Bearer let-me" })).status, 401);
      const shown = await metrics({ authorization: "Bearer let-me-see" });
      t.match(shown.body.text, /^tellyport_cloud_boxes\{state="active"\} 1$/m);
      t.match(shown.body.text, /^tellyport_cloud_actions_total\{action="enrol",result="ok"\} 1$/m);
      t.equal(
        (await call(origin, "GET", "/v1/admin/boxes", undefined, { authorization: "Bearer let-me-see" }))
          .status,
        403,
        "that token is for figures alone",
      );
      t.equal((await call(origin, "GET", "/v1/cloud", undefined, { host: "evil.example" })).status, 421);
      t.match(await runProgram(process.execPath, [PROGRAM, "run", "--port", "0", ...flags]), {
        code: 69,
        stderr: /Another Tellyport is running/,
      });
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number];
      t.equal(code, 0, text);
      t.match(await cloud("boxes", "list"), { code: 69, stderr: /No Tellyport cloud runs/ });
    },
  );
