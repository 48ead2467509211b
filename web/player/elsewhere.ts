import { playsHls } from "./plays-hls.ts";

/** Another screen in the house that the browser can send a video to. */
interface AppleVideo extends HTMLVideoElement {
  webkitShowPlaybackTargetPicker?: () => void;
}

const APPLE_EVENT = "webkitplaybacktargetavailabilitychanged";

/** Whether there would be other screens to look for, if the browser itself played. */
export function worthLooking(video: AppleVideo): boolean {
  return typeof video.webkitShowPlaybackTargetPicker === "function" && playsHls(video);
}

/** Tells whether there are other screens now. @returns a function that ends it */
export function watchScreens(video: HTMLVideoElement, tell: (some: boolean) => void): () => void {
  if (worthLooking(video)) {
    const onChange = (event: Event): void =>
      tell("availability" in event && event.availability === "available");
    video.addEventListener(APPLE_EVENT, onChange);
    return () => video.removeEventListener(APPLE_EVENT, onChange);
  }
  if (!("remote" in video)) return () => undefined;
  let over = false;
  const watch = video.remote.watchAvailability((some) => void (!over && tell(some)));
  watch.catch(() => undefined); // it cannot be known: then nothing is offered
  return () => {
    over = true;
    void watch.then((id) => video.remote.cancelWatchAvailability(id)).catch(() => undefined);
  };
}

/** Lets the person choose a screen; needs a touch. */
export function chooseScreen(video: AppleVideo): void {
  if (video.webkitShowPlaybackTargetPicker !== undefined) video.webkitShowPlaybackTargetPicker();
  else void video.remote.prompt().catch(() => undefined); // they changed their mind
}
