import { mediaOf } from "../../../helpers/ts-to-media.ts";
import { makeTs, picture, sound } from "../packaging/media-tools.ts";
import { PacedSource, play, runner, transcoding } from "./harness.ts";

// Transcodes until it is killed; writes the ids of its processes.
const codecs = ["-c:v", "mpeg2video", "-g", "12", "-c:a", "mp2", "-b:a", "192k"];
const source = new PacedSource(await mediaOf(makeTs([...picture(4), ...sound(4), ...codecs])), {
  seconds: 60,
});
const result = await play(transcoding.source(source, { kind: "h264" }));
const timer = setInterval(() => {
  if (result.of("video").length < 5 || result.of("audio").length < 5) return;
  clearInterval(timer);
  console.log(JSON.stringify([...runner.pids("audio"), ...runner.pids("video")]));
}, 50);
