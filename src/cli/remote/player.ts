import { spawn } from "node:child_process";
import { TellyportError, systemCode } from "../../kernel/errors.ts";

export const PLAYERS = ["mpv", "vlc", "ffplay"] as const;
export type Player = (typeof PLAYERS)[number];

/** So long has a player to end after it was asked to, ms. */
const END_MS = 2000;

/** The player's arguments: it shows the channel's name and ends with the stream. */
export function playerArguments(player: Player, url: string, title: string): string[] {
  switch (player) {
    case "mpv":
      return [`--force-media-title=${title}`, url];
    case "vlc":
      return ["--play-and-exit", `--meta-title=${title}`, url];
    case "ffplay":
      return ["-loglevel", "warning", "-autoexit", "-window_title", title, url];
  }
}

/**
 * Runs a player until it ends or the signal aborts; it is ended with the signal.
 * @param options.keyboard whether it gets this terminal (its own keys, its own lines)
 * @throws TellyportError `player-failed`
 */
export async function runPlayer(
  player: Player,
  args: readonly string[],
  options: { signal: AbortSignal; keyboard: boolean; env: Readonly<Record<string, string | undefined>> },
): Promise<void> {
  const child = spawn(player, args, {
    stdio: options.keyboard ? "inherit" : ["ignore", "ignore", "inherit"],
    env: options.env,
  });
  let force: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    child.kill("SIGTERM");
    force = setTimeout(() => child.kill("SIGKILL"), END_MS);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      child.once("error", (error) => reject(cannotStart(player, error)));
      child.once("exit", (code, signal) => {
        if (options.signal.aborted || code === 0) resolve();
        else
          reject(new TellyportError("player-failed", `${player} ended with ${signal ?? `status ${code}`}.`));
      });
      if (options.signal.aborted) onAbort();
      else options.signal.addEventListener("abort", onAbort, { once: true });
    });
  } finally {
    clearTimeout(force);
    options.signal.removeEventListener("abort", onAbort);
  }
}

function cannotStart(player: Player, error: unknown): TellyportError {
  return new TellyportError(
    "player-failed",
    systemCode(error) === "ENOENT"
      ? `${player} is not installed here: install it, or leave --player out and open the address in another player.`
      : `${player} cannot be started (${systemCode(error) ?? "unknown"}).`,
    { cause: error },
  );
}
