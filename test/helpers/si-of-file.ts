import { readFileSync } from "node:fs";
import { SectionAssembler } from "../../src/tuner/mpegts/section-assembler.ts";

const PACKET = 188;

/** What a walk over a capture found: every whole section by PID, in the order of the file. */
export interface SiOfFile {
  /** Copies. */
  readonly sections: ReadonlyMap<number, readonly Buffer[]>;
  /** Sections thrown away, by reason. */
  readonly errors: Readonly<Record<"crc" | "length" | "lost", number>>;
}

/**
 * Reads the sections of some PIDs of a capture of 188-byte packets (or of `packetLength`, with a time stamp before each).
 * A plain reading of ISO/IEC 13818-1 §2.4.3, apart from the demultiplexer that the project has, to be its judge.
 */
export function siOfFile(path: string, pids: (pid: number) => boolean, packetLength = PACKET): SiOfFile {
  const file = readFileSync(path);
  const sections = new Map<number, Buffer[]>();
  const errors = { crc: 0, length: 0, lost: 0 };
  const assemblers = new Map<number, SectionAssembler>();
  const counters = new Map<number, number>();
  for (let at = packetLength - PACKET; at + PACKET <= file.length; at += packetLength) {
    if (file.readUInt8(at) !== 0x47) throw new Error(`no sync byte at ${at} of ${path}`);
    const flagsAndPid = file.readUInt16BE(at + 1);
    const pid = flagsAndPid & 0x1fff;
    const control = file.readUInt8(at + 3);
    // Broken packets, scrambled ones, and those without payload.
    if ((flagsAndPid & 0x8000) !== 0 || (control & 0xc0) !== 0 || (control & 0x10) === 0 || !pids(pid))
      continue;
    let assembler = assemblers.get(pid);
    if (assembler === undefined) {
      const found: Buffer[] = [];
      sections.set(pid, found);
      assembler = new SectionAssembler(
        (section) => found.push(Buffer.from(section)),
        (reason) => errors[reason]++,
      );
      assemblers.set(pid, assembler);
    }
    const counter = control & 0x0f;
    const before = counters.get(pid);
    counters.set(pid, counter);
    if (before === counter) continue;
    if (before !== undefined && counter !== ((before + 1) & 0x0f)) assembler.reset();
    const start = at + 4 + ((control & 0x20) === 0 ? 0 : 1 + file.readUInt8(at + 4));
    if (start < at + PACKET) assembler.push(file, start, at + PACKET, (flagsAndPid & 0x4000) !== 0);
  }
  return { sections, errors };
}
