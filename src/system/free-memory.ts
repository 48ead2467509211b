import { readFileSync } from "node:fs";
import { freemem } from "node:os";

/** Bytes that the machine could give: what is free, and what it would give back. */
export function availableMemory(): number {
  try {
    return memoryAvailable(readFileSync("/proc/meminfo", "utf8")) ?? freemem();
  } catch {
    return freemem();
  }
}

/** `MemAvailable` of /proc/meminfo, bytes; null: it is not there. @see proc_meminfo(5) */
export function memoryAvailable(text: string): number | null {
  const match = /^MemAvailable:\s+(\d+) kB$/m.exec(text);
  return match === null ? null : Number(match[1]) * 1024;
}
