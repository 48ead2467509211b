import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino, type Logger } from "pino";
import { MediaBudget } from "../../../../src/share/live/hls/media-budget.ts";
import { SegmentStore } from "../../../../src/share/live/hls/segment-store.ts";
import {
  extentFolder,
  type ExtentFile,
  type ExtentFolder,
} from "../../../../src/share/live/timeshift/extent-folder.ts";
import type { ShiftedBytes } from "../../../../src/share/live/timeshift/extent.ts";
import { TimeShiftDisk } from "../../../../src/share/live/timeshift/time-shift-disk.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { audioTrack, FakeBytes, rendition, segment, videoTrack } from "../../fakes.ts";

export const MB = 1024 * 1024;
type Operation = "clear" | "create" | "write" | "read" | "remove";

/** A real folder whose disk can be slow, and fail as the test says. */
export class TestFolder implements ExtentFolder {
  readonly #real: ExtentFolder;
  readonly #faults = new Map<Operation, string>();
  /** Operations under way. */
  busy = 0;
  /** What reads and writes wait for. */
  hold: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.#real = extentFolder(directory);
  }

  /** @param code null: it works again */
  fail(operation: Operation, code: string | null): void {
    if (code === null) this.#faults.delete(operation);
    else this.#faults.set(operation, code);
  }

  clear(): Promise<number> {
    return this.#do("clear", () => this.#real.clear());
  }

  create(): Promise<ExtentFile> {
    return this.#do("create", async () => {
      const file = await this.#real.create();
      return {
        write: (buffers, position) =>
          this.#do("write", async () => {
            await this.hold;
            await file.write(buffers, position);
          }),
        read: (into, position) =>
          this.#do("read", async () => {
            await this.hold;
            await file.read(into, position);
          }),
        remove: () => this.#do("remove", () => file.remove()),
      };
    });
  }

  /** What fails does so after it did something, as a disk that is full after half of a segment; but nothing comes to be. */
  async #do<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    const failed = (): boolean => this.#faults.has(operation);
    const fault = (): Error => {
      const code = this.#faults.get(operation);
      return Object.assign(new Error(`injected ${code}`), { code });
    };
    this.busy++;
    try {
      if (failed() && (operation === "create" || operation === "clear")) throw fault();
      const done = await work();
      if (failed() && operation !== "create") throw fault();
      return done;
    } finally {
      this.busy--;
    }
  }

  async idle(): Promise<void> {
    for (let calm = 0; calm < 4;) {
      await new Promise((resolve) => setImmediate(resolve));
      calm = this.busy === 0 ? calm + 1 : 0;
    }
  }
}

export interface Rig {
  readonly directory: string;
  readonly folder: TestFolder;
  readonly disk: TimeShiftDisk;
  readonly budget: MediaBudget;
  readonly clock: FakeClock;
  readonly store: SegmentStore;
  /** Names of the lines that were logged. */
  readonly logged: string[];
  /** Bytes in the folder. */
  onDisk(): number;
}

export function temporaryFolder(t: { teardown(fn: () => unknown): unknown }): string {
  const directory = mkdtempSync(join(tmpdir(), "timeshift-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** One stream of picture and sound over a real folder. */
export async function rig(
  t: { teardown(fn: () => unknown): unknown },
  options: { memory?: number; limit?: number; window?: number; directory?: string } = {},
): Promise<Rig> {
  const directory = options.directory ?? temporaryFolder(t);
  const folder = new TestFolder(directory);
  const clock = new FakeClock();
  const logged: string[] = [];
  const budget = new MediaBudget(options.memory ?? 4 * MB);
  const disk = new TimeShiftDisk({ folder, limit: options.limit ?? 64 * MB, clock, log: logTo(logged) });
  await disk.start();
  const store = storeOn({ budget, clock, disk, window: options.window ?? 3600 });
  t.teardown(async () => {
    store.close();
    await disk.stop();
  });
  return { directory, folder, disk, budget, clock, store, logged, onDisk: () => bytesIn(directory) };
}

export function storeOn(options: {
  budget: MediaBudget;
  clock: FakeClock;
  disk: TimeShiftDisk;
  window: number;
}): SegmentStore {
  const store = new SegmentStore({ ...options, history: null });
  store.setRenditions([rendition("v0", videoTrack()), rendition("a0", audioTrack())]);
  return store;
}

function logTo(lines: string[]): Logger {
  return pino({ level: "info" }, { write: (line: string) => lines.push(String(JSON.parse(line).msg)) });
}

export function bytesIn(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

/** Bytes that no other segment has. */
export function content(of: string, sequence: number, length: number): Buffer {
  const mark = Buffer.from(`${of}/${sequence};`);
  return Buffer.alloc(length, mark);
}

/** The next segment of both renditions, 2 s. */
export function add(store: SegmentStore, sequence: number, video: number, audio = 4096): FakeBytes[] {
  const made: FakeBytes[] = [];
  for (const [of, length] of [
    ["v0", video],
    ["a0", audio],
  ] as const) {
    const bytes = content(of, sequence, length);
    const middle = Math.floor(length / 2);
    const data = new FakeBytes([bytes.subarray(0, middle), bytes.subarray(middle)]);
    made.push(data);
    store.add(segment(of, sequence, { data }));
  }
  return made;
}

/** All bytes of a segment, wherever they are. @throws TellyportError as the store */
export async function fetch(store: SegmentStore, of: string, sequence: number): Promise<Buffer> {
  const shifted = store.shifted(of, sequence);
  return shifted === null
    ? Buffer.concat(store.segment(of, sequence).data.buffers)
    : readAll(shifted.disk, 0, shifted.length);
}

export async function readAll(bytes: ShiftedBytes, from: number, to: number): Promise<Buffer> {
  const reader = bytes.reader(from, to);
  try {
    const pieces: Buffer[] = [];
    for (let piece = await reader.next(); piece !== null; piece = await reader.next())
      pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  } finally {
    reader.close();
  }
}
