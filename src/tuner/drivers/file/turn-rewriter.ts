import { PCR_WRAP } from "../../../kernel/units.ts";
import {
  hasPcr,
  hasPesHeader,
  NULL_PID,
  PACKET_BYTES,
  packetPid,
  payloadStart,
  PID_COUNT,
  readPcr,
  readTimestamp,
  writePcr,
  writeTimestamp,
} from "../../mpegts/packet.ts";
import type { LoopPlan } from "./loop-plan.ts";
import type { PacketAt, PictureCounters } from "./picture-counters.ts";

const UNSET = 0xff;

/**
 * Makes the turns of a loop one endless stream: PCR, PTS and DTS move on by the loop's duration with each turn, continuity
 * counters go on where the turn before ended, so do the numbers of pictures, and half units at the seam become null packets.
 */
export class TurnRewriter {
  readonly #plan: LoopPlan;
  readonly #counters: PictureCounters | null;
  /** Last counter sent of each PID. */
  readonly #sent = new Uint8Array(PID_COUNT).fill(UNSET);
  /** Added to the counters of each PID in this turn. */
  readonly #shift = new Uint8Array(PID_COUNT).fill(UNSET);
  /** A unit of the PID began in this turn. */
  readonly #begun = new Uint8Array(PID_COUNT);
  #turn = 0;
  #offset = 0;

  constructor(plan: LoopPlan, counters: PictureCounters | null) {
    this.#plan = plan;
    this.#counters = counters;
  }

  /** How many turns are done. */
  get turn(): number {
    return this.#turn;
  }

  nextTurn(): void {
    this.#turn++;
    this.#offset = (((this.#offset + this.#plan.duration) % PCR_WRAP) + PCR_WRAP) % PCR_WRAP;
    this.#shift.fill(UNSET);
    this.#begun.fill(0);
  }

  /**
   * Rewrites packets in place.
   * @param position file offset of the first; the others follow at `stride`
   */
  rewrite(bytes: Buffer, packets: number, position: number, stride: number): void {
    for (let i = 0; i < packets; i++) this.#packet(bytes, i * PACKET_BYTES, position + i * stride);
  }

  /** Rewrites the rest of units that began before the cut: their PCRs belong to the next turn's time and are taken out. */
  rewriteRest(bytes: Buffer, packets: readonly PacketAt[]): void {
    for (let i = 0, offset = 0; offset < bytes.length; i++, offset += PACKET_BYTES) {
      if (this.#turn > 0) this.#counters?.rewrite(bytes, offset, packets[i]!.position, this.#turn);
      if (hasPcr(bytes, offset)) bytes[offset + 5] = bytes[offset + 5]! & 0xe0;
      this.#continuity(bytes, offset, packetPid(bytes, offset));
    }
  }

  #packet(bytes: Buffer, offset: number, position: number): void {
    const pid = packetPid(bytes, offset);
    const second = bytes[offset + 1]!;
    if (pid === NULL_PID || (second & 0x80) !== 0) return;
    const start = payloadStart(bytes, offset);
    const hasPayload = start >= 0;
    const unitStart = hasPayload && (second & 0x40) !== 0;
    if (hasPayload && this.#isHalf(pid, unitStart, position)) {
      bytes[offset + 1] = 0x1f;
      bytes[offset + 2] = 0xff;
      bytes[offset + 3] = 0x10;
      return;
    }
    this.#continuity(bytes, offset, pid);
    if (this.#turn === 0) return;
    if (hasPayload) this.#counters?.rewrite(bytes, offset, position, this.#turn);
    if (this.#offset === 0) return;
    if (hasPcr(bytes, offset)) writePcr(bytes, offset, readPcr(bytes, offset) + this.#offset);
    if (unitStart && (bytes[offset + 3]! & 0xc0) === 0) this.#stamps(bytes, start, offset + PACKET_BYTES);
  }

  /** The packet belongs to a unit that is not whole in this turn. */
  #isHalf(pid: number, unitStart: boolean, position: number): boolean {
    const cut = this.#plan.cutAt.get(pid);
    if (cut !== undefined && position >= cut) return true;
    if (unitStart) this.#begun[pid] = 1;
    return this.#turn > 0 && this.#begun[pid] === 0 && this.#plan.unitPids.has(pid);
  }

  #continuity(bytes: Buffer, offset: number, pid: number): void {
    const fourth = bytes[offset + 3]!;
    const counter = fourth & 0x0f;
    const hasPayload = (fourth & 0x10) !== 0;
    let shift = this.#shift[pid]!;
    if (shift === UNSET) {
      const sent = this.#sent[pid]!;
      if (sent === UNSET) shift = 0;
      else shift = (sent + (hasPayload ? 1 : 0) - counter) & 0x0f;
      if (hasPayload) this.#shift[pid] = shift;
    }
    const sent = (counter + shift) & 0x0f;
    if (hasPayload) this.#sent[pid] = sent;
    bytes[offset + 3] = (fourth & 0xf0) | sent;
  }

  #stamps(bytes: Buffer, start: number, end: number): void {
    if (start + 9 > end || bytes[start] !== 0 || bytes[start + 1] !== 0 || bytes[start + 2] !== 1) return;
    if (!hasPesHeader(bytes[start + 3]!) || (bytes[start + 6]! & 0xc0) !== 0x80) return;
    const flags = bytes[start + 7]! >> 6;
    if (flags < 2) return;
    const ticks = this.#offset / 300;
    if (start + (flags === 3 ? 19 : 14) > end) {
      // The stamps go on in another packet: a PES packet without stamps is better than one with a wrong time.
      bytes[start + 7] = bytes[start + 7]! & 0x3f;
      return;
    }
    writeTimestamp(bytes, start + 9, readTimestamp(bytes, start + 9) + ticks);
    if (flags === 3) writeTimestamp(bytes, start + 14, readTimestamp(bytes, start + 14) + ticks);
  }
}
