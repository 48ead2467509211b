import type { Clock, Timer } from "../../kernel/clock.ts";
import type { MediaSource, VideoTrack } from "../live/media-source.ts";
import type { CodedPicture } from "./still.ts";

/** A picture of more is none that a list is worth. */
const LARGEST = 4 * 1024 * 1024;

export interface NewestPictureOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Longest wait for a picture, ms. */
  readonly waitMs: number;
}

/**
 * The newest picture that can be decoded alone among what the source has at once; where there is none, the first that comes.
 * The source is started before this returns, and stopped when it resolves.
 * @returns null when none came, or when the source lost its tuner: it may not be the reason that another one is tuned
 * @throws TellyportError of the tuner
 */
export async function newestPicture(
  source: MediaSource,
  { clock, signal, waitMs }: NewestPictureOptions,
): Promise<CodedPicture | null> {
  if (signal.aborted) return null;
  const abort = new AbortController();
  let timer: Timer | null = null;
  let track: VideoTrack | null = null;
  let newest: CodedPicture | null = null;
  let caughtUp = false;
  let over = false;
  let cancel = (): void => undefined;
  try {
    return await new Promise<CodedPicture | null>((resolve, reject) => {
      cancel = () => resolve(null);
      signal.addEventListener("abort", cancel, { once: true });
      timer = clock.after(waitMs, () => resolve(newest));
      const started = source.start(
        {
          tracks(tracks) {
            if (over) return;
            track = tracks.find((one) => one.kind === "video") ?? null;
            newest = null;
          },
          accessUnit(unit) {
            if (over || unit.track !== track?.id || !unit.randomAccess || unit.data.length > LARGEST) return;
            newest = { track, data: Buffer.from(unit.data) };
            if (caughtUp) resolve(newest);
          },
          discontinuity: () => resolve(newest),
          ended: () => resolve(newest),
        },
        abort.signal,
      );
      started.then(() => {
        // What was received before it asked has been handed out.
        caughtUp = true;
        if (newest !== null) resolve(newest);
      }, reject);
    });
  } finally {
    over = true;
    (timer as Timer | null)?.cancel();
    signal.removeEventListener("abort", cancel);
    abort.abort();
    source.stop();
  }
}
