/** What the owner of the box may tune; every member has a default. */
export interface ShareOptions {
  /** Memory for the media of all streams, bytes; default 64 MiB. */
  readonly mediaBudgetBytes: number;
  /** How far back a stream can be watched where there is room, seconds; default 30 min. */
  readonly timeShiftSeconds: number;
  /** Folder for what does not fit into memory; default: none. */
  readonly timeShiftDirectory: string;
  /** Bytes that the files in it have at most; default 8 GiB. */
  readonly timeShiftDiskBytes: number;
  /** A stream that nobody asked for during so many ms is ended; default 20 s. */
  readonly streamIdleMs: number;
  /** A playback whose media nobody asked for during so many ms is ended; default 30 s. */
  readonly playbackIdleMs: number;
  /** Longest life of one playback, ms; default 24 h. */
  readonly playbackLongestMs: number;
  /** How long a channel may take to start, ms; default 10 s. */
  readonly startTimeoutMs: number;
  /** How long the first playlist may be held for the first part, ms; default 8 s. */
  readonly firstMediaMs: number;
  /** A receiver of media that takes nothing for so many ms is cut off; default 15 s. */
  readonly noProgressMs: number;
  /** Playbacks of one client; default 4. */
  readonly playbacksPerClient: number;
  /** Playbacks in all; default 64. */
  readonly playbacksInAll: number;
  /** Event streams in all and of one client; default 64 and 4. */
  readonly eventStreamsInAll: number;
  readonly eventStreamsPerClient: number;
  /** Idle tuners that wait on the multiplexes of channels likely to be next; default 0: none. */
  readonly predictiveTuners: number;
  /** Look for codecs of channels that nobody watched yet; default true. */
  readonly probe: boolean;
  /** Take pictures of the channels that are received anyway, for the list; default true. */
  readonly stills: boolean;
}

export const SHARE_DEFAULTS: ShareOptions = {
  mediaBudgetBytes: 64 * 1024 * 1024,
  timeShiftSeconds: 30 * 60,
  timeShiftDirectory: "",
  timeShiftDiskBytes: 8 * 1024 * 1024 * 1024,
  streamIdleMs: 20_000,
  playbackIdleMs: 30_000,
  playbackLongestMs: 24 * 60 * 60_000,
  startTimeoutMs: 10_000,
  firstMediaMs: 8_000,
  noProgressMs: 15_000,
  playbacksPerClient: 4,
  playbacksInAll: 64,
  eventStreamsInAll: 64,
  eventStreamsPerClient: 4,
  predictiveTuners: 0,
  probe: true,
  stills: true,
};
