import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Box } from "../../../src/protocol/api.ts";
import { backOff } from "../../api/events.ts";
import { UNREACHABLE, asProblem } from "../../api/problem.ts";
import * as app from "../../app.ts";
import { connection } from "../../here.ts";
import { pause } from "../../api/follow-events.ts";

/** Milliseconds that one question may take. */
const PATIENCE = 8000;
/** A question is shown for so long at least, ms: what only flickers is not seen. */
const SHOWN = 600;

/** Asks the box until it answers, less and less often; at once when the network is back or somebody looks. */
export function useAsking(): { readonly asking: boolean; readonly askNow: () => void } {
  const asking = useSignal(true);
  const sooner = useRef<AbortController | null>(null);
  useEffect(() => {
    const over = new AbortController();
    void ask(over.signal);
    return () => over.abort();
  }, []);

  async function ask(over: AbortSignal): Promise<void> {
    for (let attempt = 0; !over.aborted; attempt++) {
      asking.value = true;
      const [found] = await Promise.all([isThere(over), rest(SHOWN)]);
      if (over.aborted) return;
      if (found) return void app.connect();
      asking.value = false;
      const wait = new AbortController();
      sooner.current = wait;
      const stop = (): void => wait.abort();
      over.addEventListener("abort", stop, { signal: wait.signal });
      await pause(backOff(attempt + 1), wait.signal);
    }
  }

  return { asking: asking.value, askNow: () => sooner.current?.abort() };
}

const rest = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

async function isThere(signal: AbortSignal): Promise<boolean> {
  return connection
    .call<Box>("GET", "/api/v1/box", { open: true, timeoutMs: PATIENCE, signal })
    .then(() => true)
    .catch((error: unknown) => asProblem(error).code !== UNREACHABLE); // whatever it says, it is there
}
