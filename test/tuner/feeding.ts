import { createLog } from "../../src/kernel/log.ts";
import { createTuners, type TunersOptions } from "../../src/tuner/tuners.ts";
import type {
  ElementaryStream,
  Multiplex,
  PesPacket,
  ServiceSink,
  ServiceStreams,
  TunerEvent,
  WeightClass,
} from "../../src/tuner/ports.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { FakeTuner } from "../helpers/fake-tuner.ts";
import { generateCapture } from "./drivers/file/generated-capture.ts";

export const silentLog = createLog({ level: "silent" });

export const multiplex = (index: number): Multiplex => ({
  id: `mux-${index}`,
  delivery: { system: "mock", index },
});

/** One second of each multiplex: services `10·n+1` and `10·n+2`, transport stream `n`. */
const SECONDS = new Map<string, Buffer>();
export function second(index: number): Buffer {
  const id = `mux-${index}`;
  const known = SECONDS.get(id);
  if (known !== undefined) return known;
  const made = generateCapture({
    seconds: 1,
    transportStreamId: index,
    services: [1, 2].map((n) => ({ id: index * 10 + n, name: `Service ${index}.${n}` })),
  });
  SECONDS.set(id, made);
  return made;
}

/** Everything that a consumer was told. */
export class Recorder implements ServiceSink {
  readonly told: ServiceStreams[] = [];
  readonly packets: { pid: number; length: number; damaged: boolean }[] = [];
  readonly scramblings: boolean[] = [];
  pcrs = 0;
  interruptions = 0;
  end: string | null = null;
  detail: Readonly<Record<string, unknown>> | undefined;

  streams(streams: ServiceStreams): void {
    this.told.push(streams);
  }
  pes(packet: PesPacket): void {
    this.packets.push({ pid: packet.pid, length: packet.data.length, damaged: packet.damaged });
  }
  pcr(): void {
    this.pcrs++;
  }
  scrambling(scrambled: boolean): void {
    this.scramblings.push(scrambled);
  }
  interrupted(): void {
    this.interruptions++;
  }
  ended(code: string, _message: string, detail?: Readonly<Record<string, unknown>>): void {
    this.end = code;
    this.detail = detail;
  }
}

/** Tuners over fake drivers, each fed a tenth of a second of its multiplex every tenth of a second. */
export function fakeTuners(options: {
  drivers: number;
  multiplexes: number;
  behaviour?: (multiplex: Multiplex) => "lock" | "silence" | "no-lock" | "device-gone" | "device-busy";
  accepts?: (multiplex: Multiplex) => boolean;
  /** The same for single drivers, by id. */
  acceptsBy?: Readonly<Record<string, (multiplex: Multiplex) => boolean>>;
  options?: TunersOptions;
}) {
  const clock = new FakeClock();
  const drivers = Array.from(
    { length: options.drivers },
    (_, i) =>
      new FakeTuner(`fake-${i}`, clock, {
        ...(options.behaviour !== undefined && { behaviour: options.behaviour }),
        accepts: options.acceptsBy?.[`fake-${i}`] ?? options.accepts ?? (() => true),
      }),
  );
  const multiplexes = Array.from({ length: options.multiplexes }, (_, i) => multiplex(i + 1));
  const events: TunerEvent[] = [];
  const changes = new Set<() => void>();
  const tuners = createTuners({
    sources: [
      {
        drivers,
        multiplexes,
        onChange: (listener) => {
          changes.add(listener);
          return () => changes.delete(listener);
        },
      },
    ],
    clock,
    log: silentLog,
    options: options.options ?? {},
  });
  tuners.on((event) => events.push(event));
  const silent = new Set<FakeTuner>();
  const substitute = new Map<string, Buffer>();
  let step = 0;

  /** Lets time go by; packets come all the while. */
  async function run(ms: number): Promise<void> {
    for (let elapsed = 0; elapsed < ms; elapsed += 100) {
      for (const driver of drivers) {
        if (driver.multiplex === null || silent.has(driver)) continue;
        const whole = substitute.get(driver.multiplex.id) ?? second(Number(driver.multiplex.id.slice(4)));
        const packets = whole.length / 188;
        const from = Math.floor((packets * (step % 10)) / 10);
        const to = Math.floor((packets * ((step % 10) + 1)) / 10);
        driver.feed(whole.subarray(from * 188, to * 188));
      }
      step++;
      await clock.advanceAsync(100, 50);
    }
  }

  /** Lets time go by until a promise settles. */
  async function settle<T>(promise: Promise<T>, limit = 60_000): Promise<T> {
    let done = false;
    const finished = (): void => void (done = true);
    promise.then(finished, finished);
    for (let elapsed = 0; !done && elapsed < limit; elapsed += 100) await run(100);
    return await promise;
  }

  const subscribe = (
    serviceId: number,
    sink: ServiceSink,
    rest: {
      weight?: WeightClass;
      signal?: AbortSignal;
      select?: (s: ElementaryStream) => boolean;
    } = {},
  ) => {
    const { weight = "viewer", ...more } = rest;
    return settle(
      tuners.subscribe({
        service: { originalNetworkId: 99, transportStreamId: Math.floor(serviceId / 10), serviceId },
        weight,
        consumer: `consumer of ${serviceId}`,
        sink,
        ...more,
      }),
    );
  };

  /** After `drivers` or `multiplexes` were changed. */
  const changed = (): void => {
    for (const listener of changes) listener();
  };

  return {
    clock,
    drivers,
    multiplexes,
    changed,
    changes,
    tuners,
    events,
    run,
    settle,
    subscribe,
    silent,
    substitute,
  };
}
