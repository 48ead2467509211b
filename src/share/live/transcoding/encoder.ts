/** H.264 encoders that are tried, best first: what costs the processor nothing, then software. */
export const VIDEO_ENCODERS = [
  "h264_v4l2m2m",
  "h264_rkmpp",
  "h264_vaapi",
  "h264_nvenc",
  "libx264",
  "libopenh264",
] as const;

export type VideoEncoder = (typeof VIDEO_ENCODERS)[number];

export const isSoftware = (encoder: VideoEncoder): boolean =>
  encoder === "libx264" || encoder === "libopenh264";

/** Where VAAPI finds its device, when the box has one. */
export interface EncoderDevices {
  /** `/dev/dri/renderD128` or alike; null when there is none. */
  readonly render: string | null;
}

/** Arguments before the input. */
export function encoderDevice(encoder: VideoEncoder, devices: EncoderDevices): string[] {
  return encoder === "h264_vaapi" && devices.render !== null ? ["-vaapi_device", devices.render] : [];
}

/** What the last filter hands to the encoder. */
export function encoderFormat(encoder: VideoEncoder): string {
  switch (encoder) {
    case "h264_vaapi":
      return "format=nv12,hwupload";
    case "h264_rkmpp":
      return "format=nv12";
    default:
      return "format=yuv420p";
  }
}

export interface Rate {
  /** Bits per second on average (hardware) or at most (software, which aims at an even quality). */
  readonly bitrate: number;
  /** Pictures from one IDR to the next at most; IDRs come by time, this is for an encoder that does not obey. */
  readonly gop: number;
  readonly threads: number;
  readonly profile: "high" | "main";
}

/** The encoder and how it encodes: no B pictures, nothing looked ahead at, closed groups of pictures. */
export function encoderOptions(encoder: VideoEncoder, rate: Rate): string[] {
  const { bitrate } = rate;
  const bits = String(bitrate);
  const common = ["-c:v", encoder, "-bf", "0", "-g", String(rate.gop)];
  const constrained = ["-b:v", bits, "-maxrate", bits, "-bufsize", bits];
  switch (encoder) {
    case "libx264":
      return [
        ...common,
        ...["-preset", "veryfast", "-tune", "zerolatency", "-profile:v", rate.profile, "-crf", "22"],
        ...["-maxrate", bits, "-bufsize", bits, "-sc_threshold", "0", "-forced-idr", "1"],
        ...["-threads", String(rate.threads)],
      ];
    case "libopenh264":
      return [...common, "-b:v", bits, "-allow_skip_frames", "0", "-threads", String(rate.threads)];
    case "h264_nvenc":
      return [
        ...common,
        ...["-preset", "p3", "-tune", "ll", "-zerolatency", "1", "-forced-idr", "1", "-no-scenecut", "1"],
        ...["-profile:v", rate.profile, "-rc", "vbr", ...constrained],
      ];
    case "h264_vaapi":
      return [...common, "-profile:v", rate.profile, "-rc_mode", "VBR", ...constrained];
    case "h264_rkmpp":
      return [...common, "-rc_mode", "VBR", ...constrained];
    case "h264_v4l2m2m":
      return [...common, "-b:v", bits];
  }
}
