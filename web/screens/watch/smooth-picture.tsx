import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../../src/protocol/api.ts";
import { floats } from "../../player/picture-in-picture.ts";
import type { Player } from "../../player/player.ts";
import { smoothWovenPicture } from "../../player/woven-picture.ts";

/** What is seen now is drawn without combing. */
export const isSmoothed = signal(false);

/** This device has shown that it cannot: until the page is loaded anew it is left alone. */
let tooSlow = false;

/** Whether what plays is interlaced: sent so, and nothing has made whole pictures of it on the way. */
export function isWoven(channel: Channel | null, player: Player, height: number): boolean {
  const video = channel?.codecs?.video ?? null;
  if (video === null || !video.interlaced || !player.wishes.asBroadcast) return false;
  // what the box had to convert has another codec, and is whole
  return video.family !== "mpeg2" && video.height === height;
}

/** Over an interlaced picture the same without combing; nothing where there is none, or the device does not keep up. */
export function SmoothPicture({ player }: { player: Player }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const channel = player.channel.value;
  const playing = player.phase.value === "playing";
  useEffect(() => {
    const { video } = player;
    const over = canvas.current;
    if (!playing || tooSlow || video === null || over === null) return;
    if (!isWoven(channel, player, video.videoHeight) || floats(video)) return;
    const end = smoothWovenPicture(video, over, () => {
      tooSlow = true;
      isSmoothed.value = false;
    });
    if (end === null) return;
    isSmoothed.value = true;
    // in a window of its own the browser shows the video itself
    const onFloat = (): void => {
      isSmoothed.value = false;
      end();
    };
    video.addEventListener("enterpictureinpicture", onFloat);
    return () => {
      video.removeEventListener("enterpictureinpicture", onFloat);
      isSmoothed.value = false;
      end();
    };
  }, [playing, channel?.id, channel?.codecs?.video?.interlaced, player.wishes.effective]);
  return (
    <canvas class="smooth" ref={canvas} data-smooth={isSmoothed.value || undefined} aria-hidden="true" />
  );
}
