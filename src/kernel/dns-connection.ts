import { connect, type Socket } from "node:net";
import type { Clock } from "./clock.ts";
import { TellyportError, messageOf, systemCode } from "./errors.ts";
import { MessageStream, framed } from "./message-stream.ts";
import { orAborted } from "./or-aborted.ts";

export interface DnsServerAddress {
  /** Name or address. */
  readonly host: string;
  readonly port: number;
}

const LONGEST_ANSWER = 65_535;
/** Messages that wait for their turn. */
const MOST_WAITING = 64;
/** After so long a name server may answer again that did not, ms. */
const RETRY_MS = 5000;
/** Connecting, asking and answer together, ms; a batch at a slow database takes two seconds. */
const DEADLINE = 15_000;

/** A name server does not do what it should; worth another try. @param why ends without a full stop */
export function dnsUnavailable(server: string, why: string, cause?: unknown): TellyportError {
  return new TellyportError("dns-unavailable", `The name server ${server} ${why}. It is tried again.`, {
    retryAfterMs: RETRY_MS,
    cause,
  });
}

/** What is asked just now. */
interface Asked {
  readonly id: number;
  settle(answer: Buffer | Error): void;
}

/**
 * One TCP connection to a name server, made when it is needed and kept until either side closes it. One message is under way at a
 * time; further ones wait. @see RFC 7766 §6.2.1
 */
export class DnsConnection {
  readonly server: string;
  readonly #address: DnsServerAddress;
  readonly #clock: Clock;
  readonly #deadline: number;
  #socket: Socket | null = null;
  #asked: Asked | null = null;
  /** Settles when nobody is before the next. */
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  /** @param deadline ms for one message; default 15 s */
  constructor(address: DnsServerAddress, clock: Clock, deadline = DEADLINE) {
    this.#address = address;
    this.#clock = clock;
    this.#deadline = deadline;
    const { host, port } = address;
    this.server = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  }

  /**
   * Sends a message, and gives the answer with its id. When a kept connection turns out to be dead, it is sent once more over a new
   * one: everything that we send may happen twice.
   * @throws TellyportError `dns-unavailable`; the signal's reason
   */
  async ask(message: Buffer, signal: AbortSignal): Promise<Buffer> {
    if (this.#waiting >= MOST_WAITING) throw dnsUnavailable(this.server, "has too much to do");
    this.#waiting++;
    const before = this.#turn;
    const answer = orAborted(before, signal).then(() => this.#askNow(message, signal));
    // Who gives up while it waits lets nobody past those before it.
    this.#turn = Promise.allSettled([before, answer]).then(() => undefined);
    try {
      return await answer;
    } finally {
      this.#waiting--;
    }
  }

  /** For good. */
  close(): void {
    this.#closed = true;
    this.#fail(dnsUnavailable(this.server, "is not asked any more"));
  }

  async #askNow(message: Buffer, signal: AbortSignal): Promise<Buffer> {
    signal.throwIfAborted();
    if (this.#closed) throw dnsUnavailable(this.server, "is not asked any more");
    const kept = this.#socket !== null;
    const onAbort = (): void =>
      this.#fail(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    let late = false;
    const timer = this.#clock.after(this.#deadline, () => {
      late = true;
      this.#fail(dnsUnavailable(this.server, `did not answer within ${this.#deadline} ms`));
    });
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      try {
        return await this.#exchange(message);
      } catch (error) {
        if (!kept || late || signal.aborted || this.#closed) throw error;
        return await this.#exchange(message);
      }
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    }
  }

  #exchange(message: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const settle = (answer: Buffer | Error): void => {
        this.#asked = null;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      this.#asked = { id: message.readUInt16BE(0), settle };
      this.#socket ??= this.#open();
      this.#socket.write(framed(message));
    });
  }

  #open(): Socket {
    const socket = connect({ ...this.#address, noDelay: true });
    const stream = new MessageStream(LONGEST_ANSWER);
    let cause: Error | null = null;
    socket.on("error", (error) => (cause = error));
    socket.once("close", () => {
      if (this.#socket !== socket) return;
      const why =
        cause === null
          ? "closed the connection"
          : `cannot be reached (${systemCode(cause) ?? messageOf(cause)})`;
      this.#fail(dnsUnavailable(this.server, why, cause));
    });
    socket.on("data", (chunk: Buffer) => {
      if (this.#socket !== socket) return;
      // None is longer than what two octets can say.
      for (const message of stream.take(chunk) ?? [])
        if (message.length >= 12 && message.readUInt16BE(0) === this.#asked?.id) this.#asked.settle(message);
    });
    return socket;
  }

  /** Ends the connection, and what is asked over it. */
  #fail(error: Error): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
    this.#asked?.settle(error);
  }
}
