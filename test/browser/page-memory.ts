import type { CDPSession, Page } from "playwright-core";

/** What a page holds after all that nobody needs is thrown away. */
export interface PageMemory {
  /** Bytes. */
  readonly heap: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** Measures what a page holds, through the browser's own tools. */
export async function pageMemory(page: Page): Promise<() => Promise<PageMemory>> {
  const tools: CDPSession = await page.context().newCDPSession(page);
  await tools.send("HeapProfiler.enable");
  await tools.send("Performance.enable");
  return async () => {
    for (let turn = 0; turn < 3; turn++) {
      await tools.send("HeapProfiler.collectGarbage");
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const { metrics } = await tools.send("Performance.getMetrics");
    const of = (name: string): number => metrics.find((one) => one.name === name)?.value ?? NaN;
    return { heap: of("JSHeapUsedSize"), nodes: of("Nodes"), listeners: of("JSEventListeners") };
  };
}
