import type { Expect } from "./findings.ts";
import type { Http } from "./http.ts";
import type { Lag } from "./lag.ts";

export interface RenditionRef {
  /** Absolute address of its playlist. */
  readonly url: string;
  readonly kind: "video" | "audio" | "subtitles";
  /** For findings. */
  readonly name: string;
  /** CODECS of the variants that use it; empty when unknown. */
  readonly codecs: readonly string[];
}

/** What all parts of one check share. */
export interface Session {
  readonly http: Http;
  readonly expect: Expect;
  readonly lag: Lag;
  readonly signal: AbortSignal;
  /** `performance.now()` of its end. */
  readonly until: number;
  /** Parts and all that belongs to them are promised; settled before the first look. */
  lowLatency: boolean;
  readonly totals: { segments: number; parts: number; playlists: number; hints: number; deltas: number };
  /** What is held is asked for by one rendition at a time: origins limit what one viewer may have open. */
  readonly busy: { hint: boolean; probe: boolean };
  /** Runs something beside; its failure is told unless the check is over. */
  beside(where: string, work: Promise<void>): void;
}

/** What a network and a scheduler may add to a time that the standard limits, ms. */
export const SLACK_MS = 500;
