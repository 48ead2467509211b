import { get } from "node:http";
import type { Clock } from "../../../kernel/clock.ts";

const LONGEST = 64 * 1024;
const PATIENCE_MS = 3000;

/**
 * Gets a device's description, without following it elsewhere.
 * @returns null when there is none: another status than 200, too long, too slow, not on http
 */
export function fetchDescription(
  location: string,
  clock: Clock,
  signal?: AbortSignal,
): Promise<string | null> {
  return new Promise((resolve) => {
    if (signal?.aborted === true || !URL.canParse(location) || new URL(location).protocol !== "http:")
      return resolve(null);
    const request = get(location, { agent: false, headers: { connection: "close" } });
    const done = (text: string | null): void => {
      timer.cancel();
      signal?.removeEventListener("abort", giveUp);
      request.destroy();
      resolve(text);
    };
    const giveUp = (): void => done(null);
    const timer = clock.after(PATIENCE_MS, giveUp);
    signal?.addEventListener("abort", giveUp, { once: true });
    request.on("error", giveUp);
    request.on("response", (response) => {
      if (response.statusCode !== 200) return giveUp();
      const parts: Buffer[] = [];
      let length = 0;
      response.on("data", (part: Buffer) => {
        length += part.length;
        if (length > LONGEST) giveUp();
        else parts.push(part);
      });
      response.on("end", () => done(Buffer.concat(parts).toString("utf8")));
      response.on("error", giveUp);
    });
  });
}
