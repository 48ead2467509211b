import t from "tap";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import type {
  FfmpegEvents,
  FfmpegRun,
  FfmpegRunner,
} from "../../../../src/share/live/transcoding/ffmpeg-runner.ts";
import { SupervisedFfmpeg } from "../../../../src/share/live/transcoding/supervised-ffmpeg.ts";
import { silent } from "./harness.ts";

/** An ffmpeg that does nothing by itself. */
class Script implements FfmpegRun {
  readonly written: string[] = [];
  readonly events: FfmpegEvents;
  ended = false;
  killed = false;
  stopped = false;
  accepts = true;

  constructor(events: FfmpegEvents) {
    this.events = events;
  }

  get pid(): number {
    return 1;
  }

  write(data: Buffer): boolean {
    this.written.push(data.toString());
    return this.accepts;
  }

  endInput(): void {
    this.ended = true;
  }

  stop(): void {
    this.stopped = true;
  }

  kill(): void {
    this.killed = true;
  }

  dies(): void {
    this.events.exited({ code: 1, signal: null, said: "oh" });
  }
}

function supervised() {
  const clock = new FakeClock();
  const runs: Script[] = [];
  const failures: number[] = [];
  const told: string[] = [];
  const runner: FfmpegRunner = {
    run(_args, events) {
      const run = new Script(events);
      runs.push(run);
      return run;
    },
    stop: () => Promise.resolve(),
  };
  const ffmpeg = new SupervisedFfmpeg({
    runner,
    clock,
    log: silent,
    limits: { ticks: 360_000, bytes: 10_000 },
    header: Buffer.from("header"),
    args: (count) => (failures.push(count), []),
    begins: () => void told.push("begins"),
    output: (chunk) => void told.push(chunk.toString()),
    died: () => void told.push("died"),
    finished: () => void told.push("finished"),
    gaveUp: () => void told.push("gave up"),
  });
  let pts = 0;
  const feed = (name: string, randomAccess = true): void => {
    pts += 9000;
    ffmpeg.feed({ pts, randomAccess, bytes: Buffer.from(name) });
  };
  const run = (): Script => {
    const last = runs.at(-1);
    if (last === undefined) throw new Error("none runs");
    return last;
  };
  return { clock, runs, failures, told, ffmpeg, feed, run };
}

t.test("supervised ffmpeg: fed no faster than it eats", (t) => {
  const { feed, run, ffmpeg, told } = supervised();
  run().accepts = false;
  feed("a");
  feed("b");
  t.same(run().written, ["header", "a"]);
  feed("c");
  ffmpeg.finish();
  t.notOk(run().ended, "what waits comes first");
  run().accepts = true;
  run().events.drained();
  t.same(run().written, ["header", "a", "b", "c"]);
  t.ok(run().ended);
  run().events.exited({ code: 0, signal: null, said: "" });
  t.same(told, ["begins", "finished"]);
  t.end();
});

t.test("supervised ffmpeg: started again a little later each time, and not for ever", (t) => {
  const { clock, feed, run, runs, failures, told } = supervised();
  const delays: number[] = [];
  for (let death = 1; death <= 4; death++) {
    run().dies();
    feed(`in ${death}`);
    const from = clock.monotonic();
    while (runs.length === death) clock.advance(10);
    delays.push(clock.monotonic() - from);
  }
  t.same(delays, [200, 400, 800, 1600]);
  t.same(failures, [0, 1, 2, 3, 4], "it is known how often it failed without a word");
  t.same(run().written, ["header", "in 4"], "what came meanwhile is waiting");
  run().dies();
  clock.advance(60_000);
  t.equal(runs.length, 5);
  t.equal(told.at(-1), "gave up");
  t.end();
});

t.test("supervised ffmpeg: deaths that lie apart are forgiven", (t) => {
  const { clock, run, runs, told } = supervised();
  for (let death = 1; death <= 12; death++) {
    run().events.output(Buffer.from("x"));
    clock.advance(9000);
    run().dies();
    clock.advance(5000);
    t.equal(runs.length, death + 1);
  }
  t.notOk(told.includes("gave up"));
  t.end();
});

t.test("supervised ffmpeg: one that says nothing while it is fed is killed", (t) => {
  const { clock, feed, run, runs } = supervised();
  const play = (time: number): void => {
    for (let at = 0; at < time; at += 100) {
      feed("in");
      clock.advance(100);
    }
  };
  play(7500);
  t.equal(runs.length, 1, "the first output may take its time");
  run().events.output(Buffer.from("out"));
  play(1300);
  t.equal(runs.length, 1);
  run().events.output(Buffer.from("out"));
  play(1300);
  t.equal(runs.length, 1);
  play(400);
  t.ok(runs[0]?.killed, "after a second and a half");
  t.equal(runs.length, 2);
  runs[0]?.events.output(Buffer.from("late"));
  runs[0]?.dies();
  t.equal(runs.length, 2, "what it does afterwards does not matter");
  t.end();
});

t.test("supervised ffmpeg: one that is not fed may be silent", (t) => {
  const { clock, feed, run, runs } = supervised();
  feed("in");
  run().events.output(Buffer.from("out"));
  clock.advance(60_000);
  t.equal(runs.length, 1);
  for (let at = 0; at < 3; at++) feed("in");
  clock.advance(1000);
  t.equal(runs.length, 1, "nor has it to answer at once");
  t.end();
});

t.test("supervised ffmpeg: stop and finish while it waits to be started", (t) => {
  const first = supervised();
  first.run().dies();
  first.ffmpeg.finish();
  first.clock.advance(10_000);
  t.same(first.told, ["begins", "died", "finished"]);
  t.equal(first.runs.length, 1);
  const second = supervised();
  second.run().dies();
  second.ffmpeg.stop();
  second.clock.advance(10_000);
  t.equal(second.runs.length, 1);
  const third = supervised();
  third.ffmpeg.stop();
  t.ok(third.run().stopped);
  third.run().dies();
  third.feed("in");
  t.same(third.told, ["begins"]);
  t.end();
});
