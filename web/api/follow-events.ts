import type { BoxConnection } from "./connection.ts";
import { backOff, createEventParser, type ServerEvent } from "./events.ts";

/** Milliseconds without a byte after which the event stream counts as dead. */
const SILENCE = 90_000;

/** Who is told what comes, and whether anything does. */
export interface EventsHeard {
  /** The stream is there, at first or again. */
  readonly onOpen: () => void;
  /** The box is heard, an event or not. */
  readonly onHeard: () => void;
  readonly onEvent: (event: ServerEvent) => void;
  /** The stream is not there; told after each try. @param missed milliseconds since it was */
  readonly onAway: (missed: number) => void;
}

/** Keeps the event stream open until aborted, waiting longer after each failure. */
export async function followEvents(
  connection: BoxConnection,
  listener: EventsHeard,
  signal: AbortSignal,
): Promise<void> {
  let heard = Date.now();
  for (let attempt = 0; !signal.aborted; attempt++) {
    let opened = false;
    const told: EventsHeard = {
      ...listener,
      onOpen: () => {
        opened = true;
        listener.onOpen();
      },
    };
    await readEvents(connection, told, signal).catch(() => undefined);
    if (signal.aborted) return;
    if (opened) {
      attempt = 0;
      heard = Date.now();
    }
    listener.onAway(Date.now() - heard);
    await pause(backOff(attempt), signal);
  }
}

async function readEvents(
  connection: BoxConnection,
  { onOpen, onHeard, onEvent }: EventsHeard,
  signal: AbortSignal,
): Promise<void> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  signal.addEventListener("abort", stop);
  let silence = setTimeout(stop, SILENCE);
  try {
    const reader = (await connection.stream("/api/v1/events", abort.signal)).getReader();
    const decoder = new TextDecoder();
    const parse = createEventParser();
    onOpen();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE);
      onHeard();
      for (const event of parse(decoder.decode(value, { stream: true }))) onEvent(event);
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", stop);
    stop();
  }
}

/** Waits, but not when the network just came back or the person just looked. @param delay milliseconds */
export function pause(delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = (): void => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(done, delay);
    window.addEventListener("online", done, { signal: over.signal });
    document.addEventListener("visibilitychange", () => document.hidden || done(), { signal: over.signal });
    signal.addEventListener("abort", done, { signal: over.signal });
  });
}
