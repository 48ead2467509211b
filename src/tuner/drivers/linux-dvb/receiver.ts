import { PACKET_BYTES } from "../../mpegts/packet.ts";
import type { TunerFailure } from "../../ports.ts";
import { ERRNO, POLL, STATUS } from "./abi.ts";
import { failureOf } from "./device-failure.ts";
import { check, DeviceError } from "./front-end.ts";
import type { Libc } from "./libc.ts";
import type { Command, Report } from "./messages.ts";
import { PacketAligner } from "./packet-aligner.ts";
import type { RingWriter } from "./packet-ring.ts";
import { closeDevices, openDevices, type OpenDevices } from "./open-devices.ts";
import { SignalMeter } from "./statistics.ts";

/** ms */
const TIMES = {
  /** The lock is asked for so often ... */
  lockPoll: 20,
  /** ... and after so long ... */
  lockFast: 1000,
  /** ... so often. */
  lockPollSlow: 50,
  /** Without a sign of a signal a lock is not waited for longer than this. */
  noSignal: 4000,
  /** With one, this long. */
  noLock: 5500,
  /** Packets are collected so long before they are read: fewer, larger reads. */
  batch: 10,
  /** Without packets, commands are looked for so often. */
  quiet: 40,
  parked: 200,
} as const;

/** Most bytes of one read. */
const READ_BYTES = 1000 * PACKET_BYTES;
/** Reads in a row before commands are looked for. */
const MOST_READS = 12;

type Tune = Extract<Command, { kind: "tune" }>;

type Phase =
  | { readonly kind: "parked" }
  | { readonly kind: "locking"; readonly id: number; readonly since: number; readonly signalSeen: boolean }
  | { readonly kind: "receiving" };

const PARKED: Phase = { kind: "parked" };

export interface ReceiverDeps {
  readonly libc: Libc;
  readonly ring: RingWriter;
  readonly signalMs: number;
  readonly report: (report: Report) => void;
  /** The next command, if there is one. */
  readonly next: () => Command | undefined;
}

/**
 * Holds the devices of one tuner and receives with them, on a thread of its own: everything here may block for as long as a driver
 * likes.
 */
export class Receiver {
  readonly #deps: ReceiverDeps;
  readonly #aligner = new PacketAligner(READ_BYTES);
  readonly #meter = new SignalMeter();
  /** struct pollfd */
  readonly #poll = Buffer.alloc(8);
  #open: OpenDevices | null = null;
  #phase: Phase = PARKED;
  #pids: ReadonlySet<number> | "all" = "all";
  #measured = 0;
  #told = 0;

  constructor(deps: ReceiverDeps) {
    this.#deps = deps;
  }

  /** Does a command; returns once no device is open any more. */
  run(command: Command): void {
    this.#handle(command);
    const { ring, next } = this.#deps;
    while (this.#open !== null) {
      const seen = ring.announced;
      for (let each = next(); each !== undefined; each = next()) this.#handle(each);
      ring.beat();
      if (this.#open !== null) this.#guarded((open) => this.#turn(open, seen));
    }
  }

  #handle(command: Command): void {
    switch (command.kind) {
      case "tune":
        return this.#tune(command);
      case "filter":
        this.#pids = setOf(command.pids);
        if (this.#phase.kind === "receiving") this.#guarded((open) => this.#filter(open));
        return;
      case "cancel":
        if (this.#phase.kind === "locking" && this.#phase.id === command.id) this.#phase = PARKED;
        return;
      case "close":
        this.close();
        return this.#deps.report({ kind: "closed", id: command.id });
      case "end":
        return this.close();
      case "probe":
        return;
    }
  }

  // ---------------------------------------------------------------- devices

  #tune(command: Tune): void {
    this.#phase = PARKED;
    this.#pids = setOf(command.pids);
    this.#deps.report({ kind: "tuning", id: command.id });
    try {
      if (this.#open !== null && this.#open.nodes.frontend !== command.nodes.frontend) this.close();
      const open = (this.#open ??= openDevices(this.#deps.libc, command.nodes));
      this.#poll.writeInt32LE(open.dvr, 0);
      this.#poll.writeInt16LE(POLL.IN, 4);
      open.filters.clear();
      this.#drain(open.dvr);
      this.#aligner.reset();
      for (const step of command.steps) {
        if (step.kind === "wait") this.#deps.ring.sleep(this.#deps.ring.announced, step.ms);
        else open.frontEnd.step(step);
        this.#deps.ring.beat();
      }
      this.#meter.reset();
      this.#phase = { kind: "locking", id: command.id, since: performance.now(), signalSeen: false };
    } catch (error) {
      this.close();
      this.#deps.report({ kind: "failed", ...failureOf(error, command.nodes.adapter) });
    }
  }

  /** Lets go of all devices. */
  close(): void {
    const open = this.#open;
    this.#open = null;
    this.#phase = PARKED;
    if (open === null) return;
    closeDevices(this.#deps.libc, open);
  }

  #guarded(work: (open: OpenDevices) => void): void {
    const open = this.#open;
    if (open === null) return;
    try {
      work(open);
    } catch (error) {
      this.close();
      this.#deps.report({ kind: "failed", ...failureOf(error, open.nodes.adapter) });
    }
  }

  // ---------------------------------------------------------------- turns

  #turn(open: OpenDevices, seen: number): void {
    const { ring } = this.#deps;
    switch (this.#phase.kind) {
      case "parked":
        return ring.sleep(seen, TIMES.parked);
      case "locking":
        return this.#watchLock(open, this.#phase, seen);
      case "receiving":
        this.#receive(open, seen);
        return this.#measure(open);
    }
  }

  #watchLock(open: OpenDevices, phase: Extract<Phase, { kind: "locking" }>, seen: number): void {
    const status = open.frontEnd.status();
    if ((status & STATUS.LOCK) !== 0) return this.#locked(open, phase.id);
    const waited = performance.now() - phase.since;
    const signalSeen = phase.signalSeen || (status & STATUS.SIGNAL) !== 0;
    if (waited > (signalSeen ? TIMES.noLock : TIMES.noSignal)) {
      this.#phase = PARKED;
      const why: TunerFailure = "no-lock";
      const message = signalSeen
        ? "There is a signal, but it is too weak or disturbed to be received: check antenna and cable."
        : "There is no signal on this frequency: check antenna and cable, or scan again.";
      return this.#deps.report({ kind: "failed", code: why, message });
    }
    this.#phase = { ...phase, signalSeen };
    this.#deps.ring.sleep(seen, waited < TIMES.lockFast ? TIMES.lockPoll : TIMES.lockPollSlow);
  }

  #locked(open: OpenDevices, id: number): void {
    this.#drain(open.dvr);
    this.#phase = { kind: "receiving" };
    this.#deps.report({ kind: "locked", id });
    this.#filter(open);
    this.#measured = -Infinity;
    this.#measure(open);
  }

  #filter(open: OpenDevices): void {
    const outcome = open.filters.set(this.#pids);
    if (outcome !== "filtered") this.#deps.report({ kind: "filters", outcome });
  }

  #measure(open: OpenDevices): void {
    const now = performance.now();
    if (now - this.#measured < this.#deps.signalMs) return;
    this.#measured = now;
    this.#deps.report({ kind: "signal", signal: this.#meter.take(open.frontEnd.read()) });
  }

  // ---------------------------------------------------------------- packets

  /**
   * Moves what is there from the device to the ring. A ring that is full is left alone: the kernel's buffer fills, and says so by
   * EOVERFLOW when it has to drop something.
   */
  #receive(open: OpenDevices, seen: number): void {
    const { libc, ring } = this.#deps;
    ring.sleep(seen, TIMES.batch);
    this.#poll.writeInt16LE(0, 6);
    const ready = libc.poll(this.#poll, 1, TIMES.quiet);
    if (ready < 0 && ready !== -ERRNO.EINTR) throw new DeviceError("poll", -ready);
    const events = this.#poll.readInt16LE(6);
    if (events === 0) return;
    const empty = this.#readAll(open);
    this.#tell();
    // POLLERR alone may be an overflow, which the read has told. With nothing to read it is the end.
    if (empty && (events & (POLL.ERR | POLL.HUP | POLL.NVAL)) !== 0)
      throw new DeviceError("poll", ERRNO.ENODEV);
  }

  /** @returns whether there was nothing at all */
  #readAll(open: OpenDevices): boolean {
    const { libc, ring } = this.#deps;
    let empty = true;
    for (let i = 0; i < MOST_READS && ring.room > READ_BYTES / PACKET_BYTES + 8; i++) {
      const count = libc.read(open.dvr, this.#aligner.space(READ_BYTES));
      if (count === -ERRNO.EAGAIN || count === 0) return empty;
      empty = false;
      if (count === -ERRNO.EINTR) continue;
      if (count === -ERRNO.EOVERFLOW) {
        this.#aligner.reset();
        this.#tell();
        this.#deps.report({ kind: "overflow" });
        continue;
      }
      check("read", count);
      this.#aligner.push(count, this.#write, this.#skipped);
      if (count < READ_BYTES) return false;
    }
    return false;
  }

  readonly #write = (bytes: Buffer, from: number, packets: number): void =>
    this.#deps.ring.write(bytes, from, packets);

  readonly #skipped = (): void => {
    this.#tell();
    this.#deps.report({ kind: "sync-loss" });
  };

  #tell(): void {
    const { at } = this.#deps.ring;
    if (at === this.#told) return;
    this.#told = at;
    this.#deps.report(at);
  }

  /** Throws away what came from the multiplex before. */
  #drain(dvr: number): void {
    for (let i = 0; i < 1000; i++) {
      const count = this.#deps.libc.read(dvr, this.#aligner.space(READ_BYTES));
      if (count === -ERRNO.EOVERFLOW || count === -ERRNO.EINTR) continue;
      if (count === -ERRNO.EAGAIN || count === 0) return;
      check("read", count);
    }
  }
}

const setOf = (pids: readonly number[] | "all"): ReadonlySet<number> | "all" =>
  pids === "all" ? "all" : new Set(pids);
