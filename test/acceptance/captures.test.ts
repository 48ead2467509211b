import t from "tap";
import type { Channels } from "../../src/protocol/api.ts";
import { capture, skipWithout } from "../helpers/captures.ts";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { pairPhone, type Phone } from "../helpers/phone.ts";
import { ffprobeFrames } from "../helpers/players.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";

/** Waits until the paired client sees these names. @returns its list */
async function listed(phone: Phone, box: Daemon, names: readonly string[]): Promise<Channels["channels"]> {
  await eventually(`${names.join(", ")} in the list`, async () => {
    const { body } = await box.local<Channels>("GET", "/api/v1/channels");
    const seen = new Set(body.channels.map(({ name }) => name));
    return names.every((name) => seen.has(name));
  });
  return phone.channels();
}

/** Services as the captures' README names them; of the Czech one it names the first four of eighteen. */
const SERVICES: Record<
  string,
  { names: readonly string[]; others?: number; refused?: { channel: string; code: string } }
> = {
  "dvbs-fr-canalsat-scrambled-and-clear-2s.ts": {
    names: ["CANAL+ CINEMA", "CNEWS"],
    refused: { channel: "CANAL+ CINEMA", code: "scrambled" },
  },
  "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts": { names: ["TF1", "TMC", "TFX", "LCP", "LCI"] },
  "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts": {
    names: [
      "Rai 1",
      "Rai 2",
      "Rai 3 TGR Emilia Romagna",
      "Rai Radio1",
      "Rai Radio2",
      "Rai Radio3",
      "Rai News 24",
      "Test HEVC main10",
    ],
  },
  "dvbt-tw-cts-si-epg-chinese.ts": {
    names: ["華視CTS", "華視教育體育文化台", "華視新聞資訊台", "國會頻道1", "國會頻道2"],
    refused: { channel: "國會頻道2", code: "service-not-on-air" },
  },
  "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts": { names: ["BBC NEWS"] },
  "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts": {
    names: ["CT 1 HD T2", "CT 2 HD T2", "CT 24 HD T2", "CT sport HD T2"],
    others: 14,
    refused: { channel: "CT 1 HD T2", code: "service-not-on-air" },
  },
  "format-m2ts192-mpeg2-2s.m2ts": { names: ["Service01"] },
  "broken-sat-animalplanet-tei-cc-pcr-1s.ts": {
    names: ["Animal Planet Europe HD"],
    refused: { channel: "Animal Planet Europe HD", code: "scrambled" },
  },
};

for (const [file, { names, others = 0, refused }] of Object.entries(SERVICES)) {
  t.test(`captures: ${file} gives the services that it holds`, { skip: skipWithout(file) }, async (t) => {
    const box = await startDaemon(t, { tuner: `file:${capture(file)!}` });
    const phone = await pairPhone(t, box);
    const channels = await listed(phone, box, names);
    t.equal(channels.length, names.length + others, "and no others");
    if (refused === undefined) return;
    const answer = await phone.run("play", refused.channel, "--json");
    t.equal(answer.code, 69);
    t.match(
      JSON.parse(answer.stderr),
      { code: refused.code, title: /\w+ \w+/ },
      "what is not there is refused in words",
    );
  });
}

/** Ten seconds are several turns of the loop. */
const SECONDS = 10;

for (const { file, names, play, sound, complaints } of [
  {
    file: "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts",
    names: ["CANAL+ DECALE", "CNEWS"],
    play: "CNEWS",
    sound: { codec: "ac3", frames: 0.8 * (SECONDS / 0.032) },
    // Open groups of pictures: at a seam the leading pictures miss what they refer to.
    complaints:
      /mmco: unref short failure|number of reference frames|co located POCs|eference picture|Last message/,
  },
  {
    file: "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts",
    names: ["franceinfo:"],
    play: "franceinfo:",
    sound: { codec: "eac3", frames: 0.8 * (SECONDS / 0.032) },
    // Its 31 continuity errors are errors of reception: macroblocks are damaged.
    complaints:
      /mmco: unref short failure|number of reference frames|co located POCs|eference|error while decoding MB|left block|top block|Last message|concealing|exponent|error in|mb_|cabac/i,
  },
]) {
  t.test(
    `captures: ${play} of ${file} plays over its seam, picture and sound`,
    { skip: skipWithout(file) || skipWithoutProgram("ffprobe"), timeout: 120_000 },
    async (t) => {
      const box = await startDaemon(t, { tuner: `file:${capture(file)!}` });
      const phone = await pairPhone(t, box);
      const channels = await listed(phone, box, names);
      t.same(channels.map(({ name }) => name).sort(), [...names].sort());
      const playback = await phone.play(play);
      const probed = await ffprobeFrames(playback.hls, SECONDS);
      t.equal(probed.code, 0);
      t.ok(probed.pictures >= 0.9 * 25 * SECONDS, `${probed.pictures} pictures in ${SECONDS} s`);
      t.equal(probed.streams.find(({ kind }) => kind === "audio")?.codec, sound.codec);
      t.ok(probed.sounds >= sound.frames, `${probed.sounds} frames of sound`);
      t.same(
        probed.complaints.filter((line) => !complaints.test(line)),
        [],
        "ffprobe complains of nothing but the capture's own faults",
      );
      t.equal(await playback.stop(), 0);
    },
  );
}
