import t from "tap";
import { expose } from "../../../src/kernel/prometheus.ts";
import { ms } from "../../../src/kernel/units.ts";
import type { PlaybackReport } from "../../../src/protocol/api.ts";
import { ClientFigures } from "../../../src/share/live/client-figures.ts";

const NOTHING: PlaybackReport = { stalls: 0, stalledSeconds: 0, frames: 0, droppedFrames: 0 };
const at = ms(0);

/** A playback that began at 0, and keeps what was said last, as the box does. */
function playback(warm: boolean, home = true) {
  const entry = { home, warm, report: null as PlaybackReport | null, startedMonotonic: at };
  return (figures: ClientFigures, report: PlaybackReport, seconds: number): void => {
    figures.add(entry, report, ms(seconds * 1000));
    entry.report = report;
  };
}

t.test("client figures: a report is a sum, and said twice or lost it counts once", async (t) => {
  const figures = new ClientFigures();
  const say = playback(true);
  const start = { kind: "zap", seconds: 0.4 } as const;
  say(figures, { ...NOTHING, start, stalls: 1, stalledSeconds: 0.5, frames: 100 }, 10);
  say(figures, { ...NOTHING, start, stalls: 1, stalledSeconds: 0.5, frames: 100 }, 11);
  say(figures, { ...NOTHING, start, stalls: 3, stalledSeconds: 2, frames: 1000, droppedFrames: 4 }, 60);
  const text = expose(figures.metrics());
  for (const line of [
    'tellyport_client_zap_seconds_bucket{multiplex="received",place="home",le="0.25"} 0',
    'tellyport_client_zap_seconds_bucket{multiplex="received",place="home",le="0.5"} 1',
    'tellyport_client_zap_seconds_count{multiplex="received",place="home"} 1',
    'tellyport_client_stalls_total{place="home"} 3',
    'tellyport_client_stalled_seconds_total{place="home"} 2',
    'tellyport_client_frames_total{place="home"} 1000',
    'tellyport_client_dropped_frames_total{place="home"} 4',
    'tellyport_client_stalls_total{place="away"} 0',
  ])
    t.ok(text.split("\n").includes(line), line);
  t.notMatch(text, "tellyport_client_start_seconds", "nothing was started");
});

t.test("client figures: starts and zaps are apart, and what cannot be is cut", async (t) => {
  const figures = new ClientFigures();
  playback(false, false)(figures, { ...NOTHING, start: { kind: "start", seconds: 2 } }, 3);
  const lie = { ...NOTHING, stalls: 1e6, stalledSeconds: 1e6, frames: 1e9, droppedFrames: 1e9 };
  const liar = playback(false);
  liar(figures, lie, 1);
  liar(figures, lie, 2);
  const text = expose(figures.metrics());
  t.match(text, 'tellyport_client_start_seconds_count{place="away"} 1');
  const stalled = Number(/stalled_seconds_total{place="home"} (\S+)/.exec(text)?.[1]);
  t.equal(stalled, 31, "not longer than it has been");
});
