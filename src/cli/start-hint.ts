import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where nothing was installed. */
export const RUN = "tellyport run";

/** The command that starts the daemon here: an installed one is the service manager's. */
export function startHint(): string {
  // Releases have it beside their programs.
  const isInstalled = existsSync(join(dirname(process.argv[1] ?? ""), "VERSION"));
  return isInstalled ? "systemctl start tellyport" : RUN;
}
