import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { isTellyportError } from "../../../../src/kernel/errors.ts";
import { readMediaPlaylist } from "../../../helpers/hls-playlists.ts";
import type { ShiftedReader } from "../../../../src/share/live/timeshift/extent.ts";
import type { FakeBytes } from "../../fakes.ts";
import { add, content, fetch, MB, rig, storeOn, type Rig } from "./disks.ts";

const LIMIT = 2 * MB;
const AUDIO = 1024;

/** What happens, in whatever order. */
type Step =
  | { readonly do: "add"; readonly stream: 0 | 1; readonly length: number }
  | { readonly do: "wait" }
  | { readonly do: "later"; readonly by: number }
  | { readonly do: "open"; readonly stream: 0 | 1; readonly back: number }
  | { readonly do: "read" | "close"; readonly reader: number }
  | { readonly do: "fail"; readonly operation: Operation; readonly code: string | null };
type Operation = "create" | "write" | "read" | "remove";

const stream = fc.constantFrom<0 | 1>(0, 1);
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record<Step & { do: "add" }>({
      do: fc.constant("add"),
      stream,
      length: fc.integer({ min: 1, max: 90_000 }),
    }),
  },
  { weight: 8, arbitrary: fc.constant<Step>({ do: "wait" }) },
  {
    weight: 1,
    arbitrary: fc.record<Step & { do: "later" }>({
      do: fc.constant("later"),
      by: fc.constantFrom(5_000, 60_000, 600_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<Step & { do: "open" }>({
      do: fc.constant("open"),
      stream,
      back: fc.nat(60),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record<Step & { do: "read" | "close" }>({
      do: fc.constantFrom("read", "close"),
      reader: fc.nat(5),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Step & { do: "fail" }>({
      do: fc.constant("fail"),
      operation: fc.constantFrom<Operation>("create", "write", "read", "remove"),
      code: fc.constantFrom("ENOSPC", "EIO", "EROFS", null, null, null),
    }),
  },
);

interface Reading {
  readonly reader: ShiftedReader;
  readonly expected: Buffer;
  at: number;
}

/** Both streams of a run, and what is known of them. */
class Run {
  readonly rig: Rig;
  readonly stores: readonly [Rig["store"], Rig["store"]];
  readonly lengths: readonly [number[], number[]] = [[], []];
  readonly made: FakeBytes[] = [];
  readonly readings: Reading[] = [];

  constructor(made: Rig) {
    this.rig = made;
    const { budget, clock, disk } = made;
    this.stores = [made.store, storeOn({ budget, clock, disk, window: 60 })];
  }

  async step(step: Step): Promise<void> {
    const { folder, clock } = this.rig;
    if (step.do === "add") {
      this.lengths[step.stream].push(step.length);
      const store = this.stores[step.stream];
      this.made.push(...add(store, this.lengths[step.stream].length, step.length, AUDIO));
      clock.advance(1000);
    } else if (step.do === "wait") await folder.idle();
    else if (step.do === "later") clock.advance(step.by);
    else if (step.do === "fail") folder.fail(step.operation, step.code);
    else if (step.do === "open") this.#open(step.stream, step.back);
    else await this.#use(step.do, step.reader);
  }

  #open(stream: 0 | 1, back: number): void {
    const sequence = this.lengths[stream].length - back;
    const shifted = this.stores[stream].shifted("v0", sequence);
    if (shifted === null) return;
    const expected = content("v0", sequence, shifted.length);
    this.readings.push({ reader: shifted.disk.reader(0, shifted.length), expected, at: 0 });
  }

  async #use(what: "read" | "close", index: number): Promise<void> {
    const reading = this.readings[index];
    if (reading === undefined) return;
    if (what === "close") {
      reading.reader.close();
      this.readings.splice(index, 1);
      return;
    }
    const piece = await orGone(reading.reader.next());
    if (piece === null) return;
    const expected = reading.expected.subarray(reading.at, reading.at + piece.length);
    if (!piece.equals(expected)) throw new Error("a reader got other bytes");
    reading.at += piece.length;
  }

  check(): void {
    const { budget } = this.rig;
    const onDisk = this.rig.onDisk();
    if (onDisk > LIMIT) throw new Error(`${onDisk} bytes on disk`);
    if (budget.used > budget.limit) throw new Error(`${budget.used} bytes in memory`);
    for (const [index, store] of this.stores.entries()) {
      const lists = ["v0", "a0"].map((of) =>
        this.lengths[index === 0 ? 0 : 1].length === 0
          ? []
          : readMediaPlaylist(store.playlist(of).plain.toString()).segments.map(({ sequence }) => sequence),
      );
      if (JSON.stringify(lists[0]) !== JSON.stringify(lists[1])) throw new Error("two windows in one stream");
      for (const n of lists[0] ?? [])
        for (const of of ["v0", "a0"]) if (store.shifted(of, n) === null) store.segment(of, n);
    }
  }

  /** All that is listed is there, and has its own bytes. */
  async checkBytes(): Promise<void> {
    for (const [index, store] of this.stores.entries()) {
      const lengths = this.lengths[index === 0 ? 0 : 1];
      if (lengths.length === 0) continue;
      for (const { sequence } of readMediaPlaylist(store.playlist("v0").plain.toString()).segments) {
        const bytes = await orGone(fetch(store, "v0", sequence));
        if (bytes === null) continue;
        if (!bytes.equals(content("v0", sequence, lengths[sequence - 1] ?? 0)))
          throw new Error(`segment ${sequence} has other bytes`);
      }
    }
  }
}

/** Null when the disk failed meanwhile. */
async function orGone<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (isTellyportError(error) && error.code === "segment-gone") return null;
    throw error;
  }
}

/** Descriptors of files in the folder, removed ones too. */
function descriptors(directory: string): string[] {
  return readdirSync("/proc/self/fd")
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ""; // the one that read the list
      }
    })
    .filter((path) => path.startsWith(directory));
}

t.test(
  "time-shift: whatever happens in whatever order, right bytes, the limits, and nothing is left over",
  { timeout: 120_000 },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "timeshift-"));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    let shiftedRuns = 0;
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 160, size: "max" }), async (steps) => {
        const ends: (() => unknown)[] = [];
        const run = new Run(
          await rig(
            { teardown: (end) => ends.push(end) },
            { directory, memory: MB / 2, limit: LIMIT, window: 120 },
          ),
        );
        for (const one of steps) {
          await run.step(one);
          run.check();
        }
        await run.rig.folder.idle();
        if (run.rig.onDisk() > 0) shiftedRuns++;
        seen = Math.max(seen, descriptors(directory).length);
        await run.checkBytes();
        for (const { reader } of run.readings) reader.close();
        run.stores[1].close();
        for (const operation of ["create", "write", "read", "remove"] as const)
          run.rig.folder.fail(operation, null);
        for (const end of ends) await end();
        await run.rig.folder.idle();
        if (run.made.some(({ references }) => references !== 0)) throw new Error("memory is held");
        if (run.rig.budget.used !== 0 || run.rig.disk.used !== 0) throw new Error("bytes are counted");
        if (readdirSync(directory).length > 0) throw new Error("files are left");
        if (descriptors(directory).length > 0) throw new Error(descriptors(directory).join());
      }),
      { numRuns: 120, interruptAfterTimeLimit: 60_000 },
    );
    t.ok(shiftedRuns > 40, `${shiftedRuns} runs had something on disk`);
    t.ok(seen > 1, "descriptors are seen while they are open");
  },
);
