import type { Clock } from "../../kernel/clock.ts";
import type { FfmpegRunner } from "../live/transcoding/ffmpeg-runner.ts";
import { byteStreamOf } from "./byte-stream.ts";
import { isSingleColour, jpegArguments } from "./jpeg-arguments.ts";
import { made, notMade, type CodedPicture, type Made, type NoStill } from "./still.ts";

/** How long ffmpeg may take, ms. */
const LONGEST = 5000;
/** A JPEG of more is none of ours, bytes. */
const LARGEST = 128 * 1024;

/** A JPEG by an ffmpeg that lives for one picture. It is gone, or killed, when this resolves. */
export function jpegStill(
  picture: CodedPicture,
  runner: FfmpegRunner,
  clock: Clock,
  signal: AbortSignal,
): Promise<Made> {
  const { track } = picture;
  if (signal.aborted) return Promise.resolve(notMade("cancelled"));
  if (track.width < 1 || track.height < 1) return Promise.resolve(notMade("unsupported"));
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const giveUp = (reason: NoStill): void => {
      settle();
      run.kill();
      resolve(notMade(reason));
    };
    const cancel = (): void => giveUp("cancelled");
    const settle = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", cancel);
    };
    const run = runner.run(jpegArguments(track), {
      output(chunk) {
        length += chunk.length;
        if (length > LARGEST) giveUp("too-large");
        else chunks.push(chunk);
      },
      drained: () => undefined,
      exited({ code, said }) {
        settle();
        const body = Buffer.concat(chunks);
        if (code !== 0 || !isJpeg(body)) resolve(notMade("undecodable"));
        else if (isSingleColour(said)) resolve(notMade("single-colour"));
        else resolve(made({ type: "image/jpeg", body }));
      },
    });
    const timer = clock.after(LONGEST, () => giveUp("timeout"));
    signal.addEventListener("abort", cancel, { once: true });
    run.write(byteStreamOf(picture));
    run.endInput();
  });
}

/** Whole: from SOI to EOI. @see ITU-T T.81 Annex B */
function isJpeg(body: Buffer): boolean {
  return body.length > 4 && body.readUInt16BE(0) === 0xffd8 && body.readUInt16BE(body.length - 2) === 0xffd9;
}
