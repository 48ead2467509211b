/**
 * The port that all of transcoding goes through: a program that is given arguments and bytes, and gives bytes. Whatever else
 * could run ffmpeg (a package that builds command lines, a sandbox, another machine) takes the place of
 * `spawn-ffmpeg.ts`, and of nothing else.
 */
export interface FfmpegRunner {
  /** Starts one ffmpeg. Never throws: one that cannot be started has `exited` at once. */
  run(args: readonly string[], events: FfmpegEvents): FfmpegRun;
  /** Ends all that run; resolves when they are gone, and has resolved after two seconds. */
  stop(): Promise<void>;
}

export interface FfmpegEvents {
  /** What it wrote to standard output; the receiver may keep it. */
  output(chunk: Buffer): void;
  /** After a `write` that said false: more is welcome. */
  drained(): void;
  /** It is gone, and all that it wrote was handed out. Called once. */
  exited(exit: FfmpegExit): void;
}

export interface FfmpegExit {
  /** Null when a signal ended it or it could not be started. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it said on standard error, at most 4 KB. */
  readonly said: string;
}

export interface FfmpegRun {
  /** Null when it could not be started. */
  readonly pid: number | null;
  /** @returns false: hold back what follows until `drained` */
  write(data: Buffer): boolean;
  /** No more input: it writes out what it has, and ends. */
  endInput(): void;
  /** Ends it politely, and for certain a second later. */
  stop(): void;
  /** Ends it now, whatever it does. */
  kill(): void;
}
