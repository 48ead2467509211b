import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pino } from "pino";
import t from "tap";
import { connectServiceManager } from "../../src/kernel/systemd.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const log = pino({ level: "silent" });

t.test("service manager: nobody is told when there is none", async (t) => {
  const manager = await connectServiceManager({}, log);
  manager.ready();
  t.equal(manager.watchdogIntervalMs, null);
});

t.test(
  "service manager: READY, STATUS and WATCHDOG arrive on a real datagram socket",
  { skip: skipWithoutProgram("python3") },
  async (t) => {
    for (const abstract of [false, true]) {
      const path = abstract ? `@tellyport-test-${process.pid}` : join(await temporaryFolder(t), "notify");
      const listener = spawn("python3", [
        "-u",
        "-c",
        `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
p = sys.argv[1]
s.bind("\\0" + p[1:] if p[0] == "@" else p)
s.settimeout(10)
print("listening")
for _ in range(4): print(s.recv(4096).decode())
`,
        path,
      ]);
      t.teardown(() => listener.exitCode === null && listener.kill("SIGKILL"));
      let text = "";
      listener.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
      while (!text.includes("listening")) await once(listener.stdout, "data");
      const manager = await connectServiceManager({ NOTIFY_SOCKET: path, WATCHDOG_USEC: "30000000" }, log);
      t.equal(manager.watchdogIntervalMs, 15_000);
      manager.ready();
      manager.status("two\nlines");
      manager.watchdog();
      manager.stopping();
      await once(listener, "close");
      t.same(text.trim().split("\n"), [
        "listening",
        "READY=1",
        "STATUS=two lines",
        "WATCHDOG=1",
        "STOPPING=1",
      ]);
    }
  },
);
