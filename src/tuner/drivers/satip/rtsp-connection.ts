import { connect, isIPv6, type Socket } from "node:net";
import type { Clock, Timer } from "../../../kernel/clock.ts";
import { RtspParser, type RtspReply } from "./rtsp-parser.ts";

export type RtspMethod = "OPTIONS" | "DESCRIBE" | "SETUP" | "PLAY" | "TEARDOWN";

/** Why there is no reply. `refused`: nobody is there; `closed`: the connection ended before; `silent`: nothing came in time. */
export type RtspTrouble = "refused" | "closed" | "silent";

/** There is no reply; anything that is one, whatever its status, is no failure here. */
export class RtspFailure extends Error {
  override readonly name = "RtspFailure";
  readonly trouble: RtspTrouble;

  constructor(trouble: RtspTrouble, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.trouble = trouble;
  }
}

export interface ServerAddress {
  readonly host: string;
  /** Default of the protocol: 554. */
  readonly port: number;
}

/** `rtsp://host:port/`, the port only where it is not 554. */
export function rtspUrl({ host, port }: ServerAddress): string {
  const name = isIPv6(host) ? `[${host}]` : host;
  return port === 554 ? `rtsp://${name}/` : `rtsp://${name}:${port}/`;
}

export interface ConnectionEvents {
  frame(bytes: Buffer, from: number, to: number, channel: number): void;
  /** Bytes on the connection were neither reply nor frame. */
  garbled(): void;
  /** The connection ended, other than by {@link RtspConnection.close}. */
  closed(): void;
}

interface Waiting {
  readonly cseq: number;
  readonly resolve: (reply: RtspReply) => void;
  readonly reject: (failure: RtspFailure) => void;
  readonly timer: Timer;
}

const CONNECT_MS = 2000;
const REPLY_MS = 3000;
const READ_BYTES = 128 * 1024;

/** One TCP connection to a server: requests, their replies by CSeq, and what comes between. @see RFC 2326 */
export class RtspConnection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #cseq = 0;
  #ended = false;

  /**
   * @throws RtspFailure
   * @param signal gives the attempt up
   */
  static async open(
    server: ServerAddress,
    deps: { clock: Clock; events: ConnectionEvents; signal?: AbortSignal },
  ): Promise<RtspConnection> {
    const connection = new RtspConnection(server, deps.clock, deps.events);
    try {
      await connection.#connected(server, deps.signal);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  private constructor(server: ServerAddress, clock: Clock, events: ConnectionEvents) {
    this.#clock = clock;
    const parser = new RtspParser({
      reply: (reply) => this.#onReply(reply),
      frame: (channel, bytes, from, to) => {
        if (!this.#ended) events.frame(bytes, from, to, channel);
      },
      skipped: () => {
        if (!this.#ended) events.garbled();
      },
    });
    this.#socket = connect({
      host: server.host,
      port: server.port,
      noDelay: true,
      // Frames are used where they lie: the buffer is read into again after the call.
      onread: {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback: (count, buffer) => {
          parser.push(Buffer.from(buffer.buffer, buffer.byteOffset, count));
          return true;
        },
      },
    });
    const end = (): void => {
      parser.stop();
      const told = !this.#ended;
      this.close();
      if (told) events.closed();
    };
    this.#socket.on("error", end);
    this.#socket.on("end", end);
    this.#socket.on("close", end);
  }

  /** Whether requests can still be sent. */
  get open(): boolean {
    return !this.#ended;
  }

  /** Our own address towards the server. */
  get localAddress(): string {
    return this.#socket.localAddress ?? "0.0.0.0";
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? "";
  }

  /**
   * Sends a request and waits for its reply.
   * @param replyMs default 3000
   * @throws RtspFailure
   */
  request(
    method: RtspMethod,
    url: string,
    headers: Readonly<Record<string, string>> = {},
    replyMs = REPLY_MS,
  ): Promise<RtspReply> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new RtspFailure("closed", "The connection has ended."));
      const cseq = ++this.#cseq;
      const timer = this.#clock.after(replyMs, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new RtspFailure("silent", `${method} was not answered within ${replyMs} ms.`));
      });
      const waiting = { cseq, resolve, reject, timer };
      this.#waiting.push(waiting);
      const lines = [
        `${method} ${url} RTSP/1.0`,
        `CSeq: ${cseq}`,
        "User-Agent: Tellyport",
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ];
      this.#socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    });
  }

  /** Ends it at once. Whoever waits for a reply learns it. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    for (const { timer, reject } of this.#waiting.splice(0)) {
      timer.cancel();
      reject(new RtspFailure("closed", "The connection ended before the reply came."));
    }
  }

  #onReply(reply: RtspReply): void {
    // Servers that leave CSeq out answer in order.
    const cseq = reply.headers.get("cseq");
    const index = cseq === undefined ? 0 : this.#waiting.findIndex((one) => one.cseq === Number(cseq));
    const waiting = this.#waiting[index];
    if (waiting === undefined) return;
    this.#waiting.splice(index, 1);
    waiting.timer.cancel();
    waiting.resolve(reply);
  }

  #connected(server: ServerAddress, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = settled();
    const refuse = (cause: unknown): void =>
      reject(new RtspFailure("refused", `${server.host}:${server.port} cannot be reached.`, cause));
    const timer = this.#clock.after(CONNECT_MS, () => refuse("time-out"));
    const abort = (): void => refuse(signal?.reason);
    if (signal?.aborted === true) abort();
    signal?.addEventListener("abort", abort, { once: true });
    this.#socket.once("connect", resolve);
    this.#socket.once("error", refuse);
    return promise.finally(() => {
      timer.cancel();
      signal?.removeEventListener("abort", abort);
      this.#socket.off("error", refuse);
    });
  }
}

function settled(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
