/** What the page tells of its player when the time is over. */
export interface PageReport {
  /** Seconds from the first picture (or sound) to the end. */
  readonly seconds: number;
  /** How far the playing position came in that time, s. */
  readonly advanced: number;
  /** From the call to the first movement of the playing position, s. */
  readonly startUp: number;
  readonly frames: number;
  readonly dropped: number;
  readonly width: number;
  /** Bytes that the decoders took. */
  readonly videoBytes: number;
  readonly audioBytes: number;
  /** Longest time without movement, from six seconds behind the beginning on; s. */
  readonly longestStall: number;
  /** Times that it ran dry in that time, as the element tells. */
  readonly waits: number;
  /** Behind the live edge as the player says, s; null when it does not. */
  readonly latency: number | null;
  /** Errors that the player told, the last of them; of hls.js the passing ones too. */
  readonly errors: readonly string[];
  /** It gave up. */
  readonly fatal: boolean;
}

/** Behind the beginning players fill their buffers and find their distance to the live edge; ms. */
const SETTLING = 6000;

/**
 * The page: `playFor(player, address, seconds)` resolves with a {@link PageReport}. Players are set up as they are by default.
 */
export const PAGE = `<!doctype html><meta charset="utf-8"><title>players</title>
<video muted playsinline width="320"></video>
<script src="/hls.js"></script><script src="/shaka.js"></script>
<script>
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function playFor(player, url, seconds) {
  const video = document.querySelector("video");
  const errors = [];
  let fatal = false, waits = 0, settled = false, latency = () => null;
  const note = (text, isFatal) => { fatal ||= isFatal; errors.push(text); if (errors.length > 20) errors.shift(); };
  video.addEventListener("error", () => note("element: " + (video.error && video.error.message), true));
  video.addEventListener("waiting", () => { if (settled) waits++; });
  const from = performance.now();
  if (player === "hls.js") {
    const hls = new Hls();
    hls.on(Hls.Events.ERROR, (_, data) => note(data.type + " " + data.details + " " +
      (data.response ? data.response.code : "") + " " + (data.error ? data.error.message : data.reason || ""), data.fatal));
    hls.loadSource(url);
    hls.attachMedia(video);
    latency = () => hls.latency;
  } else {
    shaka.polyfill.installAll();
    const one = new shaka.Player();
    one.addEventListener("error", ({ detail }) => note("shaka " + detail.code + " " + JSON.stringify(detail.data).slice(0, 300), detail.severity === 2));
    await one.attach(video);
    one.load(url).catch((error) => note("shaka load " + error.code + " " + JSON.stringify(error.data).slice(0, 300), true));
    latency = () => { const { liveLatency } = one.getStats(); return Number.isFinite(liveLatency) ? liveLatency : null; };
  }
  video.play().catch(() => undefined);
  let begun = null, begin = 0, moved = 0, position = 0, longestStall = 0;
  for (;;) {
    await sleep(100);
    const now = performance.now();
    if (begun === null) {
      if (video.paused) video.play().catch(() => undefined);
      if (position > 0 && video.currentTime > position) { begun = now; begin = video.currentTime; moved = now; }
      else if (now - from > 30000 || fatal) break;
      position = video.currentTime;
      continue;
    }
    settled = now - begun > ${SETTLING};
    if (video.currentTime > position) { position = video.currentTime; moved = now; }
    else if (settled) longestStall = Math.max(longestStall, (now - Math.max(moved, begun + ${SETTLING})) / 1000);
    if (now - begun > seconds * 1000 || fatal) break;
  }
  const quality = video.getVideoPlaybackQuality();
  return { seconds: begun === null ? 0 : (performance.now() - begun) / 1000, advanced: begun === null ? 0 : position - begin,
    startUp: begun === null ? -1 : (begun - from) / 1000, frames: quality.totalVideoFrames, dropped: quality.droppedVideoFrames,
    width: video.videoWidth, videoBytes: video.webkitVideoDecodedByteCount, audioBytes: video.webkitAudioDecodedByteCount,
    longestStall, waits, latency: latency(), errors, fatal };
}
</script>`;
