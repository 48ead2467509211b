import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Grants } from "../../src/access-control/grants.ts";
import { AccessKeys } from "../../src/access-control/keys.ts";
import { withShortCut } from "../../src/http-server/short-cut.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { openDatabase } from "../../src/kernel/store/database.ts";
import { createShare, type GrantPort } from "../../src/share/index.ts";
import { createMockSource, createTuners } from "../../src/tuner/index.ts";
import { PROJECT } from "../helpers/captures.ts";
import { serve, silent } from "../share/fakes.ts";

/**
 * A box's media server in which the check of grants can be left out while it runs: the message `checked` or `open` says which.
 * Prints its port and a path of media.
 */

const DAY = 86_400_000;
const state = mkdtempSync(join(tmpdir(), "tellyport-bench-"));
const keys = await AccessKeys.load(state, Date.now(), { token: DAY, grant: DAY });
const grants = new Grants(keys, systemClock, () => Infinity);
let checked = true;
let last = "";
const port: GrantPort = {
  issue(playback, principal, expiresAt) {
    last = playback;
    return grants.issue(playback, principal, expiresAt);
  },
  check: (grant) => (checked ? grants.check(grant) : last),
  end: (playback) => grants.end(playback),
};

const clock = systemClock;
const source = createMockSource({ clock, loopsFolder: join(PROJECT, "src/tuner/drivers/mock/loops") });
const tuners = createTuners({ sources: [source], clock, log: silent });
const options = { probe: false, stills: false };
const database = openDatabase(":memory:");
const share = createShare({ tuners, database, clock, log: silent, grants: port, options });
const app = await serve(share);
await tuners.start?.(new AbortController().signal);
share.start();

// Before anything is waited for: the box's own timers keep no process alive.
const server = createServer(
  withShortCut(
    (request, response) => app.routing(request, response),
    (request, response) => share.answerAtOnce(request, response),
    new Set(),
  ),
);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const headers = { "x-client": "bench:owner" };
let listed: { id: string; scrambled: boolean; kind: string }[] = [];
while (listed.length < 12) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  listed = (await app.inject({ url: "/api/v1/channels", headers })).json().channels;
}
const channel = listed.find(({ scrambled, kind }) => !scrambled && kind === "tv")?.id;
const answer = await app.inject({ method: "POST", url: "/api/v1/playback", headers, payload: { channel } });
const { hls } = answer.json<{ hls: string }>();
const all = (await app.inject(hls)).body;
const playlist = hls.replace("index.m3u8", /^[^#].*$/m.exec(all)?.[0] ?? "");
const media = (await app.inject(playlist)).body;
const path = playlist.replace("index.m3u8", /^#EXT-X-MAP:URI="([^"]+)"/m.exec(media)?.[1] ?? "");

process.on("message", (message) => {
  checked = message === "checked";
  process.send?.("done");
});
process.send?.({ port: (server.address() as AddressInfo).port, path });
