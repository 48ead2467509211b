import type { RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { networkOf, plainAddress, regionOf } from "../kernel/network-address.ts";
import type { Clock, Timer } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import {
  ConnectionTable,
  type Connection,
  type ConnectionLimits,
  type ConnectionSender,
} from "./connection-table.ts";
import { createLinkView, type TrustedProxies } from "./origin.ts";
import { TokenBuckets, type BucketShape } from "../kernel/token-buckets.ts";

export interface ConnectionsDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Default: 64 a sender, 512 in all. */
  readonly limits?: ConnectionLimits;
  /** Whether a plain address is in the home network; default: as the machine's interfaces say. */
  readonly atHome?: (address: string) => boolean;
  /** Whose connections are those of many; default: nobody's. */
  readonly proxies?: TrustedProxies;
}

/** New connections of one sender: a TLS handshake is the dearest thing that a stranger can ask for. */
const OPENED: BucketShape = { burst: 512, perSecond: 50 };
/** How often receivers are looked at. */
const LOOK_MS = 2000;
/** Who has not taken what was written to it for so long is cut off; media has stricter limits of its own. */
const UNTAKEN_MS = 120_000;
/** Bytes of answers that wait for slow receivers, in all: beyond, the one for which most waits is cut off. */
const UNTAKEN_BYTES = 64 * 1024 * 1024;
/** Requests of one connection that wait for their answers: no client of ours sends the next before the last was answered. */
const PIPELINED = 32;
/** One line in the log for so many ms of refusals. */
const TELL_MS = 60_000;

interface Open {
  readonly connection: Connection;
  /** Notes that somebody has proven who he is. */
  readonly prove: () => void;
  /** As it was accepted. */
  readonly accepted: Socket;
  /** What requests come over: beneath TLS another one than `accepted`. */
  socket: Socket;
  latest: ServerResponse | null;
  /** Since when something waits for it to be taken, monotonic ms. */
  untakenSince: number | null;
}

const openOf = new WeakMap<Socket, Open>();

/** Somebody has proven on this connection who he is, or holds a grant: it is not taken while it is at work. */
export function markProven(socket: Socket): void {
  const open = openOf.get(socket);
  if (open?.connection.proven === false) open.prove();
}

/** Whether an answer on this connection has begun, so that nothing else may be written to it. */
export function isAnswering(socket: Socket): boolean {
  const open = openOf.get(socket);
  if (open === undefined || open.connection.open === 0) return false;
  return open.connection.open > 1 || open.latest === null || open.latest.headersSent;
}

/** Keeps the doors to the network within limits, for each sender and in all. */
export class Connections {
  readonly #deps: ConnectionsDeps;
  readonly #table: ConnectionTable;
  readonly #opened = new TokenBuckets(OPENED);
  readonly #atHome: (address: string) => boolean;
  readonly #open = new Map<Connection, Open>();
  /** Accepted sockets without a handshake (so far), by {@link peerOf}. */
  readonly #shaking = new Map<string, Open>();
  readonly #answered: (this: ServerResponse) => void;
  #timer: Timer | null = null;
  #refused = 0;
  #toldAt = -Infinity;

  constructor(deps: ConnectionsDeps) {
    const { clock, limits } = deps;
    this.#deps = deps;
    this.#atHome = deps.atHome ?? createLinkView(clock);
    const table = (this.#table = new ConnectionTable(limits));
    // One function for all answers.
    this.#answered = function () {
      const open = openOf.get(this.req.socket);
      if (open === undefined) return;
      if (open.latest === this) open.latest = null;
      table.ended(open.connection, clock.monotonic());
    };
  }

  start(): void {
    this.#timer = this.#deps.clock.every(LOOK_MS, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  get size(): number {
    return this.#table.size;
  }

  /** Limits what a server accepts. Who is not let in is closed at once, without a word. */
  watch(server: Server): void {
    server.on("connection", (socket: Socket) => this.#accept(socket));
    server.on("secureConnection", (socket: Socket) => {
      const open = this.#shaking.get(peerOf(socket));
      if (open === undefined) return void socket.destroy();
      this.#shaking.delete(peerOf(socket));
      open.socket = socket;
      openOf.set(socket, open);
    });
  }

  /** A server's listener that notes what is asked. */
  noting(listener: RequestListener): RequestListener {
    return (request, response) => {
      const open = openOf.get(request.socket);
      if (open !== undefined) {
        this.#table.began(open.connection, this.#deps.clock.monotonic());
        if (open.connection.open > PIPELINED) return void request.socket.destroy();
        open.latest = response;
        response.on("close", this.#answered);
      }
      listener(request, response);
    };
  }

  #accept(socket: Socket): void {
    const now = this.#deps.clock.monotonic();
    if (socket.remoteAddress === undefined) return void socket.destroy();
    const sender = this.#senderOf(plainAddress(socket.remoteAddress), socket.remotePort ?? 0);
    const room = this.#opened.take(sender.key, now) > 0 ? "no" : this.#table.room(sender, now);
    if (room !== "yes") this.#refused++;
    if (room === "no") return void socket.destroy();
    if (room !== "yes") this.#close(room);
    const connection = this.#table.add(sender, now);
    const prove = (): void => this.#table.prove(connection, this.#deps.clock.monotonic());
    const open: Open = { connection, prove, accepted: socket, socket, latest: null, untakenSince: null };
    const peer = peerOf(socket);
    this.#open.set(connection, open);
    this.#shaking.set(peer, open);
    openOf.set(socket, open);
    socket.once("close", () => {
      this.#forget(connection);
      if (this.#shaking.get(peer) === open) this.#shaking.delete(peer);
    });
  }

  /** At home every address is one of its own: the household shares its /64, and none of it the others' limits. */
  #senderOf(address: string, port: number): ConnectionSender {
    // Behind a proxy are many, who take turns on its connections: each of those is a sender, and only all of them have a limit.
    if (this.#deps.proxies?.has(address) === true) return { key: `${address} ${port}`, region: null };
    return this.#atHome(address)
      ? { key: address, region: null }
      : { key: networkOf(address), region: regionOf(address) };
  }

  #close(connection: Connection): void {
    this.#open.get(connection)?.accepted.destroy();
    // Its place is free now, not when its socket has said so.
    this.#forget(connection);
  }

  #forget(connection: Connection): void {
    this.#table.remove(connection);
    this.#open.delete(connection);
  }

  #look(): void {
    const now = this.#deps.clock.monotonic();
    const untaken: Open[] = [];
    let bytes = 0;
    for (const open of this.#open.values()) {
      const waits = open.socket.writableLength;
      if (waits === 0) {
        open.untakenSince = null;
        continue;
      }
      bytes += waits;
      open.untakenSince ??= now;
      if (now - open.untakenSince >= UNTAKEN_MS) this.#close(open.connection);
      else if (now > open.untakenSince) untaken.push(open);
    }
    untaken.sort((a, b) => b.socket.writableLength - a.socket.writableLength);
    for (const open of untaken) {
      if (bytes <= UNTAKEN_BYTES) break;
      bytes -= open.socket.writableLength;
      this.#close(open.connection);
    }
    if (this.#refused === 0 || now - this.#toldAt < TELL_MS) return;
    const { size: connections, senders } = this.#table;
    this.#deps.log.warn({ refused: this.#refused, connections, senders }, "connections-refused");
    this.#refused = 0;
    this.#toldAt = now;
  }
}

/** Both ends: beneath TLS the two sockets of a connection have nothing else in common. */
function peerOf({ localAddress = "", localPort = 0, remoteAddress = "", remotePort = 0 }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
