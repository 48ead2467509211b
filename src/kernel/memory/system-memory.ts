import { readFile } from "node:fs/promises";
import { idleFileRanges } from "./mappings.ts";

/** What the process can say to the C library and the kernel about its own memory. */
export interface SystemMemory {
  /** Gives freed memory back that malloc(3) keeps. @see malloc_trim(3) */
  trim(): void;
  /**
   * Unmaps pages of program files until they are needed again: of Node's 98 MB the start maps 50, of which a quiet daemon comes
   * to use 17 again and a busy one 25. They stay in the page cache, from where a touch brings 16 at a time back, so the machine
   * has no more free memory than before; but the kernel can now take them without looking for who maps them.
   * @see madvise(2) MADV_DONTNEED
   */
  releaseFilePages(): Promise<void>;
}

const NOTHING: SystemMemory = { trim() {}, releaseFilePages: () => Promise.resolve() };

const M_TRIM_THRESHOLD = -1;
const M_MMAP_THRESHOLD = -3;
/** glibc's own first value. Once set it does not grow with what is freed, up to 32 MB. @see mallopt(3) */
const THRESHOLD_BYTES = 128 * 1024;
const MADV_DONTNEED = 4;

/**
 * Loads the calls, and sets malloc's thresholds once: what it keeps of freed memory then is 10 MB less (`rss-idle`). Where there is
 * no glibc (musl) or no native call, each does nothing.
 */
export async function openSystemMemory(): Promise<SystemMemory> {
  try {
    const { default: koffi } = await import("koffi");
    const libc = koffi.load(null);
    const mallopt = libc.func("int mallopt(int, int)");
    const mallocTrim = libc.func("int malloc_trim(size_t)");
    const madvise = libc.func("int madvise(uintptr_t, size_t, int)");
    mallopt(M_TRIM_THRESHOLD, THRESHOLD_BYTES);
    mallopt(M_MMAP_THRESHOLD, THRESHOLD_BYTES);
    return {
      trim: () => void mallocTrim(0),
      async releaseFilePages() {
        for (const { start, length } of idleFileRanges(await readFile("/proc/self/smaps", "utf8")))
          madvise(start, length, MADV_DONTNEED);
      },
    };
  } catch {
    return NOTHING;
  }
}
