import type { Clock } from "../../../kernel/clock.ts";
import { ms, type Milliseconds } from "../../../kernel/units.ts";
import { PACKET_BYTES, SYNC_BYTE } from "../../mpegts/packet.ts";
import { RTP_PAYLOAD_MP2T, RtpHeader, RtpSequence } from "../../mpegts/rtp.ts";
import type { PacketSink } from "../../ports.ts";
import { frequencyMHz, type Broadcast } from "./query.ts";
import { readStatus, type SatipStatus } from "./rtcp-status.ts";

/** What the network did to the packets of a tuner, since it was made. */
export interface RtpCounters {
  readonly received: number;
  readonly lost: number;
  readonly reordered: number;
  readonly duplicates: number;
}

/** A report of another multiplex than the one asked for is an old one; MHz of difference that are none. */
const SAME_MHZ = 2;
/** A number further behind the one that was announced is none behind it: not every server announces what it sends. */
const NEAR = 1000;
const NUMBERS = 0x10000;

/** Takes RTP and RTCP of a session, in whatever way they come, and gives transport packets to the sink. */
export class RtpReceiver {
  readonly #clock: Clock;
  readonly #onSign: () => void;
  readonly #header = new RtpHeader();
  readonly #sequence = new RtpSequence();
  #sink: PacketSink | null = null;
  #delivery: Broadcast | null = null;
  #status: SatipStatus | null = null;
  /** Packets are of the old multiplex until the gate opens. */
  #open = false;
  /** The first one of the new multiplex, if the server says so. */
  #firstSequence = -1;
  #opensAt = 0;
  #gap = false;
  #payloadAt = -1;
  #anythingAt = -1;
  #statusAt = -1;

  /** @param onSign called with the first transport packets of a multiplex, and with each report on it */
  constructor(clock: Clock, onSign: () => void = () => undefined) {
    this.#clock = clock;
    this.#onSign = onSign;
  }

  get counters(): RtpCounters {
    const { received, lost, reordered, duplicates } = this.#sequence;
    return { received, lost, reordered, duplicates };
  }

  /** Of the multiplex that is received now; null before the first. */
  get status(): SatipStatus | null {
    return this.#status;
  }

  /** Monotonic ms of the last transport packets; -1 when none came since {@link begin}. */
  get payloadAt(): number {
    return this.#payloadAt;
  }

  /** Monotonic ms of the last RTP or RTCP packet, empty ones too; -1 when none came since {@link begin}. */
  get anythingAt(): number {
    return this.#anythingAt;
  }

  /** Monotonic ms of {@link status}; -1 when there is none. */
  get statusAt(): number {
    return this.#statusAt;
  }

  /** From now on packets are for this sink; nothing is delivered before {@link open}. */
  begin(delivery: Broadcast, sink: PacketSink): void {
    this.#sink = sink;
    this.#delivery = delivery;
    this.#status = null;
    this.#statusAt = this.#payloadAt = this.#anythingAt = -1;
    this.#open = false;
    this.#gap = false;
    this.#firstSequence = -1;
    this.#opensAt = Infinity;
  }

  /**
   * The server plays the new multiplex: what comes is delivered.
   * @param staleMs how long packets of the old one may still come, if nothing tells them from new ones; ms
   * @param firstSequence number of the first new one, or null
   */
  open(staleMs: number, firstSequence: number | null): void {
    // Packets of a session of its own begin anew.
    if (staleMs === 0) this.#sequence.reset();
    this.#opensAt = this.#clock.monotonic() + staleMs;
    this.#firstSequence = firstSequence ?? -1;
    this.#open = staleMs === 0;
  }

  /** The stream goes on in another session: what was lost between is unknown. */
  resume(): void {
    this.#sequence.reset();
    this.#gap = true;
    this.#anythingAt = -1;
  }

  /** Nothing is delivered any more. */
  end(): void {
    this.#sink = null;
    this.#delivery = null;
    this.#status = null;
  }

  /** An RTP packet, `bytes[from..to)`. */
  rtp(bytes: Buffer, from = 0, to = bytes.length): void {
    const sink = this.#sink;
    const header = this.#header;
    if (sink === null || !header.read(bytes, from, to) || header.payloadType !== RTP_PAYLOAD_MP2T) return;
    const now = this.#clock.monotonic();
    this.#anythingAt = now;
    const place = this.#sequence.push(header.sequence, header.ssrc);
    if (!this.#open && !this.#opens(now)) return;
    if (place === "gap") this.#gap = true;
    // What comes late cannot be put in its place any more: it was told to be lost.
    if (place === "late" || place === "duplicate" || place === "stray") return;
    this.#deliver(sink, bytes, now);
  }

  /** A compound RTCP packet, `bytes[from..to)`. */
  rtcp(bytes: Buffer, from = 0, to = bytes.length): void {
    if (this.#sink === null) return;
    const now = this.#clock.monotonic();
    this.#anythingAt = now;
    const status = readStatus(bytes, from, to);
    if (status === null || this.#opensAt === Infinity || !this.#isOurs(status)) return;
    this.#status = status;
    this.#statusAt = now;
    this.#onSign();
    // The server is on the new multiplex, whatever its packets' numbers are.
    if (!this.#open && status.frequencyMHz !== null && this.#firstSequence < 0) this.#open = true;
  }

  #deliver(sink: PacketSink, bytes: Buffer, now: Milliseconds): void {
    const { payloadOffset: start, payloadLength } = this.#header;
    const packets = Math.floor(payloadLength / PACKET_BYTES);
    // No signal, or a sign of life of a server that has nothing to send.
    if (packets === 0) return;
    const end = start + packets * PACKET_BYTES;
    for (let at = start; at < end; at += PACKET_BYTES) {
      if (bytes[at] === SYNC_BYTE) continue;
      sink.syncLoss();
      return;
    }
    if (this.#gap) {
      this.#gap = false;
      sink.overflow();
    }
    const first = this.#payloadAt < 0;
    this.#payloadAt = now;
    if (first) this.#onSign();
    sink.packets(bytes.subarray(start, end), ms(now));
  }

  #opens(now: number): boolean {
    const behind = (this.#header.sequence - this.#firstSequence + NUMBERS) % NUMBERS;
    const announced = this.#opensAt !== Infinity && this.#firstSequence >= 0 && behind < NEAR;
    this.#open = announced || now >= this.#opensAt;
    return this.#open;
  }

  #isOurs(status: SatipStatus): boolean {
    const delivery = this.#delivery;
    if (delivery === null) return false;
    if (status.frequencyMHz !== null && Math.abs(status.frequencyMHz - frequencyMHz(delivery)) > SAME_MHZ)
      return false;
    if (!("polarisation" in delivery) || status.polarisation === null) return true;
    return status.polarisation === delivery.polarisation.toLowerCase();
  }
}
