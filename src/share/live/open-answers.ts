import { TellyportError } from "../../kernel/errors.ts";

/**
 * Players load a handful at once, and hold a playlist and the next part of each rendition open; an answer may hold memory of
 * a segment that the store has let go.
 */
const MOST = 24;

/** The media answers of one playback that are on their way. */
export class OpenAnswers {
  readonly #cuts = new Set<() => void>();

  /**
   * Counts one as open until the returned function is called.
   * @param cut ends it, see {@link cutAll}
   * @throws TellyportError `too-many-playbacks` when too many are open
   */
  open(cut: () => void): () => void {
    if (this.#cuts.size >= MOST) {
      throw new TellyportError(
        "too-many-playbacks",
        "This playback loads too much at once. Wait until some of it has come.",
        { retryAfterMs: 1000 },
      );
    }
    this.#cuts.add(cut);
    return () => this.#cuts.delete(cut);
  }

  /** The playback has ended: what is on its way is not for this client any more. */
  cutAll(): void {
    for (const cut of [...this.#cuts]) cut();
  }
}
