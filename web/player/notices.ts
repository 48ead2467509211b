import { signal, type ReadonlySignal } from "@preact/signals";

/** Milliseconds for which a notice stays. */
const STAYS = 6000;

/** What is said in passing, without stopping anything. */
export type Notice = "oldest" | "original";

/** Says one thing in passing, for a moment; the last one counts. */
export class Notices {
  readonly #current = signal<Notice | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  get current(): ReadonlySignal<Notice | null> {
    return this.#current;
  }

  say(notice: Notice): void {
    this.#current.value = notice;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#current.value = null), STAYS);
  }

  /** Nobody is there any more to read it. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
