import { randomBytes } from "node:crypto";
import { messageOf } from "../../kernel/errors.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import type { DoorMemory, RememberedDoor } from "./door-memory.ts";
import type { DoorLease } from "./door-protocol.ts";
import { NONCE_BYTES } from "./pcp.ts";

/** What is remembered of a door, as it is now; written one after another, and only when it is another. */
export class DoorLedger {
  readonly #memory: DoorMemory;
  readonly #log: LineLog;
  #door: RememberedDoor = { nonce: "", wished: null, externalPort: null, open: null };
  #writing: Promise<void> = Promise.resolve();

  constructor(memory: DoorMemory, log: LineLog) {
    this.#memory = memory;
    this.#log = log;
  }

  async read(): Promise<void> {
    const nonce = randomBytes(NONCE_BYTES).toString("hex");
    this.#door = (await this.#memory.read().catch(() => null)) ?? { ...this.#door, nonce };
  }

  /** Of PCP. */
  get nonce(): Uint8Array {
    return Buffer.from(this.#door.nonce, "hex");
  }

  /** What is open, as far as is known, perhaps since before the last start. */
  get open(): DoorLease | null {
    return this.#door.open;
  }

  /** The port to ask for: the one that was had last for the same wish. */
  portFor(wished: number): number {
    return this.#door.wished === wished ? (this.#door.externalPort ?? wished) : wished;
  }

  opened(lease: DoorLease, wished: number): void {
    this.#write({ ...this.#door, wished, externalPort: lease.externalPort, open: lease });
  }

  closed(): void {
    this.#write({ ...this.#door, open: null });
  }

  /** Resolves when all is written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #write(door: RememberedDoor): void {
    if (JSON.stringify(door) === JSON.stringify(this.#door)) return;
    this.#door = door;
    this.#writing = this.#writing
      .then(() => this.#memory.write(door))
      .catch((error: unknown) => this.#log.warn({ error: messageOf(error) }, "door-not-remembered"));
  }
}
