import { createServer, isIPv6, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { networkOf, plainAddress } from "../../kernel/network-address.ts";
import type { Answerer } from "./answerer.ts";
import type { DnsCounters } from "./counters.ts";
import { MessageStream, framed } from "../../kernel/message-stream.ts";
import { countAnswer } from "./udp-door.ts";

export interface TcpDoorLimits {
  /** Connections in all; default 512. When there are as many, the one that has been idle for longest makes room. */
  readonly inAll?: number;
  /** Of one network (an IPv4 address, or a /64); default 32. */
  readonly perNetwork?: number;
  /** Without a whole query, ms; default 10 s. @see RFC 7766 §6.2.3 */
  readonly idleMs?: number;
}

export interface TcpDoorDeps {
  readonly answerer: Answerer;
  readonly counters: DnsCounters;
  readonly clock: Clock;
  readonly limits?: TcpDoorLimits;
}

/** Queries are small: what says it is longer is none. */
const LONGEST_QUERY = 4096;
/** Answers that a client has not taken, octets; until it does, no more of its queries are read. */
const MOST_WAITING = 64 * 1024;
/** Queries of one connection that wait; no resolver has as many, and who has more is cut off. */
const MOST_QUERIES = 1024;
/** Answers to one connection before the others have their turn. */
const TURN = 64;

interface Connection {
  readonly socket: Socket;
  readonly network: string;
  timer: Timer | null;
  /** Whole queries without an answer yet. */
  waiting: Buffer[];
  /** Its next turn comes by itself. */
  hasTurn: boolean;
}

/** DNS over TCP for all addresses together. @see RFC 7766 */
export class TcpDoor {
  readonly #deps: TcpDoorDeps;
  readonly #servers: Server[] = [];
  /** The one whose last query is oldest comes first. */
  readonly #connections = new Set<Connection>();
  readonly #perNetwork = new Map<string, number>();

  constructor(deps: TcpDoorDeps) {
    this.#deps = deps;
  }

  open(address: string, port: number): Promise<void> {
    const server = createServer((socket) => this.#welcome(socket));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address, port, ipv6Only: isIPv6(address), exclusive: true }, () => {
        server.removeAllListeners("error");
        // An accept that failed (no descriptor is free) is no reason to end.
        server.on("error", () => undefined);
        this.#servers.push(server);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const { socket } of this.#connections) socket.destroy();
    await Promise.all(closed);
    this.#servers.length = 0;
  }

  #welcome(socket: Socket): void {
    const { counters, limits = {} } = this.#deps;
    const network = networkOf(plainAddress(socket.remoteAddress ?? ""));
    const count = this.#perNetwork.get(network) ?? 0;
    socket.on("error", () => undefined);
    if (count >= (limits.perNetwork ?? 32)) {
      counters.refusedConnections++;
      socket.destroy();
      return;
    }
    if (this.#connections.size >= (limits.inAll ?? 512)) {
      counters.refusedConnections++;
      for (const oldest of this.#connections) {
        this.#end(oldest);
        break;
      }
    }
    const connection: Connection = { socket, network, timer: null, waiting: [], hasTurn: false };
    this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1);
    this.#used(connection);
    socket.once("close", () => this.#forget(connection));
    const stream = new MessageStream(LONGEST_QUERY);
    socket.on("data", (chunk: Buffer) => {
      const messages = stream.take(chunk);
      if (messages === null) return this.#end(connection);
      connection.waiting.push(...messages);
      if (connection.waiting.length > MOST_QUERIES) return this.#end(connection);
      this.#answerSome(connection);
    });
    socket.on("drain", () => this.#answerSome(connection));
    socket.setNoDelay(true);
  }

  /** As far as the client takes its answers, and so many in one turn; nothing more is read meanwhile. */
  #answerSome(connection: Connection): void {
    const { answerer, counters } = this.#deps;
    const { socket, waiting } = connection;
    if (connection.hasTurn || !this.#connections.has(connection)) return;
    const pieces: Buffer[] = [];
    let room = MOST_WAITING - socket.writableLength;
    let done = 0;
    for (const message of waiting.slice(0, TURN)) {
      if (room < 0) break;
      done++;
      counters.tcpQueries++;
      const answer = answerer.answer(message, "tcp");
      if (answer === null) {
        counters.dropped++;
        return this.#end(connection);
      }
      countAnswer(counters, answer.bytes);
      const piece = framed(answer.bytes);
      pieces.push(piece);
      room -= piece.length;
    }
    if (done > 0) {
      // In one: each write costs memory beside its octets until it is taken.
      socket.write(Buffer.concat(pieces));
      this.#used(connection);
    }
    connection.waiting = waiting.slice(done);
    if (connection.waiting.length === 0) return void socket.resume();
    socket.pause();
    // It says so itself when all of that is taken.
    if (socket.writableNeedDrain) return;
    connection.hasTurn = true;
    setImmediate(() => {
      connection.hasTurn = false;
      this.#answerSome(connection);
    });
  }

  #used(connection: Connection): void {
    const { clock, limits = {}, counters } = this.#deps;
    connection.timer?.cancel();
    connection.timer = clock.after(limits.idleMs ?? 10_000, () => this.#end(connection));
    this.#connections.delete(connection);
    this.#connections.add(connection);
    counters.connections = this.#connections.size;
  }

  #end(connection: Connection): void {
    connection.socket.destroy();
    this.#forget(connection);
  }

  #forget(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    connection.timer?.cancel();
    const left = (this.#perNetwork.get(connection.network) ?? 1) - 1;
    if (left > 0) this.#perNetwork.set(connection.network, left);
    else this.#perNetwork.delete(connection.network);
    this.#deps.counters.connections = this.#connections.size;
  }
}
