import t, { type Test } from "tap";
import { capture, skipWithout } from "../../../helpers/captures.ts";
import { packageFile, type Packaged } from "../../../helpers/ts-to-media.ts";

const RAI = "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts";
const BBC = "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts";
const TF1 = "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts";

const packaged = (name: string, service: number, more = {}): Promise<Packaged> =>
  packageFile(capture(name) ?? "", { service, cut: true, ...more });

/** Subtitles have a segment for each of the picture's (P-12), with its date. */
function aligned(t: Test, result: Packaged, leader: string): void {
  const lead = result.of(leader).map(({ sequence, programDateTime }) => [sequence, programDateTime]);
  for (const { id, partTarget } of result.subtitles) {
    t.equal(partTarget, null, "S-02 no parts of subtitles");
    t.same(
      result.of(id).map(({ sequence, programDateTime }) => [sequence, programDateTime]),
      lead,
      `${id} goes with ${leader}`,
    );
    t.same(
      result.of(id).map(({ duration }) => duration.toFixed(3)),
      result.of(leader).map(({ duration }) => duration.toFixed(3)),
    );
  }
}

t.test(
  "subtitles: teletext of a real broadcast becomes WebVTT beside the picture",
  { skip: skipWithout(RAI) },
  async (t) => {
    const result = await packaged(RAI, 3402, { targetDuration: 1 });
    t.ok(result.subtitles.length >= 1);
    t.ok(result.subtitles.every(({ track, format }) => track.kind === "subtitle" && format === "webvtt"));
    aligned(t, result, "v0");
    const text = result.segments
      .filter(({ rendition }) => rendition.startsWith("s"))
      .map(({ bytes }) => bytes.toString())
      .join("\n");
    t.match(text, /^WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00\.000,MPEGTS:0\n/);
    t.match(text, /Tu stavi facendo/);
  },
);

t.test(
  "subtitles: DVB subtitles of a real broadcast become pictures beside the picture",
  { skip: skipWithout(BBC) },
  async (t) => {
    const result = await packaged(BBC, 4352);
    t.same(
      result.subtitles.map(
        ({ id, format, track }) => `${id} ${format} ${track.kind === "subtitle" ? track.language : ""}`,
      ),
      ["s0 overlay eng"],
    );
    aligned(t, result, "v0");
    interface Shown {
      at: number;
      until: number | null;
      regions: { png: string }[];
    }
    const displays = result
      .of("s0")
      .flatMap(({ bytes }) => (JSON.parse(bytes.toString()) as { displays: Shown[] }).displays);
    t.ok(displays.some(({ regions }) => regions.length > 0));
    for (const { regions } of displays)
      for (const { png } of regions) t.equal(Buffer.from(png, "base64").toString("latin1", 1, 4), "PNG");
    const times = displays.map(({ at }) => at);
    // The presentation begins at 2 s; what was sent before the first picture that is shown is not stated.
    t.ok(
      times.every((at) => at > 0 && at < 10),
      times.join(" "),
    );
  },
);

t.test("subtitles: beside sound alone as well", { skip: skipWithout(TF1) }, async (t) => {
  const result = await packaged(TF1, 1537, { bitrate: 2e6 });
  t.same(
    result.subtitles.map(({ track }) => track.kind === "subtitle" && track.hearingImpaired),
    [true, false],
  );
  aligned(t, result, "a0");
});
