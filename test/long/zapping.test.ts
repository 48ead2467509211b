import t from "tap";
import { quantileOf, waitsOf } from "../browser/client-waits.ts";
import { skipWithoutBrowser } from "../browser/fake-media.ts";
import { pageMemory } from "../browser/page-memory.ts";
import { zapper } from "../browser/zapping.ts";

const ZAPS = 100;
/** Zaps before the first measure: caches and compiled code are there then. */
const FIRST = 10;

t.test(
  "zapping: what the page holds is flat after a hundred zaps, and the box has heard of each of them",
  { skip: skipWithoutBrowser() },
  async (t) => {
    t.setTimeout(1_200_000);
    const { box, page, zap } = await zapper(t);
    for (let i = 0; i < FIRST; i++) await zap();
    const memory = await pageMemory(page);
    const before = await memory();
    for (let i = 0; i < ZAPS; i++) await zap();
    const after = await memory();
    t.comment(JSON.stringify({ before, after }));
    t.ok(after.nodes < before.nodes + 60, `nodes: ${before.nodes} before, ${after.nodes} after`);
    t.ok(after.listeners < before.listeners + 40, `listeners: ${before.listeners}, ${after.listeners}`);
    t.ok(after.heap < before.heap + 4e6, `heap: ${before.heap} before, ${after.heap} after`);

    await page.goto("about:blank"); // the last one is told as the page goes
    const made = FIRST + ZAPS - 1; // the first channel is no zap
    const { start, zap: zaps } = await waitsOf(box, made);
    t.equal(start.count, 1);
    t.equal(zaps.count, made);
    // The goals for a real phone on a calm machine: 0.8 s and 1.5 s inside a multiplex that is received.
    for (const [name, waits] of Object.entries({ start, zap: zaps }))
      t.comment(
        `${name}: p50 ${quantileOf(waits, 0.5).toFixed(2)} s, p95 ${quantileOf(waits, 0.95).toFixed(2)} s of ${waits.count}`,
      );
  },
);
