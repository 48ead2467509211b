import { wrapDelta } from "../../../../src/kernel/units.ts";

/** A second opinion on a transport stream, sharing no code with the scan: continuity, PCR and DTS of every PID. */
export class StreamJudge {
  packets = 0;
  continuityErrors = 0;
  /** PCRs that are not a little later than the one before of the same PID. */
  pcrSteps: { pid: number; ms: number }[] = [];
  /** DTS that are not later than the one before of the same PID. */
  dtsSteps: { pid: number; ms: number }[] = [];
  readonly firstPcr = new Map<number, number>();
  /** Sum of PCR steps, 90 kHz. */
  readonly pcrPassed = new Map<number, number>();
  readonly #counters = new Map<number, { counter: number; duplicate: boolean }>();
  readonly #pcr = new Map<number, number>();
  readonly #dts = new Map<number, number>();

  take(chunk: Buffer): void {
    for (let offset = 0; offset < chunk.length; offset += 188)
      this.#packet(chunk.subarray(offset, offset + 188));
  }

  #packet(packet: Buffer): void {
    this.packets++;
    if (packet[0] !== 0x47) throw new Error("a packet without sync byte");
    const pid = packet.readUInt16BE(1) & 0x1fff;
    const control = packet[3]!;
    if (pid === 0x1fff || (packet[1]! & 0x80) !== 0) return;
    const field = (control & 0x20) !== 0 ? packet[4]! : -1;
    const flags = field > 0 ? packet[5]! : 0;
    if ((control & 0x10) !== 0) this.#counter(pid, control & 15, (flags & 0x80) !== 0);
    if (field >= 7 && (flags & 0x10) !== 0) this.#clock(pid, packet.readUInt32BE(6) * 2 + (packet[10]! >> 7));
    const payload = packet.subarray(field >= 0 ? 5 + field : 4);
    if ((control & 0xd0) === 0x10 && (packet[1]! & 0x40) !== 0) this.#stamp(pid, payload);
  }

  #counter(pid: number, counter: number, discontinuity: boolean): void {
    const last = this.#counters.get(pid);
    const duplicate = last?.counter === counter && !last.duplicate;
    if (last !== undefined && !discontinuity && !duplicate && ((last.counter + 1) & 15) !== counter)
      this.continuityErrors++;
    this.#counters.set(pid, { counter, duplicate });
  }

  #clock(pid: number, base: number): void {
    const last = this.#pcr.get(pid);
    this.#pcr.set(pid, base);
    if (last === undefined) {
      this.firstPcr.set(pid, base);
      this.pcrPassed.set(pid, 0);
      return;
    }
    const step = wrapDelta(last, base);
    this.pcrPassed.set(pid, this.pcrPassed.get(pid)! + step);
    if (step < 0 || step > 90_000) this.pcrSteps.push({ pid, ms: step / 90 });
  }

  #stamp(pid: number, pes: Buffer): void {
    if (pes.length < 19 || pes.readUIntBE(0, 3) !== 1) return;
    const flags = pes[7]! >> 6;
    if (flags < 2 || (pes[6]! & 0xc0) !== 0x80) return;
    const at = flags === 3 ? 14 : 9;
    const dts =
      ((pes[at]! >> 1) & 7) * 2 ** 30 +
      (pes.readUInt16BE(at + 1) >> 1) * 2 ** 15 +
      (pes.readUInt16BE(at + 3) >> 1);
    const last = this.#dts.get(pid);
    this.#dts.set(pid, dts);
    if (last === undefined) return;
    const step = wrapDelta(last, dts);
    if (step <= 0 || step > 90_000) this.dtsSteps.push({ pid, ms: step / 90 });
  }
}
