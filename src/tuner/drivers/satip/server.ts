import type { ServerAddress } from "./rtsp-connection.ts";
import type { Transport } from "./session.ts";

/** A server as its tuners see it. */
export interface SatipServer {
  /** Part of the tuners' ids: letters, digits, `.` and `-`. */
  readonly id: string;
  readonly name: string;
  /** Where it is now; another one after it came back with another address. */
  address: ServerAddress;
  readonly transport: Transport | "auto";
  /** With `auto`: what turned out to get through. */
  learned: Transport | null;
  /** Signal source of an orbital position, 1..255; null: not of this server. @param orbital null: of the only dish there is */
  source(orbital: string | null): number | null;
  /** A tuner could not reach it. */
  unreachable(): void;
}

/** Where a dish of the server points. */
export interface SatipSatellite {
  /** Such as `19.2E`. */
  readonly orbital: string;
  /** Its number at the server, 1..255. */
  readonly source: number;
}

/** Signal sources by orbital position. @param satellites none: everything is source 1 */
export function sourceOf(satellites: readonly SatipSatellite[]): SatipServer["source"] {
  const sources = new Map(satellites.map(({ orbital, source }) => [degrees(orbital), source]));
  if (sources.size === 0) return () => 1;
  const only = [...sources.values()][0] ?? 1;
  return (orbital) => (orbital === null ? only : (sources.get(degrees(orbital)) ?? null));
}

/** Tenths of a degree, east positive: `19.2E`, `S19.2E` and `19.20e` are the same. */
function degrees(orbital: string): number | string {
  const parts = /^S?(\d{1,3}(?:\.\d+)?)°?([EW])$/i.exec(orbital.trim());
  if (parts === null) return orbital;
  const tenths = Math.round(Number(parts[1]) * 10);
  return parts[2]!.toUpperCase() === "W" ? -tenths : tenths;
}
