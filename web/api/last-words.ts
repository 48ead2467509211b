/** A request for when the page goes away: all of it is made before, since nothing asynchronous runs then. */
export interface LastWords {
  readonly method: string;
  /** Path on the page's own box. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the page may have its worker say: how a playback went, and that it is over. */
const MAY_BE_SAID = /^\/api\/v1\/playback\/[\w-]+\/report$/;

/** @returns the last words in a message to the worker; null when there are none in it */
export function lastWordsIn(message: unknown): LastWords | null {
  if (typeof message !== "object" || message === null || !("lastWords" in message)) return null;
  const { lastWords } = message;
  if (typeof lastWords !== "object" || lastWords === null) return null;
  const { method, path, headers, body } = lastWords as Partial<Record<keyof LastWords, unknown>>;
  if (method !== "POST" || typeof path !== "string" || !MAY_BE_SAID.test(path)) return null;
  if (typeof body !== "string" || typeof headers !== "object" || headers === null) return null;
  const texts = Object.entries(headers).filter((one): one is [string, string] => typeof one[1] === "string");
  return { method, path, headers: Object.fromEntries(texts), body };
}
