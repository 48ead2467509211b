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
  const text = renderTuners({ tuners: [weak] }, 80);
  t.match(text, /-71 dBm 12\.0 dB/);
  t.match(text, /signal +weak: 12 dB, picture will break; 317 blocks lost since the lock\n/);
  for (const line of text.split("\n")) t.ok(line.length <= 80, line);
  t.end();
});

t.test("tuners: a relative quality stands where there are no decibels; an idle tuner has no signal", (t) => {
  const relative: Tuner = { ...TUNER, signal: { strength: null, cnr: null, quality: 0.735 } };
  t.match(renderTuners({ tuners: [relative] }, 80), / 74 % /);
  const idle: Tuner = { ...TUNER, state: "idle", signal: null, services: [], consumers: [] };
  t.notMatch(renderTuners({ tuners: [idle] }, 80), /signal {2,}/);
  t.end();
});

t.test(
  "tuners: of none it is said what was named, and the cure; of two alike where each is plugged in",
  (t) => {
    t.match(renderTuners({ tuners: [] }, 200), /has no tuner.*none was named.*`tellyport run --tuner dvb`/s);
    const problems = ["DVB adapter 9 is not there: plug it in."];
    const sources = [{ name: "dvb:0,9", problems }];
    const none = renderTuners({ tuners: [], sources }, 200);
    t.equal(none, "The box has no tuner. dvb:0,9: DVB adapter 9 is not there: plug it in.\n");
    t.match(renderTuners({ tuners: [TUNER], sources }, 80), /\ndvb:0,9: DVB adapter 9 is not there/);
    const stick = { ...TUNER, name: "Si2168", consumers: ["survey"] };
    const alike = renderTuners(
      {
        tuners: [
          { ...stick, id: "dvb-usb-1-1.4" },
          { ...stick, id: "dvb-usb-1-1.5" },
          { ...TUNER, id: "mock-0" },
        ],
      },
      undefined,
    );
    t.match(alike, /^dvb-usb-1-1\.4 \(Si2168\) /m);
    t.match(alike, /^dvb-usb-1-1\.5 \(Si2168\) /m);
    t.match(alike, new RegExp(`^${TUNER.name} +streaming`, "m"));
    t.notMatch(alike, /survey/);
    t.end();
  },
);

t.test("tuners: entries of a list of which nothing comes are named", (t) => {
  const notReceived = Array.from({ length: 12 }, (_, i) => ({
    place: `Channel ${i + 1}`,
    code: i === 0 ? "no-lock" : "unsupported",
  }));
  const text = renderTuners({ tuners: [TUNER], notReceived }, 500);
  t.match(
    text,
    /nothing comes of Channel 1 \(no answer\), Channel 2 \(cannot be received\),.* and 2 more: check/,
  );
  t.end();
});
