import type { Clock } from "../../../kernel/clock.ts";
import { createSafeFetch, type SafeFetch } from "../../../kernel/safe-fetch/index.ts";
import { ssdpSearch, type SsdpAnswer, type SsdpSearchOptions } from "../../../kernel/ssdp-search.ts";
import {
  parseDescription,
  parseSdpCapabilities,
  type FrontendGroup,
  type SatipDescription,
} from "./capabilities.ts";
import { fetchDescription } from "./fetch-description.ts";
import { isRtspPort, reachOf, refusalOf } from "./neighbours.ts";
import { RtspConnection, rtspUrl, type RtspMethod, type ServerAddress } from "./rtsp-connection.ts";
import type { RtspReply } from "./rtsp-parser.ts";

/** @see SAT>IP 1.2.2 §3.3.1 */
export const SEARCH_TARGET = "urn:ses-com:device:SatIPServer:1";
const PATIENCE_MS = 2000;

/** How servers are searched for, and asked about; what the tests change. */
export interface SearchSettings {
  /** Default the multicast group. */
  readonly to?: SsdpSearchOptions["to"];
  /** Default all interfaces that are not loopback. */
  readonly interfaces?: readonly string[];
  /** Seconds that servers may take to answer; default 2. */
  readonly mx?: number;
  /** Where a single server answers searches; default 1900. */
  readonly unicastPort?: number;
}

/** What a search brought. */
export interface FoundServers {
  readonly answers: readonly SsdpAnswer[];
  /** Why those of other addresses are not asked, by address. */
  readonly refused: ReadonlyMap<string, string>;
}

/** All servers that answer on the network, and lie in it. */
export async function searchServers(
  settings: SearchSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<FoundServers> {
  const all = await ssdpSearch({
    clock,
    target: SEARCH_TARGET,
    signal,
    ...(settings.to !== undefined && { to: settings.to }),
    ...(settings.interfaces !== undefined && { interfaces: settings.interfaces }),
    ...(settings.mx !== undefined && { mx: settings.mx }),
  });
  const refused = new Map<string, string>();
  const answers = all.filter((answer) => {
    const refusal = refusalOf(answer, settings.to?.address);
    if (refusal !== null) refused.set(answer.address, refusal);
    return refusal === null;
  });
  return { answers, refused };
}

/**
 * The description that an answer points to, if it is at the address that the answer came from: nobody sends us elsewhere.
 * @param asked the address that was searched alone, if any
 */
export async function describeAnswer(
  answer: SsdpAnswer,
  asked: string | undefined,
  deps: { readonly fetch: SafeFetch; readonly signal: AbortSignal },
): Promise<SatipDescription | null> {
  const location = URL.canParse(answer.location) ? new URL(answer.location) : null;
  if (location === null || location.hostname !== answer.address) return null;
  const xml = await fetchDescription(location, { ...deps, reach: reachOf(answer, location, asked) });
  const description = xml === null ? null : parseDescription(xml);
  return description !== null && isRtspPort(description.rtspPort) ? description : null;
}

/**
 * What a server at a known address has: from its description, which a search of that address alone finds, else by RTSP.
 * @param named whether the installer named the address: it may be any then
 * @returns null when it tells neither
 */
export async function describeServer(
  address: ServerAddress,
  named: boolean,
  settings: SearchSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ udn: string; name: string; groups: readonly FrontendGroup[] } | null> {
  const sdp = describeByRtsp(address, clock, signal);
  const answers = await ssdpSearch({
    clock,
    target: SEARCH_TARGET,
    mx: Math.min(1, settings.mx ?? 1),
    to: { address: address.host, port: settings.unicastPort ?? 1900 },
    interfaces: settings.interfaces ?? ["0.0.0.0"],
    signal,
  });
  const fetch = createSafeFetch({ clock });
  for (const answer of answers) {
    const description = await describeAnswer(answer, named ? address.host : undefined, { fetch, signal });
    if (description !== null && description.groups.length > 0) return description;
  }
  const groups = await sdp;
  return groups.length === 0 ? null : { udn: "", name: "", groups };
}

async function describeByRtsp(
  address: ServerAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<FrontendGroup[]> {
  const reply = await ask("DESCRIBE", address, clock, signal);
  // Without a stream the status may be 404, with the counts in the body all the same.
  return reply === null ? [] : parseSdpCapabilities(reply.body);
}

/** Whether an RTSP server answers there. */
export async function answers(address: ServerAddress, clock: Clock, signal: AbortSignal): Promise<boolean> {
  return (await ask("OPTIONS", address, clock, signal)) !== null;
}

async function ask(
  method: RtspMethod,
  address: ServerAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<RtspReply | null> {
  let connection: RtspConnection | null = null;
  try {
    const events = { frame: () => undefined, garbled: () => undefined, closed: () => undefined };
    connection = await RtspConnection.open(address, { clock, events, signal });
    const headers: Record<string, string> = method === "DESCRIBE" ? { Accept: "application/sdp" } : {};
    return await connection.request(method, rtspUrl(address), headers, PATIENCE_MS);
  } catch {
    return null; // Nobody there is the answer.
  } finally {
    connection?.close();
  }
}
