import type { Expect } from "./findings.ts";
import type { SeenSegment } from "./rendition-media.ts";
import type { RenditionRef } from "./session.ts";
import { checkCues } from "./webvtt.ts";

/** What was seen of one rendition, when the check is over. */
export interface SeenRendition {
  readonly ref: RenditionRef;
  readonly targetDuration: number | null;
  readonly seen: ReadonlyMap<number, SeenSegment>;
}

/** Renditions cut at their own frames: so much their segments may differ, s. */
const CUT = 0.1;

/** P-12, P-03, CK-03, A-04, S-01: what must hold between renditions. */
export function checkAcross(renditions: readonly SeenRendition[], expect: Expect): void {
  const lead = renditions.find(({ ref }) => ref.kind === "video") ?? renditions[0];
  if (lead === undefined) return;
  for (const other of renditions) {
    if (other === lead) continue;
    const where = `${other.ref.name} beside ${lead.ref.name}`;
    const target = `target durations ${other.targetDuration} and ${lead.targetDuration}`;
    expect("P-12", other.targetDuration === lead.targetDuration, where, target);
    let drift = 0;
    for (const [sequence, theirs] of other.seen) {
      const ours = lead.seen.get(sequence);
      if (ours === undefined) continue;
      drift += theirs.duration - ours.duration;
      const what = `segment ${sequence}: together ${drift.toFixed(3)} s longer`;
      expect("P-12", Math.abs(drift) <= CUT, where, what);
      const same = theirs.discontinuitySequence === ours.discontinuitySequence;
      const numbers = `segment ${sequence}: discontinuity ${theirs.discontinuitySequence} and ${ours.discontinuitySequence}`;
      expect("P-03", same, where, numbers);
      checkPair(theirs, ours, where, expect);
    }
  }
}

function checkPair(theirs: SeenSegment, ours: SeenSegment, where: string, expect: Expect): void {
  const { sequence } = theirs;
  if (theirs.media !== null && ours.media !== null) {
    const apart = theirs.media.begin - ours.media.begin;
    const cut = `segment ${sequence} begins ${(apart * 1000).toFixed(1)} ms off`;
    expect("A-04", Math.abs(apart) <= CUT, where, cut);
    if (theirs.programDateTime !== null && ours.programDateTime !== null) {
      const off = theirs.programDateTime - ours.programDateTime - apart * 1000;
      const what = `segment ${sequence}: dates and media times differ by ${off.toFixed(1)} ms`;
      expect("CK-03", Math.abs(off) <= CUT * 1000, where, what);
    }
  }
  if (theirs.vtt !== null && ours.media !== null) checkCues(theirs.vtt, ours.media, where, expect);
}

/** P-13: what a variant needs, measured, against what it promises. @param shares seen segments of the renditions it plays */
export function checkBitRates(
  variant: { readonly name: string; readonly bandwidth: number; readonly average: number | null },
  shares: readonly ReadonlyMap<number, SeenSegment>[],
  expect: Expect,
): void {
  let peak = 0;
  let bits = 0;
  let seconds = 0;
  for (const [sequence, first] of shares[0] ?? []) {
    const all = shares.map((share) => share.get(sequence));
    if (first.duration <= 0 || all.some((one) => one === undefined)) continue;
    const sum = all.reduce((total, one) => total + (one?.bytes ?? 0) * 8, 0);
    peak = Math.max(peak, sum / first.duration);
    bits += sum;
    seconds += first.duration;
  }
  if (seconds === 0) return;
  const measured = (rate: number): string => `${(rate / 1000).toFixed(0)} kb/s`;
  const above = `measured peak ${measured(peak)}, BANDWIDTH ${measured(variant.bandwidth)}`;
  expect("P-13", peak <= 1.25 * variant.bandwidth, variant.name, above);
  if (variant.average === null) return;
  const mean = bits / seconds;
  const over = `measured ${measured(mean)}, AVERAGE-BANDWIDTH ${measured(variant.average)}`;
  // An hour's average is promised; a short look may well hold a fuller scene.
  expect("P-13", mean <= 1.1 * variant.average || seconds < 3600, variant.name, over);
}
