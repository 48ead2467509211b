import t, { type Test } from "tap";
import type { MockFault } from "../../src/tuner/drivers/mock/faults.ts";
import { pair } from "../bench/viewer.ts";
import { capture, skipWithout } from "../helpers/captures.ts";
import { startDaemon, type Daemon } from "../helpers/daemon.ts";
import { checkHls, type CheckReport, type Finding } from "../helpers/hls-checker/check-hls.ts";
import { lasting, sleep } from "./lasting.ts";
import { groupsOf, listed, play } from "./playing.ts";

/** Each service is looked at so long. */
const SECONDS = lasting(180);
/** Services that are looked at at the same time: every piece of them is read by three programs. */
const AT_ONCE = 4;
/** Four of these at once take more memory than a default box has for 3 target durations of each (P-05), as long as it does not know them. */
const FEWER: Readonly<Record<string, number>> = { "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts": 2 };

/** Every clear service that a capture has packets of, but for those whose pictures the publishers took out. */
const CAPTURES: Record<string, readonly string[]> = {
  "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts": ["CANAL+ DECALE", "CNEWS"],
  "dvbs-fr-canalsat-scrambled-and-clear-2s.ts": ["CNEWS"],
  "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts": ["TF1", "TMC", "TFX", "LCP", "LCI"],
  "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts": ["franceinfo:"],
  "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts": [
    "Rai 1",
    "Rai 2",
    "Rai 3 TGR Emilia Romagna",
    "Rai News 24",
    "Test HEVC main10",
    "Rai Radio1",
    "Rai Radio2",
    "Rai Radio3",
  ],
  "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts": ["BBC NEWS"],
  "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts": ["CRo PLUS T2"],
  "format-m2ts192-mpeg2-2s.m2ts": ["Service01"],
};

/** A multiplex each. */
const MOCK = [
  ["晴空综合", "晴空新闻", "晴空戏曲", "晴空音乐广播"],
  ["Rivage Découverte", "Rivage Régions", "Rivage Cinéma", "Rivage Jeunesse"],
  ["Harbour One", "Harbour Sport", "Harbour Radio"],
];

/** What has to have been looked at, or nothing is proved. */
const LOOKED_AT = ["P-01", "P-02", "P-04", "P-06", "L-01", "L-02", "L-05", "L-06", "F-01", "F-06", "V-06"];

/** Until the first part of the sound is there, the picture's playlist has nothing to report of it; ms. */
const starting = ({ rule, at }: Finding): boolean => rule === "L-08" && at < 3000;

/** Where what is sent can only be decoded from the next random access point: so many seconds without a part at most. */
const waitsFor =
  (most: number) =>
  ({ rule, where, what }: Finding): boolean =>
    (rule === "L-05" && Number(/^([\d.]+) s without a new part/.exec(what)?.[1] ?? Infinity) <= most) ||
    (rule === "L-08" && what.endsWith("without LAST-PART")) ||
    // Sound that ended before the picture did, by more than its last part may be stretched.
    (rule === "P-11" && where.startsWith("a") && /^(the parts of segment|lasts|a run of EXTINF) /.test(what));

/** Where more is lost than a part can be stretched over, parts are shorter. */
const losing = (finding: Finding): boolean =>
  waitsFor(2)(finding) || (["F-06", "L-01"].includes(finding.rule) && /85 ?%/.test(finding.what));

interface Looking {
  readonly allow?: (finding: Finding) => boolean;
  /** Runs beside, until the signal. */
  readonly disturb?: (box: Daemon, signal: AbortSignal) => Promise<void>;
}

async function look(t: Test, box: Daemon, names: readonly string[], looking: Looking = {}): Promise<void> {
  const channels = await listed(box, names);
  const session = await pair(t, box, "checker");
  const over = new AbortController();
  const disturbing = looking.disturb?.(box, over.signal);
  const report = async (name: string, id: string): Promise<void> => {
    const playing = await play(box, session, id);
    const found = await checkHls(playing.url, {
      seconds: SECONDS,
      lowLatency: true,
      allow: (finding) => starting(finding) || (looking.allow?.(finding) ?? false),
    });
    judge(t, name, found);
    await playing.stop();
  };
  await Promise.all(channels.map(({ name, id }) => report(name, id)));
  over.abort();
  await disturbing;
}

function judge(t: Test, name: string, report: CheckReport): void {
  const { segments, parts, playlists, roundTrip, seconds } = report;
  t.comment(
    `${name}: ${segments} segments, ${parts} parts, ${playlists} playlists in ${seconds.toFixed(0)} s; ` +
      `p95 of what nothing held ${roundTrip.toFixed(0)} ms; ${report.findings.length} findings`,
  );
  t.same(report.findings, [], `${name}: nothing is wrong`);
  const not = LOOKED_AT.filter((rule) => (report.counts[rule] ?? 0) === 0);
  t.same(not, [], `${name}: every rule was looked at`);
  t.ok(parts > SECONDS, `${name}: ${parts} parts`);
}

for (const [file, names] of Object.entries(CAPTURES)) {
  for (const group of groupsOf(names, FEWER[file] ?? AT_ONCE)) {
    t.test(
      `hls: ${group.join(", ")} of ${file} for ${SECONDS} s`,
      { skip: skipWithout(file), timeout: (SECONDS + 200) * 1000 },
      async (t) => look(t, await startDaemon(t, { tuner: `file:${capture(file)!}` }), group),
    );
  }
}

for (const group of MOCK) {
  t.test(`hls: ${group.join(", ")} of the mock`, { timeout: (SECONDS + 200) * 1000 }, async (t) =>
    look(t, await startDaemon(t), group),
  );
}

const QUIET =
  'http: {address: "127.0.0.1", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\nguide: {collect: false}\n';

/** With the seconds until a picture can be decoded after the jump. */
const JUMPING = {
  "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts": 3,
  "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts": 8,
};
for (const [file, wait] of Object.entries(JUMPING)) {
  t.test(
    `hls: ${file}, whose clocks and counters jump back at its end`,
    { skip: skipWithout(file), timeout: (SECONDS + 200) * 1000 },
    async (t) => {
      const path = JSON.stringify(capture(file));
      const config = `${QUIET}tuners: {file: {paths: [${path}], loop: jump}}\n`;
      const box = await startDaemon(t, { tuner: `file:${capture(file)!}`, config });
      await look(t, box, CAPTURES[file] ?? [], { allow: waitsFor(wait) });
    },
  );
}

const set = async (box: Daemon, fault: MockFault): Promise<void> => {
  await box.local("POST", "/api/v1/mock/faults", fault);
};
const clear = (box: Daemon): Promise<unknown> => box.local("DELETE", "/api/v1/mock/faults");

/** Again and again, until the signal. */
async function every(
  periodMs: number,
  signal: AbortSignal,
  what: (turn: number) => Promise<void>,
): Promise<void> {
  for (let turn = 0; ; turn++) {
    for (let at = 0; at < periodMs && !signal.aborted; at += 100) await sleep(100);
    if (signal.aborted) return;
    await what(turn);
  }
}

const multiplex = "mock-1";

/** What may go wrong on air, and how the mock is told to do so. */
const FAULTS: Record<string, Looking> = {
  "one packet of ten thousand lost": {
    disturb: (box) => set(box, { kind: "packet-loss", multiplex, ratio: 1e-4, seed: 7 }),
  },
  "one packet of a hundred lost": {
    allow: losing,
    disturb: (box) => set(box, { kind: "packet-loss", multiplex, ratio: 1e-2, seed: 7 }),
  },
  "continuity counters that skip": {
    disturb: (box) => set(box, { kind: "continuity-errors", multiplex, ratio: 1e-3, seed: 7 }),
  },
  "a new PMT every five seconds": {
    disturb: (box, signal) => every(5000, signal, () => set(box, { kind: "pmt-change", multiplex })),
  },
  "sound that moves to other PIDs every fifteen seconds": {
    allow: waitsFor(2),
    disturb: (box, signal) =>
      every(15_000, signal, (turn) =>
        set(box, { kind: "pmt-change", multiplex, audioShift: turn % 2 === 0 ? 0x40 : 0 }),
      ),
  },
  "clocks that jump every fifteen seconds": {
    allow: waitsFor(2),
    disturb: (box, signal) =>
      every(15_000, signal, (turn) =>
        set(box, { kind: "clock-jump", multiplex, seconds: [3600, -7200, 0.7, -0.7, 40_000][turn % 5]! }),
      ),
  },
  "nothing on air for three of thirty seconds": {
    allow: waitsFor(6),
    disturb: (box, signal) =>
      every(27_000, signal, async () => {
        await set(box, { kind: "no-data", multiplex });
        await sleep(3000);
        await clear(box);
      }),
  },
  "a tuner that is unplugged every thirty seconds": {
    allow: waitsFor(6),
    disturb: (box, signal) =>
      every(30_000, signal, async (turn) => {
        await clear(box);
        await set(box, { kind: "unplugged", tuner: `mock-${turn % 2}` });
      }),
  },
};

for (const [what, looking] of Object.entries(FAULTS)) {
  t.test(`hls: the mock with ${what}`, { timeout: (SECONDS + 200) * 1000 }, async (t) => {
    await look(t, await startDaemon(t, { config: QUIET }), MOCK[0]!, looking);
  });
}
