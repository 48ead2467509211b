import type { NamedSource, ScanProgress } from "../src/protocol/api.ts";

/** What an owner's box says of its tuners. */
export interface TunersAnswer {
  readonly tuners: readonly unknown[];
  readonly sources?: readonly NamedSource[];
}

/** Why there is no channel. */
export type NoChannels =
  | { readonly kind: "searching"; readonly percent: number }
  | { readonly kind: "no-tuner" }
  /** Channels come by a scan, which somebody has to start. */
  | { readonly kind: "scan-needed" }
  /** They come by themselves. */
  | { readonly kind: "coming" };

/** As `tellyport doctor` and `tellyport channels` judge it. */
export function whyNoChannels(
  { tuners, sources = [] }: TunersAnswer,
  scan: Pick<ScanProgress, "state" | "percent">,
): NoChannels {
  if (tuners.length === 0) return { kind: "no-tuner" };
  if (scan.state === "running") return { kind: "searching", percent: scan.percent };
  return { kind: sources.some(({ name }) => /^(dvb|satip)\b/.test(name)) ? "scan-needed" : "coming" };
}
