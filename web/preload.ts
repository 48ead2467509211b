/** Fetches what watching needs, and what is one tap away, before it is needed, while the person is still choosing. */
export function preload(): void {
  const parts = [
    import("hls.js"),
    import("./player/engine.ts"),
    import("./screens/player.tsx"),
    import("./screens/settings.tsx"),
  ];
  for (const part of parts) part.catch(() => undefined); // then it is asked for again
}
