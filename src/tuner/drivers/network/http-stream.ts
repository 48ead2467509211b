import type { Clock } from "../../../kernel/clock.ts";
import type { FetchAnswer } from "../../../kernel/safe-fetch/index.ts";
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
  readonly #answer: FetchAnswer;
  readonly #sink: PacketSink;
  readonly #clock: Clock;
  readonly #name: string;
  #stopped = false;

  /** @param name whose stream it is, for people */
  constructor(answer: FetchAnswer, sink: PacketSink, clock: Clock, name: string) {
    this.#answer = answer;
    this.#sink = sink;
    this.#clock = clock;
    this.#name = name;
    // Whoever tunes is to know it before the first packets come.
    setImmediate(() => void this.#receive());
  }

  stop(): void {
    this.#stopped = true;
    this.#answer.cancel();
  }

  /** Rejects only with a fault of ours, in whoever takes the packets. */
  async #receive(): Promise<void> {
    const pieces = this.#answer.body[Symbol.asyncIterator]();
    const aligner = new TsAligner(this.#sink);
    for (;;) {
      const next = await pieces.next().catch(() => null);
      if (this.#stopped) return;
      if (next === null) return this.#fail("no-data", `The connection to ${this.#name} broke.`);
      if (next.done === true) return this.#fail("no-data", `The stream of ${this.#name} came to its end.`);
      aligner.push(asBuffer(next.value), this.#clock.monotonic());
      if (!aligner.found && aligner.skipped > SEARCHED)
        return this.#fail(
          "unsupported",
          `${this.#name} sends no MPEG transport stream: use an address that does.`,
        );
    }
  }

  #fail(code: "no-data" | "unsupported", message: string): void {
    this.stop();
    this.#sink.failed(code, message);
  }
}

/** The same bytes, not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
