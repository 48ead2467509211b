import { sleep, type Clock } from "../../../kernel/clock.ts";
import { TellyportError } from "../../../kernel/errors.ts";
import type { Log } from "../../../kernel/log.ts";
import { orAbort } from "./or-abort.ts";
import { effectivePids, pidChanges, pidsField, type PidSet } from "./pid-query.ts";
import type { RtpReceiver } from "./rtp-receiver.ts";
import { RtspFailure } from "./rtsp-connection.ts";
import type { SatipServer } from "./server.ts";
import { SetupTries } from "./setup-tries.ts";
import { SatipSession, type Transport } from "./session.ts";
import { TIMES } from "./times.ts";
import { firstSequenceOf, RtspRefusal } from "./verdict.ts";

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
    await this.#begin(tuning, signal, false);
  }

  /** A new session in place of the one that failed. @throws as {@link start} */
  async restart(tuning: string, signal: AbortSignal): Promise<void> {
    this.#deps.receiver.resume();
    await this.#begin(tuning, signal, true);
  }

  /** The same over the other transport, if the configuration leaves the choice; until the link is let go. */
  async switchTo(transport: Transport, tuning: string, signal: AbortSignal): Promise<void> {
    this.#transport = transport;
    this.#switched = true;
    this.#deps.log.info({ server: this.#deps.server.id, transport }, "satip-transport");
    await this.#begin(tuning, signal, false);
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
        const settling = error instanceof RtspRefusal && error.verdict === "settling";
        if (!settling || delay === undefined || signal.aborted) return false;
        await sleep(this.#deps.clock, delay, signal).catch(() => undefined);
      }
    }
  }

  async #begin(tuning: string, signal: AbortSignal, patient: boolean): Promise<void> {
    const { server, clock } = this.#deps;
    const tries = new SetupTries(server, this.transport, patient);
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
        if (error instanceof RtspFailure && error.trouble === "refused") server.unreachable();
        const asked = { transport: this.transport, allPids: this.#effective() === "all" };
        const { change, delayMs } = tries.after(error, asked);
        if (change === "all-pids") this.#unfiltered = true;
        if (change === "other-transport") this.#transport = asked.transport === "udp" ? "tcp" : "udp";
        await sleep(clock, delayMs, signal).catch(() => undefined);
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
