import type { Capabilities } from "../../src/protocol/api.ts";
import probeAddress from "../assets/recovery-point.mp4";
import { recall, remember } from "../memory.ts";
import { capabilitiesOf } from "./capabilities.ts";

type MediaSourceKind = typeof MediaSource;
declare global {
  interface Window {
    /** Safari on phones has this one only. @see https://www.w3.org/TR/media-source-2/#managedmediasource-interface */
    ManagedMediaSource?: MediaSourceKind;
  }
}

function mediaSource(): MediaSourceKind | undefined {
  return window.ManagedMediaSource ?? (typeof MediaSource === "undefined" ? undefined : MediaSource);
}

/** Where there are no media source extensions the stream is played natively, and the element knows. */
function supports(type: string): boolean {
  const kind = mediaSource();
  return kind ? kind.isTypeSupported(type) : document.createElement("video").canPlayType(type) !== "";
}

/** Days for which the answer holds: browsers are updated. */
const REMEMBER_DAYS = 14;
/** Milliseconds for the first frame; what takes longer counts as no. */
const PATIENCE = 1000;

let answer: Promise<Capabilities> | null = null;

/** What this browser decodes; measured once per page, the slow part once per fortnight. Never fails, never hangs. */
export function capabilities(): Promise<Capabilities> {
  answer ??= startsAtRecoveryPoint().then((yes) => capabilitiesOf(supports, yes));
  return answer;
}

async function startsAtRecoveryPoint(): Promise<boolean> {
  const [known, until] = (recall("recovery-point") ?? "").split(" ");
  if (known !== undefined && Number(until) > Date.now()) return known === "yes";
  const yes = await tryRecoveryPoint().catch(() => null);
  if (yes === null) return false; // not measured (offline, no memory): ask again next time
  remember("recovery-point", `${yes ? "yes" : "no"} ${Date.now() + REMEMBER_DAYS * 86_400_000}`);
  return yes;
}

/**
 * Many stations send H.264 whose pictures never are IDR, only recovery points. Players differ in whether they start there,
 * and no question to the browser tells: so a tiny stream of that kind is played where nobody sees it.
 */
async function tryRecoveryPoint(): Promise<boolean> {
  const response = await fetch(probeAddress, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const bytes = await response.arrayBuffer();
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.disableRemotePlayback = true;
  const kind = mediaSource();
  const source = kind ? new kind() : new Blob([bytes], { type: "video/mp4" });
  const address = URL.createObjectURL(source);
  try {
    return await new Promise<boolean>((resolve) => {
      setTimeout(() => resolve(false), PATIENCE);
      const look = (): void => {
        if (video.videoWidth > 0 && video.getVideoPlaybackQuality().totalVideoFrames > 0) resolve(true);
      };
      for (const name of ["loadeddata", "timeupdate", "playing"]) video.addEventListener(name, look);
      video.addEventListener("error", () => resolve(false));
      if (!(source instanceof Blob)) source.addEventListener("sourceopen", () => feed(source, bytes, video));
      video.src = address;
      video.play().catch(() => undefined);
    });
  } finally {
    URL.revokeObjectURL(address);
    video.removeAttribute("src");
    video.load();
  }
}

function feed(source: MediaSource, bytes: ArrayBuffer, video: HTMLVideoElement): void {
  try {
    const buffer = source.addSourceBuffer('video/mp4; codecs="avc1.640028"');
    buffer.addEventListener("updateend", () => {
      if (source.readyState !== "open") return;
      if (buffer.buffered.length > 0) video.currentTime = buffer.buffered.start(0);
      source.endOfStream();
    });
    buffer.appendBuffer(bytes);
  } catch {
    // The patience runs out and the answer is no.
  }
}
