import type { FileHandle } from "node:fs/promises";
import { PACKET_BYTES } from "../../mpegts/packet.ts";
import { closeRanks, findPackets, packetsInRow, type Stride } from "../../mpegts/resync.ts";

/** Packets of one read: 235 KB, at whose cost a read of any size is made. */
export const READ_PACKETS = 1280;

/** Packets that lie in a row in the file, moved together at the front of the reader's buffer. */
export interface PacketRun {
  readonly packets: number;
  /** File offset of the first packet's sync byte; the others follow at the stride. */
  readonly position: number;
  /** Bytes that are no packets were passed over to get here. */
  readonly skipped: boolean;
}

/** Reads packets of a file in large pieces, passing over what is none. */
export class PacketReader {
  position: number;
  readonly #file: FileHandle;
  readonly #stride: Stride;

  constructor(file: FileHandle, stride: Stride, position: number) {
    this.#file = file;
    this.#stride = stride;
    this.position = position;
  }

  /** A buffer as {@link next} wants it. */
  static buffer(): Buffer {
    return Buffer.allocUnsafeSlow(READ_PACKETS * 204);
  }

  /**
   * @param buffer filled with packets of 188 bytes from its start
   * @returns null at the end of the file
   */
  async next(buffer: Buffer): Promise<PacketRun | null> {
    const stride = this.#stride;
    let skipped = false;
    for (;;) {
      const wanted = READ_PACKETS * stride;
      const length = await this.#read(buffer, wanted);
      const packets = packetsInRow(buffer, 0, length, stride);
      if (packets > 0) {
        const position = this.position;
        this.position += packets * stride;
        closeRanks(buffer, 0, packets, stride);
        return { packets, position, skipped };
      }
      const atEnd = length < wanted;
      const found = findPackets(buffer, 1, length, { stride, atEnd });
      if (found !== null) this.position += found.offset;
      else if (atEnd) return null;
      // The last bytes may be the start of packets that the next piece confirms.
      else this.position += length - 5 * stride;
      skipped = true;
    }
  }

  async #read(buffer: Buffer, wanted: number): Promise<number> {
    let length = 0;
    while (length < wanted) {
      const { bytesRead } = await this.#file.read(buffer, length, wanted - length, this.position + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length;
  }
}

/** Bytes of `count` packets in a reader's buffer. */
export const packetBytes = (count: number): number => count * PACKET_BYTES;
