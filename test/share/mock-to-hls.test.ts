import { execFile, spawnSync } from "node:child_process";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import fastify from "fastify";
import t from "tap";
import { systemClock } from "../../src/kernel/clock.ts";
import { openDatabase } from "../../src/kernel/store/database.ts";
import type { Channel, Playback } from "../../src/protocol/api.ts";
import { sendProblem } from "../../src/http-server/problem.ts";
import { createShare } from "../../src/share/index.ts";
import { createMockSource, createTuners } from "../../src/tuner/index.ts";
import { PROJECT } from "../helpers/captures.ts";
import { mediaPlaylistFaults, multivariantFaults, readMediaPlaylist } from "../helpers/hls-playlists.ts";
import { AT_HOME, FakeGrants, principal, silent } from "./fakes.ts";

const run = promisify(execFile);
const withoutFfprobe = spawnSync("ffprobe", ["-version"]).error === undefined ? false : "ffprobe is not here";

t.test(
  "share: the mock's channels become HLS that ffprobe and our checker accept",
  { timeout: 120_000, skip: withoutFfprobe },
  async (t) => {
    const clock = systemClock;
    const database = openDatabase(":memory:");
    const loopsFolder = join(PROJECT, "src/tuner/drivers/mock/loops");
    const tuners = createTuners({
      sources: [createMockSource({ clock, loopsFolder })],
      clock,
      log: silent,
    });
    const share = createShare({
      tuners,
      database,
      clock,
      log: silent,
      grants: new FakeGrants(),
      options: { probe: false },
    });
    const app = fastify({ routerOptions: { maxParamLength: 512 } });
    app.decorateRequest("principal", null);
    app.decorateRequest("origin");
    app.addHook("onRequest", async (request) => {
      request.origin = AT_HOME;
      request.principal = principal("phone");
    });
    app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, silent));
    await app.register(share.routes);
    const abort = new AbortController();
    await tuners.start?.(abort.signal);
    share.start();
    await app.listen({ port: 0, host: "127.0.0.1" });
    const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    t.teardown(async () => {
      share.stop();
      abort.abort();
      await tuners.stop?.();
      await app.close();
      database.close();
    });
    const text = async (path: string): Promise<string> => (await fetch(`${origin}${path}`)).text();
    const channels = async (): Promise<Channel[]> => JSON.parse(await text("/api/v1/channels")).channels;

    let list: Channel[] = [];
    for (let i = 0; i < 300 && list.filter((c) => c.kind === "tv").length < 8; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      list = await channels();
    }
    t.ok(list.length >= 8, `${list.length} channels found`);
    t.equal(new Set(list.map(({ number }) => number)).size, list.length);

    // One of each kind is enough here; the acceptance tests play them all.
    const wanted = [
      "晴空综合",
      "晴空戏曲",
      "Harbour Radio",
      "Rivage Découverte",
      "Rivage Régions",
      "Rivage Cinéma",
    ];
    const chosen = list.filter(({ name }) => wanted.includes(name));
    for (const { id, name } of chosen) {
      const answer = await fetch(`${origin}/api/v1/playback`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ channel: id, lowLatency: false }),
      });
      const playback = (await answer.json()) as Playback & { code?: string };
      t.equal(answer.status, 200, `${name}: ${playback.code ?? JSON.stringify(playback.timings)}`);
      if (answer.status !== 200) continue;
      const multivariant = await text(playback.hls);
      t.same(multivariantFaults(multivariant), [], name);
      const base = playback.hls.replace("index.m3u8", "");
      const paths = [...new Set(multivariant.match(/[\w-]+\/[\w-]+\/index\.m3u8/g))];
      let longest = 0;
      for (const path of paths) {
        const first = await text(base + path);
        t.same(mediaPlaylistFaults(first), [], `${name} ${path}`);
        longest = Math.max(longest, readMediaPlaylist(first).segments.length);
      }
      t.ok(longest >= 1);
      const { stdout } = await run(
        "ffprobe",
        [
          "-v",
          "error",
          "-of",
          "json",
          "-show_entries",
          "stream=codec_type,codec_name,width",
          "-i",
          origin + playback.hls,
        ],
        { timeout: 30_000 },
      );
      const streams: { codec_type: string; codec_name: string }[] = JSON.parse(stdout).streams;
      const known = (await channels()).find((c) => c.id === id)?.codecs;
      if (known !== null && known !== undefined) {
        t.equal(
          streams.some((s) => s.codec_type === "video"),
          known.video !== null,
          `${name}: picture`,
        );
        t.equal(
          streams.some((s) => s.codec_type === "audio"),
          known.audio.length > 0,
          `${name}: sound`,
        );
      }
      await fetch(`${origin}/api/v1/playback/${playback.id}`, { method: "DELETE" });
    }
    t.equal(share.live().streams, 0);
    t.equal(share.live().mediaBytes, 0);
  },
);
