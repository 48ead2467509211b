import type { Clock, Timer } from "../../../kernel/clock.ts";
import {
  RtspConnection,
  RtspFailure,
  rtspUrl,
  type RtspMethod,
  type ServerAddress,
} from "./rtsp-connection.ts";
import type { RtspReply } from "./rtsp-parser.ts";
import type { RtpReceiver } from "./rtp-receiver.ts";
import { openUdpPorts, type UdpPorts } from "./udp-ports.ts";
import { accept, RtspRefusal } from "./verdict.ts";

export type Transport = "udp" | "tcp";

/** RTSP's default, and the least that a server may give. @see RFC 2326 §12.37 */
const DEFAULT_TIMEOUT_S = 60;
/** How long the end of a session may take; ms. */
export const TEARDOWN_MS = 300;

export interface SessionEvents {
  /** The server does not know the session any more, or cannot be reached. */
  lost(): void;
  garbled(): void;
}

export interface SessionDeps {
  readonly server: ServerAddress;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly receiver: RtpReceiver;
  readonly events: SessionEvents;
}

/** One session on a server, from SETUP to TEARDOWN. It outlives TCP connections, unless its packets come over one. @see SAT>IP 1.2.2 §3.5 */
export class SatipSession {
  readonly #deps: SessionDeps;
  readonly #abort = new AbortController();
  #connection: RtspConnection | null = null;
  #ports: UdpPorts | null = null;
  #id: string | null = null;
  #stream = 0;
  #keepAlive: Timer | null = null;
  #setup: Promise<unknown> = Promise.resolve();
  /** Requests go one by one: not every server takes a second one before it answered the first. */
  #turn: Promise<unknown> = Promise.resolve();
  #ending: Promise<void> | null = null;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  get transport(): Transport {
    return this.#deps.transport;
  }

  /** Whether the TCP connection stands. */
  get connected(): boolean {
    return this.#connection?.open === true;
  }

  /** What the kernel keeps of UDP between two reads, bytes; null over TCP. */
  get bufferBytes(): number | null {
    return this.#ports?.bufferBytes ?? null;
  }

  /**
   * Asks for a front end and a multiplex; nothing is sent yet.
   * @param query everything behind `?`
   * @throws RtspRefusal, RtspFailure, TellyportError `device-gone`
   */
  async setup(query: string): Promise<void> {
    const connection = await this.#connect();
    if (this.#deps.transport === "udp") {
      const { receiver } = this.#deps;
      const ports = await openUdpPorts(connection.localAddress, connection.remoteAddress, {
        rtp: (datagram) => receiver.rtp(datagram),
        rtcp: (datagram) => receiver.rtcp(datagram),
      });
      if (this.#ending !== null) ports.close();
      else this.#ports = ports;
    }
    this.#checkOpen();
    const transport =
      this.#ports === null
        ? "RTP/AVP/TCP;interleaved=0-1"
        : `RTP/AVP;unicast;client_port=${this.#ports.port}-${this.#ports.port + 1}`;
    const asked = this.#request("SETUP", `?${query}`, { Transport: transport }).then((reply) =>
      this.#take(accept(reply)),
    );
    this.#setup = asked.catch(() => undefined);
    await asked;
    this.#checkOpen();
  }

  /**
   * Plays, changes PIDs, or changes the multiplex, as the query says.
   * @param query everything behind `?`; empty: what SETUP named
   * @throws RtspRefusal, RtspFailure
   */
  async play(query: string): Promise<RtspReply> {
    const reply = accept(
      await this.#request("PLAY", `stream=${this.#stream}${query === "" ? "" : `?${query}`}`),
    );
    this.#checkOpen();
    return reply;
  }

  /** Ends the session, whether the server answers or not, within {@link TEARDOWN_MS}. */
  teardown(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#keepAlive?.cancel();
    const { clock } = this.#deps;
    const timer = clock.after(TEARDOWN_MS, () => this.#close());
    try {
      // A SETUP under way may yet give a session, which would hold the front end until its time-out.
      if (this.#id === null) await this.#setup;
      if (this.#id !== null) await this.#send("TEARDOWN", `stream=${this.#stream}`, {}, TEARDOWN_MS);
    } catch {
      // Whatever the server says, we are gone.
    } finally {
      timer.cancel();
      this.#close();
    }
  }

  #close(): void {
    this.#abort.abort();
    this.#ports?.close();
    this.#ports = null;
    this.#connection?.close();
    this.#connection = null;
  }

  #checkOpen(): void {
    if (this.#ending !== null) throw new RtspFailure("closed", "The session was ended.");
  }

  /** Session and stream of the reply to SETUP. */
  #take(reply: RtspReply): void {
    const session = /^([\x21-\x3a\x3c-\x7e]{1,200})(?:\s*;\s*timeout\s*=\s*(\d{1,5}))?/i.exec(
      reply.headers.get("session") ?? "",
    );
    const stream = /^\d{1,9}$/.exec(reply.headers.get("com.ses.streamid") ?? "");
    if (session === null) throw new RtspRefusal("failed", { ...reply, body: "no session in the reply" });
    this.#id = session[1]!;
    if (stream === null) throw new RtspRefusal("failed", { ...reply, body: "no stream in the reply" });
    this.#stream = Number(stream[0]);
    const timeout = Math.max(1, Number(session[2] ?? DEFAULT_TIMEOUT_S));
    if (this.#ending !== null) return;
    this.#keepAlive = this.#deps.clock.every((timeout * 1000) / 2, () => void this.#live());
  }

  /** RTP is no sign of life: only requests keep a session. @see SAT>IP 1.2.2 §3.5.4 */
  async #live(): Promise<void> {
    try {
      const reply = await this.#request("OPTIONS", "");
      if (reply.status !== 454 && reply.status !== 408) return;
    } catch {
      // One that ended just now may be opened again; one that nobody answers on may not.
      const again = await this.#request("OPTIONS", "").catch(() => null);
      if (again !== null && again.status !== 454 && again.status !== 408) return;
    }
    if (this.#ending === null) this.#deps.events.lost();
  }

  #request(
    method: RtspMethod,
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RtspReply> {
    const asked = this.#turn.then(() => {
      this.#checkOpen();
      return this.#send(method, path, headers);
    });
    this.#turn = asked.catch(() => undefined);
    return asked;
  }

  async #send(
    method: RtspMethod,
    path: string,
    headers: Readonly<Record<string, string>>,
    replyMs?: number,
  ): Promise<RtspReply> {
    const session = this.#id === null ? {} : { Session: this.#id };
    const ask = async (connection: RtspConnection): Promise<RtspReply> =>
      connection.request(method, rtspUrl(this.#deps.server) + path, { ...session, ...headers }, replyMs);
    const earlier = this.#connection;
    const connection = await this.#connect();
    try {
      return await ask(connection);
    } catch (error) {
      // Some servers close the connection behind each reply, which may be seen only now.
      const stale = error instanceof RtspFailure && error.trouble === "closed" && connection === earlier;
      if (!stale || this.#deps.transport === "tcp" || this.#abort.signal.aborted) throw error;
      return ask(await this.#connect());
    }
  }

  async #connect(): Promise<RtspConnection> {
    if (this.#connection?.open === true) return this.#connection;
    const { server, clock, transport, receiver, events } = this.#deps;
    if (this.#connection !== null && transport === "tcp")
      throw new RtspFailure("closed", "The connection that the packets came over has ended.");
    const opened = await RtspConnection.open(server, {
      clock,
      signal: this.#abort.signal,
      events: {
        frame: (bytes, from, to, channel) => {
          if (channel === 0) receiver.rtp(bytes, from, to);
          else receiver.rtcp(bytes, from, to);
        },
        garbled: () => events.garbled(),
        closed: () => undefined,
      },
    });
    if (this.#abort.signal.aborted) {
      opened.close();
      throw new RtspFailure("closed", "The session was ended.");
    }
    this.#connection = opened;
    return opened;
  }
}
