import type { LastWords } from "./last-words.ts";

/**
 * Sends it from where it arrives. What a page asks as it goes, a worker that stands between it and the box never sees, and nobody
 * sends it in its place (seen in Chromium): so the worker is told to send it itself.
 */
export function sayLast(words: LastWords): void {
  const worker = "serviceWorker" in navigator ? navigator.serviceWorker.controller : null;
  if (worker !== null) worker.postMessage({ lastWords: words });
  else void send(words);
}

/** Outlives the page. Never rejects: nobody is there any more whom it could tell. */
export async function send({ path, ...request }: LastWords): Promise<void> {
  await fetch(path, { ...request, keepalive: true, cache: "no-store" }).catch(() => undefined);
}
