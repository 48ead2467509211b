/** What an engine knows of its stream; null: not known. */
export interface EngineFacts {
  /** RFC 6381. */
  readonly videoCodec: string | null;
  readonly audioCodec: string | null;
  /** Bits per second, measured. */
  readonly bitRate: number | null;
  /** Bits per second of the richest variant, as the playlist says. */
  readonly listedRate: number | null;
  /** When what is on the screen was received, ms since 1970 by the box's clock. */
  readonly receivedAt: number | null;
  /** The browser itself fetches the stream, and another device could. */
  readonly native: boolean;
}

/** What the element shows besides. */
export interface StageFacts extends EngineFacts {
  readonly width: number;
  readonly height: number;
  /** Seconds ahead of what is shown. */
  readonly buffer: number;
  readonly frames: number;
  readonly dropped: number;
}

export function stageFacts(video: HTMLVideoElement, engine: EngineFacts): StageFacts {
  const { totalVideoFrames: frames, droppedVideoFrames: dropped } = video.getVideoPlaybackQuality();
  return {
    ...engine,
    width: video.videoWidth,
    height: video.videoHeight,
    buffer: aheadOf(video),
    frames,
    dropped,
  };
}

function aheadOf({ buffered, currentTime }: HTMLVideoElement): number {
  for (let i = 0; i < buffered.length; i++)
    if (buffered.start(i) <= currentTime + 0.1 && currentTime < buffered.end(i))
      return buffered.end(i) - currentTime;
  return 0;
}
