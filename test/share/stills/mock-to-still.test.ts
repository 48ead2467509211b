import { join } from "node:path";
import t from "tap";
import { systemClock } from "../../../src/kernel/clock.ts";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import { ChannelList } from "../../../src/share/channels/channel-list.ts";
import { createChannelStore } from "../../../src/share/channels/channel-store.ts";
import { createServiceSource } from "../../../src/share/live/service-source.ts";
import { spawnFfmpeg } from "../../../src/share/live/transcoding/spawn-ffmpeg.ts";
import { SHARE_MIGRATIONS } from "../../../src/share/schema.ts";
import { receivedNow } from "../../../src/share/stills/received.ts";
import { stillMaker } from "../../../src/share/stills/still-maker.ts";
import { StillStore } from "../../../src/share/stills/still-store.ts";
import { StillTaker } from "../../../src/share/stills/still-taker.ts";
import { createMockSource, createTuners } from "../../../src/tuner/index.ts";
import { PROJECT } from "../../helpers/captures.ts";
import { silent } from "../fakes.ts";
import { skipWithoutFfmpeg } from "../live/packaging/media-tools.ts";

const clock = systemClock;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

t.test(
  "stills of what the tuners receive anyway",
  { timeout: 60_000, skip: skipWithoutFfmpeg() },
  async (t) => {
    const database = openDatabase(":memory:");
    database.migrate("share", SHARE_MIGRATIONS);
    const loopsFolder = join(PROJECT, "src/tuner/drivers/mock/loops");
    const tuners = createTuners({ sources: [createMockSource({ clock, loopsFolder })], clock, log: silent });
    const channels = new ChannelList({ tuners, store: createChannelStore(database), clock, log: silent });
    const store = new StillStore({ clock });
    const runner = spawnFfmpeg({ path: "ffmpeg", clock });
    const times: number[] = [];
    const make = stillMaker({ ffmpeg: () => Promise.resolve(runner), clock });
    const taker = new StillTaker({
      channels,
      store,
      clock,
      log: silent,
      busy: () => false,
      received: () => receivedNow(tuners),
      createSource: (service, weight, consumer) =>
        createServiceSource({ tuners, service: service.key, weight, consumer, clock, log: silent }),
      makeStill: async (picture, signal) => {
        const from = clock.monotonic();
        const made = await make(picture, signal);
        times.push(clock.monotonic() - from);
        return made;
      },
      pauseMs: 50,
      cpuShare: 1,
      retryMs: 2000,
    });
    const abort = new AbortController();
    await tuners.start?.(abort.signal);
    channels.start();
    t.teardown(async () => {
      await taker.stop();
      channels.stop();
      abort.abort();
      await tuners.stop?.();
      database.close();
    });
    const tv = () => channels.all().filter(({ kind, scrambled }) => kind === "tv" && !scrambled);
    // The first survey is over when nobody has used a tuner for a while.
    for (let turn = 0, quiet = 0; turn < 300 && (tv().length < 8 || quiet < 5); turn++) {
      await pause(100);
      quiet = tuners.snapshot().some(({ consumers }) => consumers.length > 0) ? 0 : quiet + 1;
    }
    const [watched] = tv();
    if (watched === undefined) throw new Error("the mock sends nothing");
    const neighbours = tv().filter(({ multiplex }) => multiplex === watched.multiplex);

    /** Multiplexes that were tuned to for a picture: nothing had them the moment before. */
    const alone = new Set<string | null>();
    const isOurs = (consumer: string): boolean => consumer === "taking a picture";
    let before: ReadonlySet<string | null> | null = null;
    let lookedAt = clock.monotonic();
    const look = setInterval(() => {
      const now = tuners.snapshot();
      // When the machine stood still, the moment before was too long ago to tell.
      const isNext = clock.monotonic() - lookedAt < 40;
      for (const { multiplex, consumers } of now)
        if (isNext && before?.has(multiplex) === false && consumers.length > 0 && consumers.every(isOurs))
          alone.add(multiplex);
      before = new Set(now.map(({ multiplex }) => multiplex));
      lookedAt = clock.monotonic();
    }, 10);
    t.teardown(() => clearInterval(look));
    taker.start();
    await pause(500);
    t.equal(alone.size, 0, "nobody watches: nothing is tuned for a picture");

    const viewer = await tuners.subscribe({
      service: watched.key,
      weight: "viewer",
      consumer: "somebody",
      sink: {
        streams: () => undefined,
        pes: () => undefined,
        pcr: () => undefined,
        scrambling: () => undefined,
        ended: () => undefined,
      },
    });
    const taken = () => neighbours.filter(({ id }) => store.get(id));
    for (let turn = 0; turn < 200 && taken().length < neighbours.length; turn++) await pause(100);
    t.same(
      taken().map(({ name }) => name),
      neighbours.map(({ name }) => name),
      "every channel of the multiplex that is watched",
    );
    t.same([...alone], [], "no tuner ever began to receive for a picture alone");
    for (const { id, name } of taken()) t.comment(`${name}: ${store.get(id)?.body.length} bytes`);
    t.comment(`${times.map(Math.round).join(", ")} ms`);
    viewer.close();
    // It may be looking for a picture just now, which it does for a second and a half at most.
    const held = (): boolean => tuners.snapshot().some(({ consumers }) => consumers.some(isOurs));
    for (let turn = 0; turn < 30 && held(); turn++) await pause(100);
    t.notOk(held(), "and nothing is held for long when the viewer goes");
  },
);
