import type { IncomingMessage } from "node:http";
import type { Clock } from "../../../kernel/clock.ts";
import type { PacketSink } from "../../ports.ts";
import { TsAligner } from "./ts-aligner.ts";

/** Bytes in which packets must be found. */
const SEARCHED = 256 * 1024;

/** Something that is received until it is stopped. */
export interface Reception {
  stop(): void;
}

/** A transport stream in the body of an HTTP answer. Its end is the sink's `no-data`. */
export class HttpStream implements Reception {
  readonly #response: IncomingMessage;
  #stopped = false;

  /** @param name whose stream it is, for people */
  constructor(response: IncomingMessage, sink: PacketSink, clock: Clock, name: string) {
    this.#response = response;
    const aligner = new TsAligner(sink);
    const fail = (code: "no-data" | "unsupported", message: string): void => {
      if (this.#stopped) return;
      this.stop();
      sink.failed(code, message);
    };
    response.on("data", (piece: Buffer) => {
      if (this.#stopped) return;
      aligner.push(piece, clock.monotonic());
      if (!aligner.found && aligner.skipped > SEARCHED)
        fail("unsupported", `${name} sends no MPEG transport stream: use an address that does.`);
    });
    response.once("end", () => fail("no-data", `The stream of ${name} came to its end.`));
    response.once("error", () => fail("no-data", `The connection to ${name} broke.`));
    response.once("close", () => fail("no-data", `The connection to ${name} was closed.`));
  }

  stop(): void {
    this.#stopped = true;
    this.#response.destroy();
  }
}
