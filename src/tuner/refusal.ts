import { TellyportError, type ErrorCode } from "../kernel/errors.ts";
import type { Decision } from "./arbiter.ts";
import { serviceKeyText, type Service } from "./ports.ts";

/** A device that failed is left alone for so long; ms. */
export const REST_MS = 10_000;

/** Why no tuner was granted, in words and with a way on: when to ask again, and which services could be had at once. */
export function refusal(
  decision: Extract<Decision, { kind: "refuse" }>,
  broken: ErrorCode | null,
  services: readonly Service[],
): TellyportError {
  switch (decision.reason) {
    case "no-tuner":
      return new TellyportError("unsupported", "No tuner of this box can receive this multiplex.");
    case "device-gone":
      return new TellyportError(
        broken ?? "device-gone",
        "The tuner does not answer: check that it is plugged in.",
        { retryAfterMs: REST_MS },
      );
    case "busy": {
      const running = new Set(decision.running);
      const free = services.filter((service) => service.onAir && running.has(service.multiplex.id));
      return new TellyportError(
        "no-tuner-free",
        "Every tuner is in use: choose a channel that is being received, or try again later.",
        { retryAfterMs: REST_MS, detail: { free: free.map((service) => serviceKeyText(service.key)) } },
      );
    }
  }
}
