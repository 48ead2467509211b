import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import type { CertificateAuthority, RenewalWindow } from "./ports.ts";

/** After a question that failed, or that the authority has no answer to, ms. RFC 9773 §4.3.3 */
const ASK_AGAIN = 6 * 3600_000;
/** No answer holds for longer, ms: a clock that went back does not put the next question off for ever. */
const LONGEST = 2 * 86_400_000;

export interface RenewalSuggestionDeps {
  readonly authority: CertificateAuthority;
  readonly clock: Clock;
  readonly log: LineLog;
  /** 0 to 1. */
  readonly random: () => number;
}

/** When the authority would like a certificate to be renewed; it may say nothing. @see RFC 9773 §4 */
export class RenewalSuggestion {
  readonly #deps: RenewalSuggestionDeps;
  /** The certificate that it is about. */
  #of: string | null = null;
  #window: RenewalWindow | null = null;
  #chosen: number | null = null;
  #askAt: number | null = null;

  constructor(deps: RenewalSuggestionDeps) {
    this.#deps = deps;
  }

  /** A moment within the window, drawn once for each window, epoch ms; null: nothing is known. @param certificate PEM */
  chosenFor(certificate: string): number | null {
    return this.#of === certificate ? this.#chosen : null;
  }

  /** Asks when it is due. @returns null when it is not */
  ask(certificate: string, signal: AbortSignal): Promise<void> | null {
    const now = this.#deps.clock.now();
    const isNew = this.#of !== certificate;
    if (!isNew && this.#askAt !== null && this.#askAt > now && this.#askAt < now + LONGEST) return null;
    if (isNew) {
      this.#window = null;
      this.#chosen = null;
    }
    this.#of = certificate;
    this.#askAt = now + ASK_AGAIN;
    return this.#asked(certificate, signal);
  }

  async #asked(certificate: string, signal: AbortSignal): Promise<void> {
    const { authority, log, random } = this.#deps;
    try {
      const window = await authority.renewal(certificate, signal);
      if (window === null) return;
      this.#askAt = window.askAgainAt;
      const before = this.#window;
      this.#window = window;
      // The moment that was drawn stays, as long as the window does.
      if (before?.start === window.start && before.end === window.end) return;
      this.#chosen = window.start + random() * (window.end - window.start);
      const suggested = new Date(this.#chosen).toISOString();
      log.info({ suggested, explanation: window.explanation }, "certificate-renewal-suggested");
    } catch (error) {
      if (!signal.aborted) log.warn({ error: messageOf(error) }, "certificate-renewal-unknown");
    }
  }
}
