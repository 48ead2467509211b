import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { publicAddress } from "../../src/http-server/own-names.ts";
import { PROJECT } from "../helpers/captures.ts";
import { CLI, eventually, runProgram } from "../helpers/daemon.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

t.test("start: scripts/start prints an address, a code and a QR code, and serves the app", async (t) => {
  const state = await temporaryFolder(t);
  const child = spawn(join(PROJECT, "scripts/start"), ["--port", "0", "--state", state], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  t.teardown(() => child.exitCode === null && child.kill("SIGKILL"));
  await eventually(
    "it greets",
    () => /Ctrl-C/.test(out) || (child.exitCode !== null && Promise.reject(new Error(errors))),
    120_000,
  );
  const address = /On this machine\s+(http:\/\/127\.0\.0\.1:\d+\/)#p=1\.\S+/.exec(out)?.[1];
  t.match(out, /Pairing code\s+[A-Z]{4}-[A-Z]{4} /);
  if (publicAddress("::") === "127.0.0.1")
    t.match(out, /On a phone nearby +not: /, "there is no network here");
  else t.ok((out.match(/█/g) ?? []).length > 100, "a QR code is drawn");
  t.equal(
    errors.split("\n").filter((line) => line.startsWith("{")).length,
    0,
    "no log line stands in the way",
  );
  const page = await fetch(address ?? "", { headers: { "accept-encoding": "gzip, br" } });
  t.equal(page.status, 200);
  t.match(await page.text(), /<title>Tellyport<\/title>/);
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  t.equal(code, 0, "Ctrl-C and SIGTERM end it in good order");
});

t.test("start: a daemon that is told to stop while it starts does not run on", async (t) => {
  for (const afterMs of [120, 400, 800]) {
    const state = await temporaryFolder(t);
    const child = spawn(process.execPath, [CLI, "run", "--tuner", "mock", "--port", "0", "--state", state], {
      stdio: "ignore",
    });
    t.teardown(() => child.exitCode === null && child.kill("SIGKILL"));
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    child.kill("SIGTERM");
    const ended = await Promise.race([
      once(child, "exit"),
      new Promise((resolve) => setTimeout(resolve, 30_000, null)),
    ]);
    t.ok(ended, `it ends when it is told so after ${afterMs} ms`);
  }
});

t.test("start: no Node, or one that is too old, is one clear sentence", async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, "bin"));
  for (const name of ["sh", "dirname"]) {
    const { stdout } = await runProgram("which", [name]);
    await runProgram("ln", ["-sf", stdout.trim(), join(folder, "bin", name)]);
  }
  const env = { PATH: join(folder, "bin") };
  const none = await runProgram(join(PROJECT, "scripts/start"), [], { env });
  t.equal(none.code, 69);
  t.match(none.stderr, /^Tellyport needs Node\.js 20\.19 or later, and there is no "node" .*\n$/);
  // A node that says it is version 18 whatever it is asked.
  await writeFile(
    join(folder, "bin", "node"),
    '#!/bin/sh\nif [ "$1" = --version ]; then echo v18.20.4; else exit 1; fi\n',
  );
  await chmod(join(folder, "bin", "node"), 0o755);
  const old = await runProgram(join(PROJECT, "scripts/start"), [], { env });
  t.equal(old.code, 69);
  t.match(old.stderr, /^Tellyport needs Node\.js 20\.19 or later, and this is v18\.20\.4: .*\n$/);
});
