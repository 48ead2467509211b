import type { FileHandle } from "node:fs/promises";
import type { Clock, Timer } from "../../../kernel/clock.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { hasPcr, PACKET_BYTES, packetPid, readPcr } from "../../mpegts/packet.ts";
import type { Stride } from "../../mpegts/resync.ts";
import type { PacketSink } from "../../ports.ts";
import type { LoopPlan } from "./loop-plan.ts";
import { Pacer } from "./pacer.ts";
import { PacketReader, READ_PACKETS } from "./packet-reader.ts";
import type { PacketAt, PictureCounters } from "./picture-counters.ts";
import { TurnRewriter } from "./turn-rewriter.ts";

/** How often packets go out; ms. */
const PERIOD_MS = 50;

/** All that a player must know about its file. */
export interface Playable {
  readonly stride: Stride;
  /** File offset of the first packet. */
  readonly first: number;
  /** null: play to the end and begin again, as it is, with a jump. */
  readonly plan: LoopPlan | null;
  /** The rest of units that go on behind the cut, sent with each turn. */
  readonly rest: readonly PacketAt[];
  /** The pictures' own numbers; null where they are left as they are. */
  readonly counters: PictureCounters | null;
  /** The PID whose PCRs pace; null: an even rate. */
  readonly pcrPid: number | null;
  readonly msPerPacket: number;
}

/** A piece of the file, rewritten for its turn and ready to go out. */
interface Piece {
  readonly buffer: Buffer;
  packets: number;
  sent: number;
  skipped: boolean;
  /** Indices of packets with a PCR of the pacing PID, and their values. */
  readonly pcrAt: number[];
  readonly pcrValue: number[];
  nextPcr: number;
  /** Sent at once behind the last packet. */
  rest: Buffer | null;
}

/** Plays one file without end into a sink, at the pace of its clock. */
export class FilePlayer {
  readonly #file: FileHandle;
  readonly #what: Playable;
  readonly #sink: PacketSink;
  readonly #clock: Clock;
  readonly #reader: PacketReader;
  readonly #rewriter: TurnRewriter | null;
  readonly #pacer: Pacer;
  readonly #timer: Timer;
  readonly #buffers = [PacketReader.buffer(), PacketReader.buffer()];
  #playing: Piece | null = null;
  #ready: Piece | null = null;
  #loading: Promise<void> | null = null;
  #stopped = false;

  constructor(file: FileHandle, what: Playable, sink: PacketSink, clock: Clock) {
    this.#file = file;
    this.#what = what;
    this.#sink = sink;
    this.#clock = clock;
    this.#reader = new PacketReader(file, what.stride, what.first);
    this.#rewriter = what.plan === null ? null : new TurnRewriter(what.plan, what.counters);
    this.#pacer = new Pacer(what.msPerPacket, clock.monotonic());
    this.#load();
    this.#timer = clock.every(PERIOD_MS, () => this.#tick());
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer.cancel();
    await this.#loading;
    await this.#file.close();
  }

  #tick(): void {
    const now = this.#clock.monotonic();
    for (;;) {
      if (this.#stopped) return;
      if (this.#playing === null) {
        this.#playing = this.#ready;
        this.#ready = null;
        this.#load();
        if (this.#playing === null) return;
        if (this.#playing.skipped) this.#sink.syncLoss();
      }
      const piece = this.#playing;
      if (!this.#send(piece, now)) return;
      if (piece.rest !== null) this.#sink.packets(piece.rest, now);
      this.#buffers.push(piece.buffer);
      this.#playing = null;
      this.#load();
    }
  }

  /** @returns whether the whole piece has gone out */
  #send(piece: Piece, now: number): boolean {
    const from = piece.sent;
    for (let stop = false; !stop && piece.sent < piece.packets;) {
      const pcrAt = piece.pcrAt[piece.nextPcr];
      if (pcrAt === piece.sent) {
        if (this.#pacer.pcr(now, piece.pcrValue[piece.nextPcr]!)) {
          piece.nextPcr++;
          piece.sent++;
        } else stop = true;
        continue;
      }
      if (this.#what.pcrPid === null) this.#pacer.forgive(now);
      const until = (pcrAt ?? piece.packets) - piece.sent;
      const next = pcrAt === undefined ? null : piece.pcrValue[piece.nextPcr]!;
      const due = this.#pacer.due(now, until, next);
      this.#pacer.sent(due);
      piece.sent += due;
      stop = due < until;
    }
    if (piece.sent > from)
      this.#sink.packets(
        piece.buffer.subarray(from * PACKET_BYTES, piece.sent * PACKET_BYTES),
        this.#clock.monotonic(),
      );
    return piece.sent >= piece.packets;
  }

  #load(): void {
    if (this.#loading !== null || this.#ready !== null || this.#stopped) return;
    const buffer = this.#buffers.pop();
    if (buffer === undefined) return;
    this.#loading = this.#read(buffer)
      .then((piece) => {
        this.#ready = piece;
      })
      .catch((error: unknown) => {
        if (!this.#stopped) this.#fail(`The file cannot be read any more: ${messageOf(error)}.`);
      })
      .finally(() => {
        this.#loading = null;
      });
  }

  #fail(message: string): void {
    this.#stopped = true;
    this.#timer.cancel();
    void this.#file.close().catch(() => undefined);
    this.#sink.failed("device-gone", message);
  }

  async #read(buffer: Buffer): Promise<Piece> {
    const { stride, plan, first } = this.#what;
    let run = await this.#reader.next(buffer);
    if (run === null) {
      // The end of the file: of a loop with a jump, or of a file that has become shorter since it was looked at.
      this.#rewriter?.nextTurn();
      this.#reader.position = plan?.from ?? first;
      run = await this.#reader.next(buffer);
      if (run === null) throw new Error("nothing is left of it");
    }
    let packets = run.packets;
    let rest: Buffer | null = null;
    if (plan !== null) packets = Math.min(packets, Math.max(0, Math.ceil((plan.to - run.position) / stride)));
    this.#rewriter?.rewrite(buffer, packets, run.position, stride);
    if (plan !== null && run.position + run.packets * stride >= plan.to) {
      if (this.#what.rest.length > 0) {
        rest = Buffer.concat(this.#what.rest.map(({ bytes }) => bytes));
        this.#rewriter?.rewriteRest(rest, this.#what.rest);
      }
      this.#rewriter?.nextTurn();
      this.#reader.position = plan.from;
    }
    return this.#piece(buffer, packets, run.skipped, rest);
  }

  #piece(buffer: Buffer, packets: number, skipped: boolean, rest: Buffer | null): Piece {
    const piece: Piece = { buffer, packets, sent: 0, skipped, pcrAt: [], pcrValue: [], nextPcr: 0, rest };
    const { pcrPid } = this.#what;
    if (pcrPid === null) return piece;
    for (let i = 0; i < Math.min(packets, READ_PACKETS); i++) {
      const offset = i * PACKET_BYTES;
      if (packetPid(buffer, offset) !== pcrPid || (buffer[offset + 1]! & 0x80) !== 0) continue;
      if (!hasPcr(buffer, offset)) continue;
      piece.pcrAt.push(i);
      piece.pcrValue.push(readPcr(buffer, offset));
    }
    return piece;
  }
}
