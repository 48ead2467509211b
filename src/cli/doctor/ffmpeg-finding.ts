import { note, ok, warning, type Finding } from "./finding.ts";

/** What the doctor needs of what the box can convert. */
export interface Converting {
  readonly ffmpeg: { readonly path: string; readonly version: string };
  /** AAC works. */
  readonly audio: boolean;
  /** H.264 encoders whose trial succeeded, best first. */
  readonly video: { readonly encoders: readonly string[] };
}

const SOFTWARE = "libx264";

/**
 * @param converting null: no ffmpeg runs
 * @param named by TELLYPORT_FFMPEG or live.transcoding.ffmpeg; null: by neither
 */
export function ffmpegFinding(converting: Converting | null, named: string | null): Finding {
  const subject = "ffmpeg";
  if (converting === null) {
    return named === null
      ? note(
          subject,
          "There is none: what a phone cannot decode is refused, in words. Install ffmpeg, or name one with TELLYPORT_FFMPEG or live.transcoding.ffmpeg.",
        )
      : warning(subject, `${named} does not run: check its path and that it may be executed.`);
  }
  const { ffmpeg, audio, video } = converting;
  const shown = `${ffmpeg.version} (${ffmpeg.path})`;
  if (!audio)
    return warning(
      subject,
      `${shown} makes no AAC: sound is not converted. Install one that has the encoder aac.`,
    );
  if (video.encoders.length === 0)
    return warning(
      subject,
      `${shown} makes no H.264: sound is converted, pictures are not. Install one with libx264, or let the daemon's user use the encoder of the box (group video or render).`,
    );
  const [best = SOFTWARE] = video.encoders;
  const how = best === SOFTWARE ? "on the processor" : "by the box's own encoder";
  return ok(subject, `${shown}: pictures by ${best}, ${how}`);
}
