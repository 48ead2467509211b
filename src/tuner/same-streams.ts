import type { ElementaryStream, ServiceStreams } from "./ports.ts";
import { eachDescriptor, TAG } from "./si/descriptors.ts";

/** Descriptors that say how a stream is coded or shown. */
const RELEVANT: ReadonlySet<number> = new Set([
  TAG.registration,
  TAG.iso639,
  TAG.teletext,
  TAG.subtitling,
  TAG.ac3,
  TAG.enhancedAc3,
  TAG.dts,
  TAG.aac,
  TAG.extension,
]);

/**
 * Whether two PMTs mean the same for whoever plays the service: a new version, another ECM PID or an application's version
 * number is no reason to interrupt a picture.
 */
export function sameStreams(a: ServiceStreams, b: ServiceStreams): boolean {
  return (
    a.pcrPid === b.pcrPid &&
    a.scrambled === b.scrambled &&
    a.streams.length === b.streams.length &&
    a.streams.every((stream, i) => sameStream(stream, b.streams[i]!))
  );
}

function sameStream(a: ElementaryStream, b: ElementaryStream): boolean {
  return (
    a.pid === b.pid &&
    a.streamType === b.streamType &&
    a.codec === b.codec &&
    a.language === b.language &&
    a.audioDescription === b.audioDescription &&
    (a.descriptors.equals(b.descriptors) || relevant(a.descriptors).equals(relevant(b.descriptors)))
  );
}

function relevant(loop: Buffer): Buffer {
  const kept: Buffer[] = [];
  for (const { tag, data } of eachDescriptor(loop))
    if (RELEVANT.has(tag)) kept.push(Buffer.from([tag]), data);
  return Buffer.concat(kept);
}
