import { open } from "node:fs/promises";
import type { Clock } from "../../../kernel/clock.ts";
import { messageOf, systemCode, TellyportError } from "../../../kernel/errors.ts";
import type { Multiplex, PacketSink, Signal, TunerDriver } from "../../ports.ts";
import { FilePlayer, type Playable } from "./file-player.ts";

/** A tuner that receives files: any of them, one at a time, locked at once. */
export class FileTuner implements TunerDriver {
  readonly id: string;
  readonly name: string;
  readonly #clock: Clock;
  readonly #files: ReadonlyMap<string, Playable>;
  #player: FilePlayer | null = null;

  /** @param files what is playable, by path */
  constructor(id: string, name: string, files: ReadonlyMap<string, Playable>, clock: Clock) {
    this.id = id;
    this.name = name;
    this.#files = files;
    this.#clock = clock;
  }

  accepts(multiplex: Multiplex): boolean {
    return multiplex.delivery.system === "file" && this.#files.has(multiplex.delivery.path);
  }

  async tune(multiplex: Multiplex, sink: PacketSink, signal: AbortSignal): Promise<void> {
    await this.close();
    const { delivery } = multiplex;
    const playable = delivery.system === "file" ? this.#files.get(delivery.path) : undefined;
    if (delivery.system !== "file" || playable === undefined)
      throw new TellyportError("unsupported", `${this.name} plays its own files only, not ${multiplex.id}.`);
    const file = await open(delivery.path, "r").catch((error: unknown) => {
      const gone = systemCode(error) === "ENOENT";
      throw new TellyportError(
        "device-gone",
        gone
          ? `The file of ${multiplex.id} is gone: put it back.`
          : `The file of ${multiplex.id} cannot be read.`,
        { cause: error },
      );
    });
    if (signal.aborted) {
      await file.close();
      throw new TellyportError("request-cancelled", `Tuning to ${multiplex.id} was cancelled.`, {
        cause: messageOf(signal.reason),
      });
    }
    this.#player = new FilePlayer(file, playable, sink, this.#clock);
  }

  filter(): void {
    // A file has no filter: everything is delivered.
  }

  signal(): Signal {
    return { locked: this.#player !== null, strength: null, cnr: null };
  }

  async close(): Promise<void> {
    const player = this.#player;
    this.#player = null;
    await player?.stop();
  }
}
