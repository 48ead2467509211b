import t from "tap";
import { skipWithoutBrowser } from "../browser/fake-media.ts";
import { pageMemory } from "../browser/page-memory.ts";
import { zapper } from "../browser/zapping.ts";

const ZAPS = 100;
/** Zaps before the first measure: caches and compiled code are there then. */
const FIRST = 10;

t.test(
  "zapping: what the page holds is flat after a hundred zaps",
  { skip: skipWithoutBrowser() },
  async (t) => {
    t.setTimeout(1_200_000);
    const { page, zap } = await zapper(t);
    for (let i = 0; i < FIRST; i++) await zap();
    const memory = await pageMemory(page);
    const before = await memory();
    for (let i = 0; i < ZAPS; i++) await zap();
    const after = await memory();
    t.comment(JSON.stringify({ before, after }));
    t.ok(after.nodes < before.nodes + 60, `nodes: ${before.nodes} before, ${after.nodes} after`);
    t.ok(after.listeners < before.listeners + 40, `listeners: ${before.listeners}, ${after.listeners}`);
    t.ok(after.heap < before.heap + 4e6, `heap: ${before.heap} before, ${after.heap} after`);
  },
);
