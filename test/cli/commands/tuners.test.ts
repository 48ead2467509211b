import t from "tap";
import { renderTuners } from "../../../src/cli/commands/tuners.ts";
import type { Tuner } from "../../../src/protocol/api.ts";
import { TUNER } from "../real-box.ts";

const weak: Tuner = {
  ...TUNER,
  signal: {
    strength: -71,
    cnr: 12,
    quality: 0.4,
    bitErrorRatio: 1e-3,
    uncorrectedBlocks: 317,
    verdict: { level: "poor", code: "too-weak", text: "weak: 12 dB, picture will break", margin: -6.6 },
  },
};

t.test("tuners: a weak signal is told in words", (t) => {
  const text = renderTuners([weak], 80);
  t.match(text, /-71 dBm 12\.0 dB/);
  t.match(text, /signal +weak: 12 dB, picture will break; 317 blocks lost since the lock\n/);
  for (const line of text.split("\n")) t.ok(line.length <= 80, line);
  t.end();
});

t.test("tuners: a relative quality stands where there are no decibels; an idle tuner has no signal", (t) => {
  const relative: Tuner = { ...TUNER, signal: { strength: null, cnr: null, quality: 0.735 } };
  t.match(renderTuners([relative], 80), / 74 % /);
  const idle: Tuner = { ...TUNER, state: "idle", signal: null, services: [], consumers: [] };
  t.notMatch(renderTuners([idle], 80), /signal {2,}/);
  t.end();
});
