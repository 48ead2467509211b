import { ms } from "../../../kernel/units.ts";
import type { VideoTrack } from "../media-source.ts";
import { isSoftware, type VideoEncoder } from "./encoder.ts";
import { pictureOf } from "./ffmpeg-arguments.ts";
import type { ProfileKind } from "./profile.ts";
import { busy, tooSlow } from "./transcoding-errors.ts";

/** What a refused client is told to wait, ms. */
const RETRY_AFTER = ms(15_000);

/**
 * Seconds of one core for a million pixels, measured with ffmpeg 5.1 on a busy x86-64 server (whose trial took what
 * `capabilities.ts` calls the reference). Decoding is of the picture that comes, encoding (scaling included) of the one that goes.
 */
const DECODE = { mpeg2: 0.002, avc: 0.0075, hevc: 0.007 } as const;
const DEINTERLACE = 0.004;
const ENCODE = 0.018;
/** Copying pictures to hardware. */
const HAND_OVER = 0.001;

/** Sums of fractions are not exact. */
const ROUNDING = 1e-6;

/** What of a picture decides how much work it is. */
export type CostlyPicture = Pick<
  VideoTrack,
  "family" | "width" | "height" | "sar" | "frameRate" | "interlaced"
>;

/** Cores that a transcode takes. @param speed of this machine: 2 means that everything takes twice as long as on the reference */
export function coresNeeded(
  track: CostlyPicture,
  profile: ProfileKind,
  encoder: VideoEncoder,
  speed: number,
): number {
  if (profile === "aac-audio") return 0;
  const picture = pictureOf(track, profile);
  const rate = (width: number, height: number, fps: number): number => (width * height * fps) / 1e6;
  const comes = rate(track.width, track.height, track.frameRate > 0 ? track.frameRate : 25);
  const goes = rate(picture.width, picture.height, picture.frameRate);
  const deinterlaces = picture.filters.some((filter) => filter.startsWith("bwdif"));
  const before = comes * (DECODE[track.family] + (deinterlaces ? DEINTERLACE : 0));
  return speed * (before + goes * (isSoftware(encoder) ? ENCODE : HAND_OVER));
}

/** What a transcode holds of the budget until it is released. */
export interface CpuLease {
  /** Another picture came. @throws TellyportError as {@link CpuBudget.take} */
  adjust(cores: number): void;
  release(): void;
}

/** Processor cores that all transcodes together may use. Pure. */
export class CpuBudget {
  readonly #cores: number;
  readonly #leases = new Set<{ cores: number }>();

  /** @param cores more than 0, fractional */
  constructor(cores: number) {
    this.#cores = cores;
  }

  /** Cores that are not taken. */
  get free(): number {
    let free = this.#cores;
    for (const { cores } of this.#leases) free -= cores;
    return free;
  }

  /** @throws TellyportError `transcoder-busy`; `transcoder-missing` when not even an idle box could */
  take(cores: number): CpuLease {
    this.#check(cores, this.free);
    const lease = { cores };
    this.#leases.add(lease);
    return {
      adjust: (wanted) => {
        this.#check(wanted, this.free + lease.cores);
        lease.cores = wanted;
      },
      release: () => void this.#leases.delete(lease),
    };
  }

  #check(cores: number, free: number): void {
    if (cores > this.#cores + ROUNDING) throw tooSlow(cores, this.#cores);
    if (cores > free + ROUNDING) throw busy(cores, free, RETRY_AFTER);
  }
}
