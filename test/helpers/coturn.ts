import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** Starts a real coturn as a STUN server at port 3478 of these addresses; it ends with the test. @param wrapper where it runs */
export async function coturn(
  t: Teardown,
  wrapper: readonly string[],
  addresses: readonly string[],
): Promise<void> {
  const folder = await temporaryFolder(t);
  const command = [
    ...wrapper,
    "turnserver",
    "-n",
    "--stun-only",
    "--no-tls",
    "--no-dtls",
    "--no-cli",
    "--listening-port=3478",
    ...addresses.map((address) => `--listening-ip=${address}`),
    "--log-file=stdout",
    `--userdb=${join(folder, "turndb")}`,
    `--pidfile=${join(folder, "pid")}`,
  ];
  const child = spawn(command[0] ?? "", command.slice(1), {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  let text = "";
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`coturn does not begin: ${text}`)), 60_000);
    child.once("exit", () => reject(new Error(`coturn ended: ${text}`)));
    child.stdout.on("data", (part: Buffer) => {
      text = (text + part.toString()).slice(-10_000);
      // The last that it says of its beginning.
      if (!text.includes("DB connection")) return;
      clearTimeout(late);
      resolve();
    });
  });
}
