import { readdirSync } from "node:fs";
import t from "tap";
import { readMediaPlaylist } from "../../../helpers/hls-playlists.ts";
import { FakeBytes, house, PHONE, playing, service } from "../../fakes.ts";
import { MB, temporaryFolder } from "./disks.ts";

t.test(
  "time-shift: a viewer who pauses goes on from disk, and is told when the window has gone on",
  async (t) => {
    const directory = temporaryFolder(t);
    const h = await house(t, [service(1)], {
      mediaBudgetBytes: 4 * MB,
      timeShiftSeconds: 120,
      timeShiftDirectory: directory,
      timeShiftDiskBytes: 64 * MB,
    });
    const { id, playlist, base } = await playing(h);
    let made = 0;
    const run = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const fill = ++made;
        h.packagers[0]?.cut({ data: () => new FakeBytes([Buffer.alloc(MB / 4, fill)]) });
        h.clock.advance(2000);
        if (i % 5 === 0)
          await h.app.inject({ method: "POST", url: `/api/v1/playback/${id}/renew`, headers: PHONE });
        // The disk has time, as it would between two segments.
        const before = h.share.live().timeShiftBytes;
        for (let wait = 0; wait < 25 && h.share.live().timeShiftBytes < before + MB / 2; wait++)
          await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    await run(50);
    const { segments } = readMediaPlaylist((await h.app.inject(playlist)).body);
    t.equal(segments.length, 50, "4 MB of memory, 25 MB of segments");
    const paused = await h.app.inject(`${base}3.m4s`);
    t.equal(paused.statusCode, 200);
    t.ok(paused.rawPayload.equals(Buffer.alloc(MB / 4, 3)));
    t.match(paused.headers, { "content-type": "video/mp4", "cache-control": /immutable/ });
    const range = await h.app.inject({ url: `${base}4.m4s`, headers: { range: "bytes=10-19" } });
    t.equal(range.statusCode, 206);
    t.ok(range.rawPayload.equals(Buffer.alloc(10, 4)));
    t.ok(h.share.live().timeShiftBytes > 20 * MB);
    await run(110);
    const gone = await h.app.inject(`${base}3.m4s`);
    t.equal(gone.statusCode, 410);
    t.equal(gone.json().code, "segment-gone");
    for (const { uri } of readMediaPlaylist((await h.app.inject(playlist)).body).segments)
      if ((await h.app.inject(`${base}${uri}`)).statusCode !== 200) t.fail(`${uri} is listed and not there`);
    await h.share.stop();
    t.same(readdirSync(directory), [], "the files go with the box");
  },
);
