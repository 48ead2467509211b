import type { OnlineState } from "../../src/protocol/online.ts";
import { reachabilityWords, type ReachabilityLanguage } from "../../src/protocol/reachability.ts";

/** How remote access stands, for people: pure. */

/** Which of the few things there are to say first. */
export type Standing = "off" | "starting" | "trouble" | "works" | "closed";

export function onlineStanding({ enabled, registration, problem, addresses, cloud }: OnlineState): Standing {
  if (!enabled) return "off";
  if (problem !== null || registration === "failed") return "trouble";
  if (addresses.away !== null) return "works";
  return cloud !== null && registration === "starting" ? "starting" : "closed";
}

/** What stands in the way and what can be done, in the viewer's language; null: nothing does. */
export function obstacleWords(
  { diagnosis }: OnlineState,
  language: ReachabilityLanguage,
): { title: string; advice: string } | null {
  const words = reachabilityWords(diagnosis.kind, diagnosis.reason, language);
  return words.advice === "" ? null : words;
}

export type RouterStanding = "off" | "silent" | "refuses" | "open";

export function routerStanding({ openPorts, router }: OnlineState): RouterStanding {
  if (!openPorts) return "off";
  if (router.protocol === null) return "silent";
  return router.port === null ? "refuses" : "open";
}

/** An address of a cloud as a person types it: whole, or null when it is none. */
export function cloudAddress(text: string): string | null {
  const trimmed = text.trim().replace(/\/+$/, "");
  const whole = trimmed === "" || /^https?:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  return whole !== "" &&
    /^https?:\/\/(\[[\da-f:.]+\]|[^\s/?#@:[\]]+)(:\d{1,5})?$/i.test(whole) &&
    URL.canParse(whole)
    ? whole
    : null;
}
