import { isRecord } from "../../kernel/is-record.ts";
import type { Addresses } from "./name-provider.ts";

/** What outlives a restart, so that a box that restarts often is not taken for one that abuses its provider. */
export interface ProviderMemory {
  /** Fingerprint of the configuration that it is about. */
  readonly configuration: string;
  /** That the provider took last; null: none. */
  readonly sent: Addresses | null;
  /** When, ms since 1970; 0 for none. */
  readonly sentAt: number;
  /** Why nothing is sent any more with this configuration; null: it is. */
  readonly stopped: string | null;
}

/** Providers forget names that nobody updates; most of them after 30 days. */
export const FORCED_MS = 25 * 24 * 3_600_000;
/** Between two tries that failed. */
const SHORTEST_MS = 30_000;
const LONGEST_MS = 3_600_000;

export function freshMemory(configuration: string): ProviderMemory {
  return { configuration, sent: null, sentAt: 0, stopped: null };
}

/**
 * When the provider is to be told, apart from failures.
 * @param now ms since 1970; a clock that went back is no reason to send
 * @returns ms from now; null: not before something changes
 */
export function dueIn(
  { sent, sentAt, stopped }: ProviderMemory,
  wanted: Addresses,
  now: number,
): number | null {
  if (stopped !== null || (wanted.ipv4 === null && wanted.ipv6 === null)) return null;
  if (sent === null || sent.ipv4 !== wanted.ipv4 || sent.ipv6 !== wanted.ipv6) return 0;
  return Math.max(0, FORCED_MS - Math.max(0, now - sentAt));
}

/**
 * How long to wait after failures.
 * @param failures in a row, 1 or more
 * @param random from 0 to below 1
 * @param asked by the server, ms
 * @returns ms, half of it and up by chance
 */
export function backOff(failures: number, random: number, asked = 0): number {
  const whole = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(20, failures));
  return Math.max(asked, Math.round((whole * (1 + random)) / 2));
}

/** @param text of a file. @throws SyntaxError when it is no memory */
export function readMemory(text: string): ProviderMemory {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new SyntaxError("not an object");
  const { configuration, sent, sentAt, stopped } = value;
  const isGood =
    typeof configuration === "string" &&
    typeof sentAt === "number" &&
    Number.isFinite(sentAt) &&
    (stopped === null || typeof stopped === "string");
  if (!isGood) throw new SyntaxError("a member is missing");
  return { configuration, sent: readAddresses(sent), sentAt, stopped };
}

function readAddresses(value: unknown): Addresses | null {
  if (!isRecord(value)) return null;
  const textOf = (one: unknown): string | null => (typeof one === "string" ? one : null);
  return { ipv4: textOf(value["ipv4"]), ipv6: textOf(value["ipv6"]) };
}
