import type { Config } from "../kernel/config/index.ts";
import { TellyportError } from "../kernel/errors.ts";

/** What the command line says in place of the configuration. */
export interface RunOverrides {
  readonly state?: string;
  /** Plain http, 0 to {@link LAST_PORT}; https takes the next one. */
  readonly port?: number;
  /** `mock`, `file:PATH[,PATH...]`, `hdhomerun[:HOST[,HOST...]]`, `satip[:HOST[:PORT][,...]]`, or `m3u:PATH_OR_URL`. */
  readonly tuner?: string;
  /** The installer's file. */
  readonly provision?: string;
}

/** What the command line says, in the words of the configuration. @throws TellyportError `usage` */
export function overridesOf(args: RunOverrides): Record<string, unknown> {
  return {
    ...(args.state !== undefined && { state: { directory: args.state } }),
    ...(args.port !== undefined && { http: portsFrom(args.port) }),
    ...(args.tuner !== undefined && { tuners: tunersOf(args.tuner) }),
    ...(args.provision !== undefined && { provision: { file: args.provision } }),
  };
}

/** The last port that leaves one for https. */
export const LAST_PORT = 65_534;

/** @throws TellyportError `usage` when there is no next port */
function portsFrom(port: number): { port: number; https: { port: number } } {
  if (port <= LAST_PORT) return { port, https: { port: port === 0 ? 0 : port + 1 } };
  throw new TellyportError(
    "usage",
    `--port is a number from 0 to ${LAST_PORT}, not ${port}: https takes the next one.`,
  );
}

const NO_TUNER: Record<keyof Config["tuners"], undefined> = {
  mock: undefined,
  file: undefined,
  hdhomerun: undefined,
  network: undefined,
  dvb: undefined,
  satip: undefined,
};

/** In place of those that the configuration names. */
function tunersOf(text: string): Record<keyof Config["tuners"], unknown> {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const names = text
    .slice(kind.length + 1)
    .split(",")
    .filter((name) => name !== "");
  if (kind === "mock" && names.length === 0) return { ...NO_TUNER, mock: {} };
  if (kind === "dvb" && names.every((name) => /^\d{1,3}$/.test(name)))
    return { ...NO_TUNER, dvb: { adapters: names.map(Number) } };
  if (kind === "file" && names.length > 0) return { ...NO_TUNER, file: { paths: names } };
  if (kind === "hdhomerun") return { ...NO_TUNER, hdhomerun: { hosts: names, discover: names.length === 0 } };
  if (kind === "satip") {
    const servers = names.map(satipServer);
    return { ...NO_TUNER, satip: { servers, discover: servers.length === 0 } };
  }
  // An address may hold a comma: one list at a time.
  if (kind === "m3u" && names.length > 0)
    return { ...NO_TUNER, network: { lists: [text.slice("m3u:".length)] } };
  throw new TellyportError(
    "usage",
    `--tuner takes "mock", "dvb[:ADAPTER[,ADAPTER...]]", "file:PATH[,PATH...]", "hdhomerun[:HOST[,HOST...]]", "satip[:HOST[:PORT]]" or "m3u:PATH_OR_URL", not "${kind}${colon < 0 ? "" : ":"}".`,
  );
}

/** `HOST` or `HOST:PORT`, an IPv6 address in brackets. */
function satipServer(text: string): { host: string; port?: number } {
  const parts = /^(?:\[([0-9A-Fa-f:]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  if (host === undefined)
    throw new TellyportError("usage", `--tuner satip: takes HOST or HOST:PORT, not "${text}".`);
  return { host, ...(parts?.[3] !== undefined && { port: Number(parts[3]) }) };
}
