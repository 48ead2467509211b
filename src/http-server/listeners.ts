import { chmod, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import {
  connect,
  createServer as createNetServer,
  type AddressInfo,
  type Server as NetServer,
} from "node:net";
import type { FastifyInstance } from "fastify";
import { TellyportError, systemCode } from "../kernel/errors.ts";
import { systemClock, type Clock } from "../kernel/clock.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import type { RequestOrigin } from "../protocol/access.ts";
import { Connections } from "./connections.ts";
import type { ConnectionLimits } from "./connection-table.ts";
import type { NamedCertificates } from "./named-certificates.ts";
import { markConnections, type TrustedProxies } from "./origin.ts";
import { answerOddities } from "./raw-answers.ts";
import { withShortCut, type ShortCut } from "./short-cut.ts";
import type { HostNames } from "./host-guard.ts";

export interface ListenerOptions {
  readonly app: FastifyInstance;
  /** Host names that requests may name, lower case, beside localhost and IP addresses. */
  readonly hostNames: HostNames;
  /** Tried before the application, for requests from the network. */
  readonly shortCut?: ShortCut;
  readonly log: Log;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly address: string;
  readonly port: number;
  /** null: no https. */
  readonly https: {
    readonly port: number;
    readonly key: string;
    readonly cert: string;
    /** Served to who asks for a name that they cover. */
    readonly named?: NamedCertificates;
  } | null;
  /** Sockets that listen already, as file descriptors: they take the place of address and port. Default: none. */
  readonly handed?: HandedDoors;
  /** The command line's socket; only the daemon's user and group may open it. */
  readonly socketPath: string;
  /** Reverse proxies, whose connections are those of many; default: none. */
  readonly proxies?: TrustedProxies;
  /** Default: those of a box. */
  readonly connectionLimits?: ConnectionLimits;
}

/** What a service manager listens on for us. */
export interface HandedDoors {
  readonly http?: number | undefined;
  readonly https?: number | undefined;
}

export interface Listeners extends Component {
  /** The ports really bound; 0 before the start. */
  readonly ports: { readonly http: number; readonly https: number | null };
}

/** Longer than any held playlist request, so that a player's connection is not closed between two of its requests. */
const KEEP_ALIVE_MS = 65_000;
const HEADERS_MS = 10_000;
const REQUEST_MS = 15_000;
/** How often slow requests are looked for: the limits above are kept to within this. */
const CHECK_MS = 2_000;
const HANDSHAKE_MS = 10_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** File mode bits that are kept from everybody but the user: a group would own the box. */
const OTHERS = 0o077;

/** One application on three doors: http, https, and the unix socket of the command line. */
export function createListeners(options: ListenerOptions): Listeners {
  const { app, log, hostNames, shortCut, clock = systemClock } = options;
  const servers: Server[] = [];
  const ports = { http: 0, https: null as number | null };
  const application: RequestListener = (request, response) => app.routing(request, response);
  const connections = new Connections({
    clock,
    log,
    ...(options.proxies !== undefined && { proxies: options.proxies }),
    ...(options.connectionLimits !== undefined && { limits: options.connectionLimits }),
  });
  const answer = connections.noting(
    shortCut === undefined ? application : withShortCut(application, shortCut, hostNames),
  );
  const limits = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    connectionsCheckingInterval: CHECK_MS,
    // The application answers it, as any other name that is not ours.
    requireHostHeader: false,
  };

  async function open(server: Server, listener: RequestOrigin["listener"], where: Where): Promise<void> {
    // The bytes of a head are bounded; a count would drop what lies beyond it without a word.
    server.maxHeadersCount = 0;
    markConnections(server, listener);
    if (listener !== "local") connections.watch(server);
    answerOddities(server, listener, hostNames);
    await listen(server, where);
    servers.push(server);
  }

  const whereOf = (port: number, handed: number | undefined): Where =>
    handed === undefined ? { port, host: options.address } : { fd: handed };

  async function openAll(): Promise<void> {
    const http = createServer(limits, answer);
    await open(http, "http", whereOf(options.port, options.handed?.http));
    connections.start();
    ports.http = (http.address() as AddressInfo).port;
    if (options.https !== null) {
      const { key, cert, named } = options.https;
      const https = createSecureServer(
        {
          ...limits,
          key,
          cert,
          minVersion: "TLSv1.2",
          handshakeTimeout: HANDSHAKE_MS,
          ...(named !== undefined && {
            // Undefined: the listener's own.
            SNICallback: (name, done) => done(null, named.contextOf(name) ?? undefined),
          }),
        },
        answer,
      );
      await open(https, "https", whereOf(options.https.port, options.handed?.https));
      ports.https = (https.address() as AddressInfo).port;
    }
    // The socket of a daemon that was killed; that none lives was made sure of before.
    await rm(options.socketPath, { force: true });
    const local = createServer(limits, application);
    await open(local, "local", { path: options.socketPath });
    await chmod(options.socketPath, 0o600); // nobody executes a socket
  }

  async function closeAll(): Promise<void> {
    for (const server of servers) {
      server.close();
      server.closeIdleConnections();
    }
    connections.stop();
    await app.close();
    // What still streams has had its end announced; it is cut now.
    for (const server of servers) server.closeAllConnections();
  }

  return {
    name: "listeners",
    ports,
    async start() {
      try {
        await openAll();
      } catch (error) {
        await closeAll();
        throw error;
      }
      log.info({ ...ports }, "listening");
    },
    async stop() {
      await closeAll();
      await rm(options.socketPath, { force: true });
    },
  };
}

/** What is listened on: an address of the network, a file, or what listens already. */
type Where = { port: number; host: string } | { path: string } | { fd: number };

function listen(server: NetServer, where: Where): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, where)));
    // Bound before the call returns: at no time may others open the command line's socket.
    const umask = "path" in where ? process.umask(OTHERS) : null;
    server.listen(where, () => {
      server.removeAllListeners("error");
      resolve();
    });
    if (umask !== null) process.umask(umask);
  });
}

/** What the system calls an address that cannot be listened on: another machine's, or of a protocol that it does not have. */
const NO_ADDRESS = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"]);

function listenError(error: Error, where: Where): Error {
  const code = systemCode(error);
  if ("fd" in where)
    return new TellyportError(
      "address-not-available",
      `What the service manager has handed over is no socket that listens (${code ?? error.message}). Check ListenStream= of the socket unit.`,
      { cause: error },
    );
  if ("path" in where)
    return new TellyportError(
      "state-unusable",
      `The command line's socket cannot be opened (${code ?? error.message}). Check the state directory.`,
      { cause: error },
    );
  if (code === "EADDRINUSE") {
    return new TellyportError(
      "port-in-use",
      `Port ${where.port} is in use by another program. Stop that one, or choose another port with --port or http.port.`,
      { cause: error, detail: { port: where.port } },
    );
  }
  if (code === "EACCES") {
    return new TellyportError(
      "port-not-allowed",
      `Port ${where.port} needs more rights than this user has. Choose one from 1024 up with --port or http.port.`,
      { cause: error, detail: { port: where.port } },
    );
  }
  if (code !== undefined && NO_ADDRESS.has(code)) {
    return new TellyportError(
      "address-not-available",
      `This machine cannot listen on ${where.host} (${code}). Set http.address to an address that it has, to 0.0.0.0 for all of IPv4, or leave it out for every one.`,
      { cause: error },
    );
  }
  return error;
}

/**
 * Makes sure that no other daemon uses this state: to be asked before anything in it is opened.
 * @param socketPath the command line's socket
 * @throws TellyportError `state-unusable` when a daemon answers there
 */
export async function refuseSecondDaemon(socketPath: string): Promise<void> {
  if (!(await daemonAnswers(socketPath))) return;
  throw new TellyportError(
    "state-unusable",
    "Another Tellyport is running with this state directory. Stop it, or give this one a directory of its own with --state.",
  );
}

/** Whether a daemon answers at the command line's socket, or whoever {@link holdState holds} its state. */
export function daemonAnswers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

/**
 * Stands where a daemon would, so that none begins with this state meanwhile.
 * @param socketPath the command line's socket, at which nobody answers
 * @returns what lets go of it
 * @throws TellyportError `state-unusable`
 */
export async function holdState(socketPath: string): Promise<() => Promise<void>> {
  const server = createNetServer((socket) => socket.destroy());
  await rm(socketPath, { force: true });
  await listen(server, { path: socketPath });
  return async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(socketPath, { force: true });
  };
}
