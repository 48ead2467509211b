import { randomInt } from "node:crypto";
import type { Clock } from "../../kernel/clock.ts";
import { TellyportError, systemCode } from "../../kernel/errors.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import { SparingLog, type LineLog } from "../../kernel/log-sparingly.ts";
import { AnswerLimit } from "./answer-limit.ts";
import { Answerer } from "./answerer.ts";
import { dnsCounters, type DnsCounters } from "./counters.ts";
import { TcpDoor, type TcpDoorLimits } from "./tcp-door.ts";
import { openUdpDoor, type UdpDoor } from "./udp-door.ts";
import type { Zone } from "./zone.ts";

export interface NameServerOptions {
  readonly zones: readonly Zone[];
  /** Addresses of this machine, and ports; 0: any that is free. Behind `0.0.0.0` or `::` a machine with several answers from the wrong one. */
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  /** Answers a second of one sort about one subject to one network over UDP; default 20, null: any number. */
  readonly answersPerSecond?: number | null;
  readonly tcp?: TcpDoorLimits;
  readonly clock: Clock;
  readonly log: LineLog;
}

export interface NameServer extends Component {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Where it listens, by UDP and TCP; none before the start. */
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  readonly counters: DnsCounters;
}

/** Ports of both kinds that are tried when any will do. */
const TRIES = 20;
const NO_ADDRESS = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"]);

/** The embedded authoritative name server: answers for zones in memory over UDP and TCP. */
export function createNameServer(options: NameServerOptions): NameServer {
  const { zones, clock, answersPerSecond } = options;
  const log = new SparingLog(options.log, clock);
  const answerer = new Answerer(zones);
  const counters = dnsCounters();
  const perSecond = answersPerSecond === undefined ? {} : { perSecond: answersPerSecond ?? 0 };
  const limit =
    answersPerSecond === null ? null : new AnswerLimit({ ...perSecond, seed: randomInt(2 ** 32) });
  const tcp = new TcpDoor({ answerer, counters, clock, ...(options.tcp && { limits: options.tcp }) });
  const doors: UdpDoor[] = [];
  const addresses: { address: string; port: number }[] = [];
  const udpDeps = { answerer, limit, counters, clock, log };

  /** The same port by both. */
  async function openBoth(address: string, port: number): Promise<number> {
    for (let tries = TRIES; ; tries--) {
      const door = await openUdpDoor(address, port, udpDeps);
      try {
        await tcp.open(address, door.port);
        doors.push(door);
        return door.port;
      } catch (error) {
        await door.close();
        if (port !== 0 || tries === 0 || systemCode(error) !== "EADDRINUSE") throw error;
      }
    }
  }

  async function closeAll(): Promise<void> {
    await Promise.all([...doors.splice(0).map((door) => door.close()), tcp.close()]);
    addresses.length = 0;
  }

  return {
    name: "name-server",
    addresses,
    counters,
    async start() {
      for (const { address, port } of options.listen) {
        try {
          addresses.push({ address, port: await openBoth(address, port) });
        } catch (error) {
          await closeAll();
          throw listenError(error, address, port);
        }
      }
      options.log.info({ addresses }, "dns-listening");
    },
    stop: closeAll,
  };
}

function listenError(error: unknown, address: string, port: number): unknown {
  const options = { cause: error, detail: { port } };
  const code = systemCode(error);
  if (code === "EADDRINUSE")
    return new TellyportError(
      "port-in-use",
      `Port ${port} of ${address} is in use by another name server. Stop that one, or choose another port or address for the zone's.`,
      options,
    );
  if (code === "EACCES")
    return new TellyportError(
      "port-not-allowed",
      `Port ${port} needs more rights than this user has. Give it CAP_NET_BIND_SERVICE, or choose a port from 1024 up and forward to it.`,
      options,
    );
  if (code !== undefined && NO_ADDRESS.has(code))
    return new TellyportError(
      "address-not-available",
      `The name server cannot listen on ${address} (${code}). Name an address that this machine has.`,
      options,
    );
  return error;
}
