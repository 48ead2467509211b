import type { PacketSink, TunerFailure } from "../../../../src/tuner/ports.ts";

/** Keeps what a driver delivers: bytes, and everything else as words in order. */
export class RecordingSink implements PacketSink {
  readonly chunks: Buffer[] = [];
  readonly events: string[] = [];
  failure: { code: TunerFailure; message: string } | null = null;

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
  get packetCount(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0) / 188;
  }
  packets(chunk: Buffer): void {
    if (chunk.length % 188 !== 0 || chunk[0] !== 0x47) this.events.push("misaligned");
    this.chunks.push(Buffer.from(chunk));
  }
  overflow(): void {
    this.events.push("overflow");
  }
  syncLoss(): void {
    this.events.push("sync-loss");
  }
  failed(code: TunerFailure, message: string): void {
    this.failure = { code, message };
    this.events.push(`failed ${code}`);
  }
}
