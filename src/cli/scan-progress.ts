import type { ScanProgress } from "../protocol/api.ts";
import { clockOf, type Io } from "./io.ts";
import { scanLine } from "./scan-report.ts";
import { fit, printable } from "./text.ts";

/** Where no line can be written over, one comes so often; ms. */
const LINE_EVERY_MS = 10_000;
/** A guess of the rest is made of so much at least. */
const GUESS = { percent: 5, ms: 5000 } as const;

export interface ScanShow {
  readonly tell: (progress: ScanProgress) => void;
  readonly end: () => void;
}

/** How far the scan is: a line that is written over on a terminal, a line now and then elsewhere, lines of JSON for programs. */
export function scanProgress(io: Io, json: boolean): ScanShow {
  const clock = clockOf(io);
  const from = clock.monotonic();
  let last = "";
  let shown = false;
  let wroteAt = -Infinity;
  let waited = false;
  const onTerminal = io.stderr.columns !== undefined;
  const width = (): number => Math.max(20, (io.stderr.columns ?? 80) - 1);

  const tellJson = ({
    percent,
    done,
    total,
    found,
    current,
    places,
    waiting,
    signal,
  }: ScanProgress): void => {
    const text = JSON.stringify({ percent, done, total, found, current, places, waiting, signal });
    if (text === last) return;
    last = text;
    io.stdout.write(`${text}\n`);
  };
  const tell = (progress: ScanProgress): void => {
    if (progress.state !== "running") return;
    if (json) return tellJson(progress);
    const now = clock.monotonic();
    const text = printable(scanLine(progress, leftMs(progress.percent, now - from)));
    if (onTerminal) {
      if (text === last) return;
      shown = true;
      io.stderr.write(`\r${fit(text, width())}`);
    } else {
      const news = (progress.waiting === true) !== waited;
      if (text === last || (now - wroteAt < LINE_EVERY_MS && !news)) return;
      io.stderr.write(`${text}\n`);
    }
    last = text;
    wroteAt = now;
    waited = progress.waiting === true;
  };
  const end = (): void => {
    if (shown) io.stderr.write(`\r${" ".repeat(width())}\r`);
    shown = false;
  };
  return { tell, end };
}

/** How long it may yet take; null while nobody can say. */
function leftMs(percent: number, elapsedMs: number): number | null {
  if (percent < GUESS.percent || percent >= 100 || elapsedMs < GUESS.ms) return null;
  return (elapsedMs * (100 - percent)) / percent;
}
