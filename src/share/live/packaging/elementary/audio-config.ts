import type { AudioTrack } from "../../media-source.ts";

/** What an elementary audio stream says about itself; language and identity come from the PMT. */
export type AudioConfig = Omit<AudioTrack, "kind" | "id" | "language" | "audioDescription">;

/** One frame found in a byte stream. */
export interface FoundFrame {
  /** Bytes of the frame in the stream, framing included. */
  readonly length: number;
  /** The raw access units within: one, but for ADTS frames of several raw_data_blocks, which may hold up to four. */
  readonly units: readonly Buffer[];
  /** Access units that are there and cannot be read: they take their time all the same. Default 0. */
  readonly lost?: number;
  /** The same object as long as nothing changes; null when the stream has not told yet. */
  readonly config: AudioConfig | null;
}

/** How frames of one audio coding are found in a byte stream. Pure but for what the coding itself carries from frame to frame. */
export interface AudioSyntax {
  /** @returns where a frame may begin, at or after `from`; -1 when nowhere */
  sync(data: Buffer, from: number): number;
  /**
   * The frame at `at`.
   * @param last nothing follows: a frame is complete with what is there
   * @returns `more` when its end is not in the buffer yet, null when there is no frame here
   */
  frame(data: Buffer, at: number, last: boolean): FoundFrame | "more" | null;
  /** Whether the frame's own check says that it is whole; only asked after a loss. False when it carries no check. */
  intact(data: Buffer, frame: FoundFrame): boolean;
}
