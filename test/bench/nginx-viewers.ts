import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skipWithoutProgram } from "../helpers/programs.ts";
import type { Teardown } from "../helpers/temporary.ts";
import { note } from "./figure.ts";
import { cpuSecondsOf } from "./memory.ts";
import { startNginx, type Nginx } from "./nginx.ts";

/** What a viewer of 6.4 Mb/s with sound asks for in a second, bytes: two playlists, a segment of each rendition. */
const A_SECOND = { "/v0.m3u8": 5000, "/a0.m3u8": 5000, "/v0.m4s": 800_000, "/a0.m4s": 16_000 } as const;
const SECONDS = 20;

/**
 * So many viewers fetch from nginx what they fetch from the daemon, as often and with the same client.
 * @returns share of a core that each costs nginx; null without nginx
 */
export async function asManyViewersOfNginx(t: Teardown, viewers: number): Promise<number | null> {
  const missing = skipWithoutProgram("nginx");
  if (missing !== false) {
    note(`viewer-cpu-ratio is left out, it has no peer: ${missing}`);
    return null;
  }
  const folder = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "tellyport-nginx-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const root = join(folder, "files");
  await mkdir(root);
  for (const [path, size] of Object.entries(A_SECOND))
    await writeFile(join(root, path), Buffer.alloc(size, 7));
  const nginx = await startNginx(t, folder, root);
  const from = cpuSecondsOf(nginx.pid);
  const at = performance.now();
  await Promise.all(Array.from({ length: viewers }, () => watch(nginx)));
  return (cpuSecondsOf(nginx.pid) - from) / ((performance.now() - at) / 1000) / viewers;
}

async function watch(nginx: Nginx): Promise<void> {
  for (let second = 0; second < SECONDS; second++) {
    const from = performance.now();
    for (const path of Object.keys(A_SECOND)) {
      const response = await fetch(`http://127.0.0.1:${nginx.port}${nginx.link(path)}`);
      const { byteLength } = await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`nginx: ${response.status}, ${byteLength} bytes`);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1000 - (performance.now() - from))));
  }
}
