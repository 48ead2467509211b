import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { messageOf } from "../../../kernel/errors.ts";
import type { Command, DeviceFailure, Report, ThreadData } from "./messages.ts";
import { RingReader, shareMemory } from "./packet-ring.ts";

/** As `scripts/build.mjs` names it. */
const FILE = "dvb-thread.js";

/** The built thread lies beside this code or above it: this file is bundled into others. */
function threadFile(): URL {
  let folder = new URL(".", import.meta.url);
  for (;;) {
    const file = new URL(FILE, folder);
    if (existsSync(fileURLToPath(file))) return file;
    const above = new URL("..", folder);
    if (above.href === folder.href) throw new Error(`${FILE} was not built`);
    folder = above;
  }
}

export interface ThreadEvents {
  report(report: Report): void;
  /** The thread ended by itself: what it held is closed. */
  died(failure: DeviceFailure): void;
}

/** The main thread's end of a tuner's thread. It keeps the process alive only while it is {@link TunerThread.busy}. */
export class TunerThread {
  readonly ring: RingReader;
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  #over = false;

  constructor(signalMs: number, events: ThreadEvents) {
    // The ring is used while packets come; untouched pages of it take no memory.
    const memory = shareMemory();
    this.ring = new RingReader(memory);
    this.#events = events;
    const data: ThreadData = { memory, signalMs };
    this.#worker = new Worker(threadFile(), {
      workerData: data,
      // It handles bytes, which are not on this heap.
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 },
    });
    this.#worker.unref();
    this.#worker.on("message", (report: Report) => {
      if (!this.#over) this.#events.report(report);
    });
    this.#worker.on("error", (error) => this.#died(messageOf(error)));
    this.#worker.on("exit", (code) => this.#died(`code ${code}`));
  }

  post(command: Command): void {
    if (this.#over) return;
    this.#worker.postMessage(command);
    this.ring.announce();
  }

  /** Whether the process must live on for it. */
  busy(busy: boolean): void {
    if (busy) this.#worker.ref();
    else this.#worker.unref();
  }

  /**
   * Lets it close what it holds and end; nothing more is heard of it. A thread that is stuck in a driver cannot be ended: it tidies
   * up when it comes back.
   */
  end(): Promise<void> {
    if (this.#over) return Promise.resolve();
    const ended = new Promise<void>((resolve) => this.#worker.once("exit", () => resolve()));
    this.post({ kind: "end" });
    this.#over = true;
    this.#worker.unref();
    return ended;
  }

  #died(why: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.died({
      code: "device-gone",
      message: `The thread of a DVB tuner ended (${why}): try again.`,
    });
  }
}
