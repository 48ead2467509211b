import { isTellyportError, TellyportError } from "../../../kernel/errors.ts";
import { RtspFailure } from "./rtsp-connection.ts";
import type { Transport } from "./session.ts";
import { TIMES } from "./times.ts";
import { RtspRefusal } from "./verdict.ts";

/** How to try again: after `delayMs`, and with all PIDs, or over the other transport, if that is what was refused. */
export interface NextTry {
  readonly change: "none" | "all-pids" | "other-transport";
  readonly delayMs: number;
}

/** The attempts to begin one session: how often, how far apart, and what their failure is called in the end. */
export class SetupTries {
  readonly #server: { readonly name: string; readonly transport: Transport | "auto" };
  readonly #transports: Set<Transport>;
  readonly #patient: boolean;
  #again = 0;

  /** @param patient nobody there is an answer at first; in mid-stream a server may be starting again */
  constructor(
    server: { readonly name: string; readonly transport: Transport | "auto" },
    transport: Transport,
    patient: boolean,
  ) {
    this.#server = server;
    this.#transports = new Set([transport]);
    this.#patient = patient;
  }

  /**
   * What to do after a failure.
   * @param asked how the try was made
   * @throws TellyportError `device-busy`, `device-gone`, `unsupported` when it is of no use to try again
   */
  after(error: unknown, asked: { readonly transport: Transport; readonly allPids: boolean }): NextTry {
    if (isTellyportError(error)) throw error;
    const { name } = this.#server;
    if (error instanceof RtspFailure) {
      const gone = new TellyportError(
        "device-gone",
        `${name} does not answer: is it on, and in this network?`,
        {
          cause: error,
        },
      );
      if (error.trouble === "refused" && !this.#patient) throw gone;
      return this.#wait(gone);
    }
    if (!(error instanceof RtspRefusal)) throw error;
    const why = error.message;
    const busy = new TellyportError(
      "device-busy",
      `${name} has no free tuner, ${why}: stop another of its viewers.`,
    );
    switch (error.verdict) {
      case "busy":
        throw busy;
      case "settling":
        return this.#wait(busy);
      case "too-many-pids":
        if (asked.allPids) throw busy;
        return { change: "all-pids", delayMs: 0 };
      case "unsupported":
        throw new TellyportError(
          "unsupported",
          `${name} cannot receive this, ${why}: correct the multiplex.`,
        );
      case "other-transport": {
        const other = asked.transport === "udp" ? "tcp" : "udp";
        if (this.#server.transport !== "auto" || this.#transports.has(other))
          throw new TellyportError(
            "unsupported",
            `${name} does not send over ${asked.transport}, ${why}: set tuners.satip.transport to auto.`,
          );
        this.#transports.add(other);
        return { change: "other-transport", delayMs: 0 };
      }
      case "session-lost":
      case "failed":
        return this.#wait(new TellyportError("device-gone", `${name} gives no session, ${why}: restart it.`));
    }
  }

  #wait(failure: TellyportError): NextTry {
    const delayMs = TIMES.backOff[this.#again++];
    if (delayMs === undefined) throw failure;
    return { change: "none", delayMs };
  }
}
