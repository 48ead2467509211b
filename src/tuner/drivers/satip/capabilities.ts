import { SaxesParser } from "saxes";
import type { Broadcast } from "./query.ts";
import { systemName } from "./query.ts";

/** A group of like front ends: `DVBS2-8`. */
export interface FrontendGroup {
  /** In lower case: `dvbs2`. */
  readonly system: string;
  readonly count: number;
}

/** What a server's description tells. */
export interface SatipDescription {
  /** Unique device name, without `uuid:`; empty when there is none. */
  readonly udn: string;
  readonly name: string;
  readonly groups: readonly FrontendGroup[];
  /** Where its RTSP is; 554 where it does not say. */
  readonly rtspPort: number;
}

/** @see RFC 2326 §3.2 */
export const RTSP_PORT = 554;
/** More front ends than this of one kind are a mistake. */
const MOST = 64;
const MOST_GROUPS = 16;
const LONGEST_TEXT = 256;

/** Systems of the first generation that a front end of the second receives as well. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  dvbs2: ["dvbs", "dvbs2"],
  dvbt2: ["dvbt", "dvbt2"],
  dvbc2: ["dvbc"],
};

/** Reads `DVBS2-8,DVBT-4`; what it does not understand is left out. @see SAT>IP 1.2.2 §3.3.2 */
export function parseCapabilities(text: string): FrontendGroup[] {
  const counts = new Map<string, number>();
  for (const part of text.split(",", 2 * MOST_GROUPS)) {
    const group = /^\s*([A-Za-z][A-Za-z0-9]{1,9})-(\d{1,3})\s*$/.exec(part);
    if (group === null || counts.size >= MOST_GROUPS) continue;
    const system = group[1]!.toLowerCase();
    counts.set(system, Math.min(MOST, (counts.get(system) ?? 0) + Number(group[2])));
  }
  return [...counts].filter(([, count]) => count > 0).map(([system, count]) => ({ system, count }));
}

/** Whether a front end of this kind receives the delivery. */
export function receives(system: string, delivery: Broadcast): boolean {
  return (ALSO[system] ?? [system]).includes(systemName(delivery));
}

/**
 * Reads a server's description.
 * @returns null when it is not well-formed, or describes no SAT>IP server
 * @see SAT>IP 1.2.2 §3.3.2
 */
export function parseDescription(xml: string): SatipDescription | null {
  const parser = new SaxesParser();
  const found = { type: "", udn: "", name: "", capabilities: "", port: "" };
  let text = "";
  let wellFormed = true;
  parser.on("error", () => (wellFormed = false));
  parser.on("opentag", () => (text = ""));
  const take = (part: string): void => void (text = (text + part).slice(0, LONGEST_TEXT));
  parser.on("text", take);
  parser.on("cdata", take);
  parser.on("closetag", ({ name }) => {
    const value = text.trim();
    text = "";
    if (value === "") return;
    // The root device comes first: those embedded in it do not overwrite it.
    if (name === "deviceType") found.type ||= value;
    else if (name === "UDN") found.udn ||= value;
    else if (name === "friendlyName") found.name ||= value;
    else if (name.replace(/^.*:/, "") === "X_SATIPCAP") found.capabilities ||= value;
    // Not of the specification, but of the servers that do not use its port.
    else if (name.replace(/^.*:/, "") === "X_SATIP_RTSP_PORT") found.port ||= value;
  });
  parser.write(xml).close();
  if (!wellFormed || !(found.type.includes("SatIPServer") || found.capabilities !== "")) return null;
  return {
    udn: found.udn.replace(/^uuid:/i, ""),
    name: found.name,
    groups: parseCapabilities(found.capabilities),
    rtspPort: /^\d{1,5}$/.test(found.port) && isPort(Number(found.port)) ? Number(found.port) : RTSP_PORT,
  };
}

const isPort = (value: number): boolean => value > 0 && value < 65_536;

/** Counts of the front ends from an SDP's `s=SatIPServer:1 <sat>[,<terr>[,<cable>]]`. @see SAT>IP 1.2.2 §3.5.7 */
export function parseSdpCapabilities(sdp: string): FrontendGroup[] {
  const counts = /^s=SatIPServer:1[ \t]+(\d{1,3})(?:[ ,]+(\d{1,3}))?(?:[ ,]+(\d{1,3}))?/m.exec(sdp);
  if (counts === null) return [];
  return parseCapabilities(
    ["DVBS2", "DVBT2", "DVBC"].map((system, i) => `${system}-${counts[i + 1] ?? 0}`).join(","),
  );
}
