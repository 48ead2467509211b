import { sleep, type Clock } from "../../../kernel/clock.ts";
import { isTellyportError, TellyportError } from "../../../kernel/errors.ts";
import type { Log } from "../../../kernel/log.ts";
import { effectivePids, pidChanges, pidsField, type PidSet } from "./pid-query.ts";
import type { RtpReceiver } from "./rtp-receiver.ts";
import { RtspFailure } from "./rtsp-connection.ts";
import type { RtspReply } from "./rtsp-parser.ts";
import type { SatipServer } from "./server.ts";
import { SatipSession, type Transport } from "./session.ts";
import { TIMES } from "./times.ts";
import { RtspRefusal } from "./verdict.ts";

/** Less is noted: a burst of a full multiplex fills it within milliseconds. */
const SMALL_BUFFER_BYTES = 1024 * 1024;

export interface LinkDeps {
  readonly server: SatipServer;
  readonly clock: Clock;
  readonly log: Log;
  readonly receiver: RtpReceiver;
  /** The session is lost: nothing but {@link SatipLink.restart} brings it back. */
  readonly lost: () => void;
  readonly garbled: () => void;
}

interface Tries {
  again: number;
  readonly transports: Set<Transport>;
  /** Nobody there is an answer at first; in mid-stream a server may be starting again. */
  readonly patient: boolean;
}

/** What a tuner has of its server: one session at a time, set up again as often as it takes, with the PIDs that are wanted. */
export class SatipLink {
  readonly #deps: LinkDeps;
  #session: SatipSession | null = null;
  #playing = false;
  #wanted: PidSet = "all";
  /** What the server was last told. */
  #sent: PidSet = "all";
  /** The server has too few filters. */
  #unfiltered = false;
  #syncing = false;
  #transport: Transport | null = null;
  #switched = false;
  /** Counts attempts to begin a session. */
  #generation = 0;
  #closing: Promise<unknown> = Promise.resolve();

  constructor(deps: LinkDeps) {
    this.#deps = deps;
  }

  get transport(): Transport {
    const { transport, learned } = this.#deps.server;
    return this.#transport ?? (transport === "auto" ? (learned ?? "udp") : transport);
  }

  get connected(): boolean {
    return this.#session?.connected === true;
  }

  /** Whether the transport was changed since the link was let go. */
  get switched(): boolean {
    return this.#switched;
  }

  get wantsPackets(): boolean {
    return this.#wanted === "all" || this.#wanted.size > 0;
  }

  /** Which PIDs to ask for, now and later; a running stream is not interrupted. */
  want(pids: PidSet): void {
    this.#wanted = pids === "all" ? pids : new Set(pids);
    void this.#sync();
  }

  /**
   * Plays a multiplex, within the session that runs or in a new one.
   * @param tuning the query without PIDs
   * @throws TellyportError `device-busy`, `device-gone`, `unsupported`, `request-cancelled`
   */
  async start(tuning: string, signal: AbortSignal): Promise<void> {
    if (this.#playing && (await this.#change(tuning, signal))) return;
    this.#unfiltered = false;
    await this.#begin(tuning, signal, { again: 0, transports: new Set([this.transport]), patient: false });
  }

  /** A new session in place of the one that failed. @throws as {@link start} */
  async restart(tuning: string, signal: AbortSignal): Promise<void> {
    this.#deps.receiver.resume();
    await this.#begin(tuning, signal, { again: 0, transports: new Set([this.transport]), patient: true });
  }

  /** The same over the other transport, if the configuration leaves the choice; until the link is let go. */
  async switchTo(transport: Transport, tuning: string, signal: AbortSignal): Promise<void> {
    this.#transport = transport;
    this.#switched = true;
    this.#deps.log.info({ server: this.#deps.server.id, transport }, "satip-transport");
    await this.#begin(tuning, signal, { again: 0, transports: new Set([transport]), patient: false });
  }

  /** Asks for the same packets again. @throws RtspRefusal, RtspFailure */
  async replay(): Promise<void> {
    await this.#session?.play(pidsField(this.#sent));
  }

  /** Ends the session; resolves when the server was told, or would not hear. */
  letGo(): Promise<unknown> {
    const session = this.#session;
    this.#session = null;
    this.#playing = false;
    if (session !== null) this.#closing = Promise.all([this.#closing, session.teardown()]);
    return this.#closing;
  }

  /** Forgets what was learned for the multiplex. */
  reset(): void {
    this.#wanted = "all";
    this.#transport = null;
    this.#switched = false;
  }

  // ---------------------------------------------------------------- starting

  /** @returns false when a new session is needed */
  async #change(tuning: string, signal: AbortSignal): Promise<boolean> {
    const session = this.#session;
    if (session === null) return false;
    this.#playing = false;
    for (let again = 0; ; again++) {
      try {
        const pids = this.#effective();
        const reply = await orAbort(session.play(`${tuning}&${pidsField(pids)}`), signal);
        this.#deps.receiver.open(TIMES.stale, firstSequenceOf(reply));
        this.#played(pids);
        return true;
      } catch (error) {
        const delay = TIMES.backOff[again];
        if (!isSettling(error) || delay === undefined || signal.aborted) return false;
        await sleep(this.#deps.clock, delay, signal).catch(() => undefined);
      }
    }
  }

  async #begin(tuning: string, signal: AbortSignal, tries: Tries): Promise<void> {
    const own = ++this.#generation;
    for (;;) {
      if (signal.aborted) throw new TellyportError("request-cancelled", "Tuning was given up.");
      await this.letGo();
      try {
        signal.throwIfAborted();
        return await orAbort(this.#setup(tuning), signal);
      } catch (error) {
        // What was given up for another multiplex leaves that one's session alone.
        if (own === this.#generation) void this.letGo();
        if (signal.aborted) continue;
        await sleep(this.#deps.clock, this.#delayAfter(error, tries), signal).catch(() => undefined);
      }
    }
  }

  async #setup(tuning: string): Promise<void> {
    const { server, clock, receiver, log } = this.#deps;
    const session: SatipSession = new SatipSession({
      server: server.address,
      transport: this.transport,
      clock,
      receiver,
      events: {
        lost: () => {
          if (this.#session === session) this.#deps.lost();
        },
        garbled: () => {
          if (this.#session === session) this.#deps.garbled();
        },
      },
    });
    this.#session = session;
    const pids = this.#effective();
    await session.setup(`${tuning}&${pidsField(pids)}`);
    if (session.bufferBytes !== null && session.bufferBytes < SMALL_BUFFER_BYTES)
      log.debug(
        { server: server.id, bytes: session.bufferBytes, cure: "raise net.core.rmem_max to 8388608" },
        "udp-buffer-small",
      );
    // The first packets may come before the reply.
    receiver.open(0, null);
    await session.play("");
    this.#played(pids);
  }

  #played(pids: PidSet): void {
    this.#sent = pids;
    this.#playing = true;
    void this.#sync();
  }

  /** @returns how long to wait before the next try, ms @throws TellyportError when there is none */
  #delayAfter(error: unknown, tries: Tries): number {
    if (isTellyportError(error)) throw error;
    const { name } = this.#deps.server;
    const wait = (failure: () => TellyportError): number => {
      const delay = TIMES.backOff[tries.again++];
      if (delay === undefined) throw failure();
      return delay;
    };
    const gone = (): TellyportError =>
      new TellyportError("device-gone", `${name} does not answer: is it on, and in this network?`, {
        cause: error,
      });
    if (error instanceof RtspFailure) {
      if (error.trouble !== "refused") return wait(gone);
      this.#deps.server.unreachable();
      if (!tries.patient) throw gone();
      return wait(gone);
    }
    if (!(error instanceof RtspRefusal)) throw error;
    const busy = (): TellyportError =>
      new TellyportError(
        "device-busy",
        `${name} has no free tuner, ${error.message}: stop another of its viewers.`,
      );
    switch (error.verdict) {
      case "busy":
        throw busy();
      case "settling":
        return wait(busy);
      case "too-many-pids":
        if (this.#effective() === "all") throw busy();
        this.#unfiltered = true;
        return 0;
      case "unsupported":
        throw new TellyportError(
          "unsupported",
          `${name} cannot receive this, ${error.message}: correct the multiplex.`,
        );
      case "other-transport":
        return this.#otherTransport(tries, error);
      case "session-lost":
      case "failed":
        return wait(
          () => new TellyportError("device-gone", `${name} gives no session, ${error.message}: restart it.`),
        );
    }
  }

  #otherTransport(tries: Tries, error: RtspRefusal): number {
    const { server } = this.#deps;
    const other: Transport = this.transport === "udp" ? "tcp" : "udp";
    if (server.transport !== "auto" || tries.transports.has(other))
      throw new TellyportError(
        "unsupported",
        `${server.name} does not send over ${this.transport}, ${error.message}: set tuners.satip.transport to auto.`,
      );
    tries.transports.add(other);
    this.#transport = other;
    return 0;
  }

  // ---------------------------------------------------------------- PIDs

  #effective(): PidSet {
    return this.#unfiltered ? "all" : effectivePids(this.#wanted);
  }

  async #sync(): Promise<void> {
    if (this.#syncing) return;
    this.#syncing = true;
    try {
      for (;;) {
        const session = this.#session;
        if (session === null || !this.#playing) return;
        const target = this.#effective();
        const changes = pidChanges(this.#sent, target);
        if (changes.length === 0) return;
        try {
          for (const { query, after } of changes) {
            await session.play(query);
            if (this.#session === session) this.#sent = after;
          }
        } catch (error) {
          if (this.#session !== session || !this.#playing) continue;
          if (!this.#canDoWithout(error)) return this.#deps.lost();
          this.#unfiltered = true;
        }
      }
    } finally {
      this.#syncing = false;
    }
  }

  /** A server that does not filter as it is told sends everything. */
  #canDoWithout(error: unknown): boolean {
    if (!(error instanceof RtspRefusal) || this.#unfiltered) return false;
    return error.verdict === "too-many-pids" || error.verdict === "unsupported";
  }
}

function isSettling(error: unknown): boolean {
  return error instanceof RtspRefusal && error.verdict === "settling";
}

/** Number of the first packet of what was asked for; null when the reply does not tell. @see RFC 2326 §12.33 */
function firstSequenceOf(reply: RtspReply): number | null {
  const sequence = /;\s*seq=(\d{1,5})\b/i.exec(reply.headers.get("rtp-info") ?? "");
  return sequence === null ? null : Number(sequence[1]) & 0xffff;
}

/** Waits no longer than the signal lets; what comes of the promise afterwards is of no interest. */
function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
