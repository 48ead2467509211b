/** Names elsewhere: at a provider of dynamic DNS, or on a name server of the owner's own. */

/** What a name shall lead to; null: nothing of that family. */
export interface Addresses {
  readonly ipv4: string | null;
  readonly ipv6: string | null;
}

export interface ProviderResult {
  /**
   * `done`: it says so now; `unchanged`: it said so before; `wait`: worth another try; `stopped`: another try is of no use, or does
   * harm, before the configuration is changed.
   */
  readonly kind: "done" | "unchanged" | "wait" | "stopped";
  /** For the owner; no password, and nothing that a server wrote but a word of the protocol. */
  readonly message: string;
  /** Not before, of `wait`. */
  readonly retryAfterMs?: number;
}

export interface NameProvider {
  /** For the owner, such as `box.example.org at dyn.example`. */
  readonly name: string;
  /** Makes the names say so; does not throw but when the signal is fired. */
  update(addresses: Addresses, signal: AbortSignal): Promise<ProviderResult>;
}

/** How bad each is: of several, the worst is what came of all. */
const ORDER: Record<ProviderResult["kind"], number> = { unchanged: 0, done: 1, wait: 2, stopped: 3 };

/** What came of several updates. @param results one or more */
export function worstOf(results: readonly ProviderResult[]): ProviderResult {
  return results.reduce((worst, one) => (ORDER[one.kind] > ORDER[worst.kind] ? one : worst));
}
