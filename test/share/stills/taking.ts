import { openDatabase } from "../../../src/kernel/store/database.ts";
import { ticks } from "../../../src/kernel/units.ts";
import { ChannelList } from "../../../src/share/channels/channel-list.ts";
import { createChannelStore } from "../../../src/share/channels/channel-store.ts";
import type { MediaSink } from "../../../src/share/live/media-source.ts";
import { SHARE_MIGRATIONS } from "../../../src/share/schema.ts";
import { StillStore } from "../../../src/share/stills/still-store.ts";
import { StillTaker } from "../../../src/share/stills/still-taker.ts";
import { made, type CodedPicture, type Made } from "../../../src/share/stills/still.ts";
import type { Service } from "../../../src/tuner/ports.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { audioTrack, FakeSource, FakeTuners, service, silent, videoTrack } from "../fakes.ts";

/** Of a service of the fakes. */
export const keyOf = (id: number): string => `1.10.${id}`;

/** A source that hands out what was received before it was asked, when it starts. */
export class Replaying extends FakeSource {
  readonly replay: readonly string[];
  /** Of the request: the tuner is let go when it fires. */
  signal: AbortSignal | null = null;

  constructor(of: Service, weight: string, replay: readonly string[]) {
    super(of, weight);
    this.replay = replay;
  }

  override start(sink: MediaSink, signal?: AbortSignal): ReturnType<FakeSource["start"]> {
    const started = super.start(sink);
    this.signal = signal ?? null;
    if (this.replay.length > 0) sink.tracks([audioTrack(), videoTrack()]);
    for (const picture of this.replay) this.unit(picture);
    return started;
  }

  /** `K...`: a picture that can be decoded alone. */
  unit(picture: string, track = 100): void {
    const data = Buffer.from(picture);
    const randomAccess = picture.startsWith("K");
    this.sink?.accessUnit({ track, pts: ticks(0), dts: ticks(0), randomAccess, idr: true, data });
    data.fill(0);
  }
}

export interface SceneOptions {
  readonly services?: Service[];
  readonly replay?: readonly string[];
  readonly make?: (picture: CodedPicture, signal: AbortSignal) => Promise<Made>;
}

/** A taker among fakes; every service shares a tuner, and every picture comes out as it is. */
export function scene(t: { teardown(fn: () => unknown): unknown }, options: SceneOptions = {}) {
  FakeSource.failWith = null;
  const services = options.services ?? [service(1)];
  const database = openDatabase(":memory:");
  database.migrate("share", SHARE_MIGRATIONS);
  const clock = new FakeClock();
  const tuners = new FakeTuners(services);
  for (const { key } of services) tuners.states.set(keyOf(key.serviceId), "shares-tuner");
  const channels = new ChannelList({ tuners, store: createChannelStore(database), clock, log: silent });
  channels.start();
  const store = new StillStore({ clock });
  const sources: Replaying[] = [];
  const made: CodedPicture[] = [];
  const state = { busy: false, received: new Set(["mock-1"]) };
  const taker = new StillTaker({
    channels,
    store,
    clock,
    log: silent,
    busy: () => state.busy,
    received: () => state.received,
    createSource: (of, weight) => {
      const source = new Replaying(of, weight, options.replay ?? ["K1", "x", "K2", "x"]);
      sources.push(source);
      return source;
    },
    makeStill: (picture, signal) => {
      made.push(picture);
      return options.make?.(picture, signal) ?? Promise.resolve(still(picture.data));
    },
  });
  t.teardown(async () => {
    await taker.stop();
    channels.stop();
    database.close();
  });
  const idOf = (serviceId: number): string =>
    channels.all().find(({ key }) => key.serviceId === serviceId)?.id ?? "";
  const taken = (): number[] => sources.map((source) => source.service.key.serviceId);
  return { clock, tuners, channels, store, sources, made, state, taker, idOf, taken };
}

/** One that was made. */
export const still = (body: Buffer): Made => made({ type: "image/jpeg", body });
