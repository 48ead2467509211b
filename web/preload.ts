/** Fetches what watching needs before it is needed, while the person is still choosing. */
export function preload(): void {
  for (const part of [import("hls.js"), import("./player/engine.ts"), import("./screens/player.tsx")])
    part.catch(() => undefined); // then it is asked for again
}
