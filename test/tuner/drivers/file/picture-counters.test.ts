import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { H264HeaderReader, HevcHeaderReader } from "../../../../src/tuner/drivers/file/coded-header.ts";
import { writeMultiplex } from "../../../../src/tuner/drivers/mock/write-multiplex.ts";
import { capture, skipWithout } from "../../../helpers/captures.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { temporaryFolder } from "../../../helpers/temporary.ts";
import { mockLoops, run, skipWithoutProgram } from "../mock/mock-fixtures.ts";
import { playFile } from "./player.ts";

interface Decoded {
  readonly packets: number;
  readonly frames: number;
}

/** Plays a file over its seam and has a service's picture decoded. */
async function decodedOf(t: Tap, path: string, serviceId: number, turns: number): Promise<Decoded> {
  const chunks: Buffer[] = [];
  const enough = turns * (await stat(path)).size;
  let taken = 0;
  await playFile(new FakeClock(), path, {
    take(chunk) {
      chunks.push(Buffer.from(chunk));
      taken += chunk.length;
    },
    until: () => taken >= enough,
  });
  const looped = join(await temporaryFolder(t), "looped.ts");
  await writeFile(looped, Buffer.concat(chunks));
  const { stdout } = await run("ffprobe", [
    ...["-v", "quiet", "-count_packets", "-count_frames", "-of", "json"],
    ...["-show_entries", "program=program_id:program_stream=codec_type,nb_read_packets,nb_read_frames"],
    looped,
  ]);
  const { programs } = JSON.parse(stdout.toString()) as {
    programs: { program_id: number; streams: Record<string, string>[] }[];
  };
  const video = programs
    .find((program) => program.program_id === serviceId)
    ?.streams.find((stream) => stream["codec_type"] === "video");
  return { packets: Number(video?.["nb_read_packets"]), frames: Number(video?.["nb_read_frames"]) };
}
type Tap = { teardown(f: () => unknown): void };

const CANAL = "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts";
const RAI = "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts";

for (const [name, serviceId, turns, what] of [
  [CANAL, 8802, 3, "H.264 without IDR, cut at a random access point"],
  [CANAL, 8810, 3, "H.264 without IDR, fields and frames"],
  [RAI, 3410, 8, "HEVC, cut anywhere"],
] as const) {
  t.test(
    `file: decoders show every picture of a loop: ${what} (${serviceId})`,
    { skip: skipWithout(name) || skipWithoutProgram("ffprobe", "-version"), timeout: 120_000 },
    async (t) => {
      const { packets, frames } = await decodedOf(t, capture(name)!, serviceId, turns);
      t.ok(packets > 160, `${packets} pictures sent`);
      // Not what comes before the first random access point of all; and two fields may be two packets and one frame.
      t.ok(frames >= packets - 60, `${frames} of ${packets} shown`);
    },
  );
}

for (const [id, what] of [
  [0x1101, "H.264 with IDR"],
  [0x1103, "H.264 without IDR"],
] as const) {
  t.test(
    `file: decoders show every picture of a looped recording: ${what}`,
    { skip: skipWithoutProgram("ffprobe", "-version"), timeout: 120_000 },
    async (t) => {
      const path = join(await temporaryFolder(t), "recording.ts");
      writeMultiplex("mock-1", 3, path, { loops: mockLoops(), startsAt: Date.UTC(2026, 10, 20, 12) });
      const { packets, frames } = await decodedOf(t, path, id, 3);
      t.ok(packets > 160, `${packets} pictures sent`);
      t.ok(frames >= packets - 60, `${frames} of ${packets} shown`);
    },
  );
}

t.test("file: headers of any bytes are read or refused", async (t) => {
  const nal = fc.uint8Array({ minLength: 0, maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  // First bytes that lead into every branch: parameter sets, then slices.
  const h264 = fc.constantFrom(0x67, 0x68, 0x41, 0x01, 0x65);
  const hevc = fc.constantFrom(0x42, 0x44, 0x02, 0x2a, 0x26, 0x20);
  for (const [types, make] of [
    [h264, () => new H264HeaderReader()],
    [hevc, () => new HevcHeaderReader()],
  ] as const) {
    fc.assert(
      fc.property(fc.array(fc.tuple(types, nal), { maxLength: 8 }), (units) => {
        const reader = make();
        for (const [type, bytes] of units) {
          const counters = reader.read(Buffer.concat([Buffer.of(type), bytes]));
          for (const counter of [counters?.frame, counters?.order]) {
            if (counter == null) continue;
            if (
              counter.width < 4 ||
              counter.width > 16 ||
              counter.bit + counter.width > (bytes.length + 1) * 8
            )
              throw new Error(`a field of ${counter.width} bits at ${counter.bit}`);
          }
        }
      }),
    );
  }
  t.pass("nothing but fields that lie in the bytes");
});
