import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Tells V8 to prefer a small heap; to be called before the daemon's modules are loaded. The flag acts in a running isolate: no
 * other start of the process is needed.
 *
 * The young generation then stays small instead of growing to 2 x 16 MB, of which an idle daemon gives back what it happens to,
 * and the old one grows by less between two collections: `rss-idle` 155 to 112 MB. `--semi-space-growth-factor=1` beside or
 * instead of it saved nothing more, and cost CPU (four live services: 6.1 against 4.4 % of a core).
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--optimize-for-size");
}

/** One full garbage collection: 25 to 80 ms for the daemon's 25 MB (235 once, on a busy machine); nothing else runs meanwhile. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  // Contexts made before the flag have no `gc`.
  runInNewContext("gc()");
}
