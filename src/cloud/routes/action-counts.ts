import { isTellyportError } from "../../kernel/errors.ts";
import type { Sample } from "../../kernel/prometheus.ts";

/** How many requests of each kind there were, and what became of them. As many series as there are actions and codes. */
export class ActionCounts {
  readonly #counts = new Map<string, number>();

  /** Counts what `work` does. */
  async counted<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#count(action, "ok");
      return result;
    } catch (error) {
      this.#count(action, isTellyportError(error) ? error.code : "internal");
      throw error;
    }
  }

  samples(): Sample[] {
    return [...this.#counts].map(([key, value]) => {
      const [action = "", result = ""] = key.split(" ");
      return { labels: { action, result }, value };
    });
  }

  #count(action: string, result: string): void {
    const key = `${action} ${result}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
}
