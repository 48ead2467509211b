import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** What TypeScript's DOM lacks of the orientation. @see https://www.w3.org/TR/screen-orientation/ */
type Orientation = ScreenOrientation & { lock?: (to: "landscape") => Promise<void> };
type PhoneVideo = HTMLVideoElement & { webkitEnterFullscreen?: () => void };

export interface Fullscreen {
  readonly possible: boolean;
  readonly active: boolean;
  readonly toggle: () => void;
}

/**
 * Full screen of the whole player, on its side on a phone; on phones that have it only for video, of the video.
 * @param playing whether it is to go on when the browser's own player is left
 */
export function useFullscreen(root: RefObject<HTMLElement | null>, playing: () => boolean): Fullscreen {
  const active = useSignal(false);
  useEffect(() => {
    const onChange = (): void => {
      active.value = document.fullscreenElement !== null;
      if (active.value) void lie();
      else stand();
    };
    // Apple's player pauses what it gives back.
    const onLeft = (event: Event): void => {
      if (event.target instanceof HTMLVideoElement && playing())
        void event.target.play().catch(() => undefined);
    };
    document.addEventListener("fullscreenchange", onChange);
    root.current?.addEventListener("webkitendfullscreen", onLeft, true);
    return () => {
      document.removeEventListener("fullscreenchange", onChange);
      root.current?.removeEventListener("webkitendfullscreen", onLeft, true);
      if (document.fullscreenElement !== null) void document.exitFullscreen().catch(() => undefined);
    };
  }, []);
  return {
    possible: document.fullscreenEnabled || "webkitEnterFullscreen" in HTMLVideoElement.prototype,
    active: active.value,
    toggle() {
      if (document.fullscreenElement !== null) void document.exitFullscreen();
      else if (document.fullscreenEnabled) void root.current?.requestFullscreen().catch(() => undefined);
      else root.current?.querySelector<PhoneVideo>("video[data-front]")?.webkitEnterFullscreen?.();
    },
  };
}

/** A picture is wider than high. Computers refuse, and have no need. */
async function lie(): Promise<void> {
  const orientation: Orientation = screen.orientation;
  await orientation.lock?.("landscape").catch(() => undefined);
}

function stand(): void {
  try {
    screen.orientation.unlock();
  } catch {
    // nothing was locked
  }
}
