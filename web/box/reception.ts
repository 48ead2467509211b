import type { NamedSource, Tuner } from "../../src/protocol/api.ts";

/** How a tuner stands, for people: pure. */

export type TunerUse = "scan" | "next" | "probe" | "still" | "check";
export type TunerStanding =
  | { readonly kind: "failed" | "idle" | "tuning" | "degraded" | "linger" | "used" }
  | { readonly kind: "watched"; readonly viewers: readonly string[] }
  | { readonly kind: "busy"; readonly use: TunerUse };

/** What the box's own consumers are called there. */
const USES: Readonly<Record<string, TunerUse>> = {
  "channel scan": "scan",
  "ready for a change of channel": "next",
  "looking for codecs": "probe",
  "taking a picture": "still",
  "check of the tuner": "check",
};

/** What it does, and for whom; people before everything that the box does of itself. */
export function standingOf({ state, viewers = [], consumers }: Tuner): TunerStanding {
  if (state === "failed" || state === "idle" || state === "degraded") return { kind: state };
  if (viewers.length > 0) return { kind: "watched", viewers: [...new Set(viewers)] };
  if (state === "tuning") return { kind: "tuning" };
  const use = consumers.map((name) => USES[name]).find((one) => one !== undefined);
  if (use !== undefined) return { kind: "busy", use };
  return { kind: consumers.length === 0 ? "linger" : "used" };
}

export interface SignalView {
  readonly level: "good" | "fair" | "poor" | "none";
  /** dB above what is needed, whole; null: not known. */
  readonly margin: number | null;
  /** Of the verdict: what there is to do about it. */
  readonly code: string;
}

/** A signal as a person understands it; null where there is nothing to say. */
export function signalOf({ signal, state }: Tuner): SignalView | null {
  const verdict = signal?.verdict ?? null;
  if (verdict === null || state === "idle") return null;
  const { level, margin, code } = verdict;
  return { level, code, margin: margin === null ? null : Math.round(margin) };
}

export type SourceKind = "dvb" | "satip" | "hdhomerun" | "file" | "m3u" | "mock" | "other";
const KINDS: readonly SourceKind[] = ["dvb", "satip", "hdhomerun", "file", "m3u", "mock"];

/** What sort of source was named, and where: `satip:192.168.1.20`. */
export function sourceOf({ name }: NamedSource): { kind: SourceKind; at: string } {
  const colon = name.indexOf(":");
  const kind = colon < 0 ? name : name.slice(0, colon);
  return {
    kind: KINDS.find((one) => one === kind) ?? "other",
    at: colon < 0 ? "" : name.slice(colon + 1).replaceAll(",", ", "),
  };
}
