import type { VideoTrack } from "../media-source.ts";
import {
  encoderDevice,
  encoderFormat,
  encoderOptions,
  type EncoderDevices,
  type VideoEncoder,
} from "./encoder.ts";
import type { ProfileKind } from "./profile.ts";

/** What comes out of the sound transcoder, whatever goes in. */
export const AAC = { sampleRate: 48_000, channels: 2, frameSamples: 1024 } as const;

/**
 * Reads its standard input and nothing else, whatever the stream says, and begins with the first unit: `-probesize`,
 * `-analyzeduration` and `-fpsprobesize` would each wait for more.
 */
function input(threads: number): string[] {
  return [
    ...["-hide_banner", "-nostats", "-loglevel", "error", "-nostdin", "-protocol_whitelist", "pipe"],
    ...["-probesize", "32", "-analyzeduration", "0", "-fpsprobesize", "0", "-threads", String(threads)],
    ...["-f", "matroska", "-i", "pipe:0"],
  ];
}

/**
 * Sound to AAC in ADTS. What a decoder fails at comes out as silence, so that the count of samples stays true.
 * @param skip samples at 48 kHz left out at the beginning
 */
export function audioArguments(bitrate: number, skip: number): string[] {
  const filters = ["aresample=48000:async=1:min_hard_comp=0.01:first_pts=0"];
  if (skip > 0) filters.push(`atrim=start_sample=${skip}`);
  return [
    ...input(1),
    ...["-map", "0:a:0", "-af", filters.join(","), "-c:a", "aac", "-ac", String(AAC.channels)],
    ...["-ar", String(AAC.sampleRate), "-b:a", String(bitrate), "-threads", "1"],
    ...["-flush_packets", "1", "-f", "adts", "pipe:1"],
  ];
}

/** The picture that a profile makes of another. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Frames per second. */
  readonly frameRate: number;
  readonly filters: readonly string[];
  /** At most, bits per second. */
  readonly bitrate: number;
}

const LINES: Record<Exclude<ProfileKind, "aac-audio" | "h264">, number> = { medium: 540, low: 360 };
const BIT_RATES: Record<Exclude<ProfileKind, "aac-audio" | "h264">, number> = { medium: 1.2e6, low: 0.5e6 };

/** What a profile makes of this picture. Pure. */
export function pictureOf(
  track: Pick<VideoTrack, "width" | "height" | "sar" | "frameRate" | "interlaced">,
  profile: Exclude<ProfileKind, "aac-audio">,
): Picture {
  const { width, height, interlaced } = track;
  const frameRate = track.frameRate > 0 ? track.frameRate : 25;
  // Only frames that are coded interlaced; from field to frame, not to twice as many frames.
  const deinterlace = interlaced ? ["bwdif=mode=send_frame:deint=interlaced"] : [];
  if (profile === "h264") {
    const bitrate = height <= 576 ? 2.5e6 : height <= 720 ? 4e6 : 6.5e6;
    return {
      width,
      height,
      frameRate,
      filters: deinterlace,
      bitrate: frameRate > 31 ? bitrate * 1.4 : bitrate,
    };
  }
  const lines = Math.min(LINES[profile], even(height));
  const across = (width * track.sar[0]) / track.sar[1];
  const size = { width: even((across * lines) / height), height: lines };
  // One field has lines enough: cheaper than any deinterlacing, and nothing combs.
  const shrink = interlaced && height >= 2 * lines ? ["field=type=top", "setfield=prog"] : deinterlace;
  const halved = frameRate > 31;
  return {
    ...size,
    frameRate: halved ? frameRate / 2 : frameRate,
    filters: [
      ...(halved ? ["framestep=2"] : []),
      ...shrink,
      `scale=${size.width}:${size.height}`,
      "setsar=1",
    ],
    bitrate: BIT_RATES[profile],
  };
}

/** An IDR at the first picture of every second of the timeline: profiles of one service have theirs at the same pictures. */
const EVERY_SECOND = "expr:if(isnan(prev_forced_t),1,gt(floor(t),floor(prev_forced_t)))";

/** Video to H.264 in a transport stream, with its time stamps as they came. */
export function videoArguments(
  picture: Picture,
  profile: ProfileKind,
  encoder: VideoEncoder,
  machine: { readonly devices: EncoderDevices; readonly threads: number },
): string[] {
  const { threads, devices } = machine;
  return [
    ...encoderDevice(encoder, devices),
    ...input(Math.min(2, threads)),
    ...["-map", "0:v:0", "-copyts", "-fps_mode", "passthrough", "-enc_time_base", "1:90000"],
    ...["-vf", [...picture.filters, encoderFormat(encoder)].join(",")],
    ...encoderOptions(encoder, {
      bitrate: picture.bitrate,
      gop: Math.ceil(picture.frameRate * 2),
      threads,
      profile: profile === "h264" ? "high" : "main",
    }),
    ...["-force_key_frames", EVERY_SECOND, "-flush_packets", "1", "-muxdelay", "0", "-muxpreload", "0"],
    // Each picture says how long it is, and is complete when it is.
    ...["-mpegts_copyts", "1", "-omit_video_pes_length", "0", "-f", "mpegts", "pipe:1"],
  ];
}

const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2);
