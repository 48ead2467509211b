/** Safari has its own way, TypeScript's DOM does not know it. */
interface AppleVideo {
  webkitSupportsPresentationMode?: (mode: string) => boolean;
  webkitSetPresentationMode?: (mode: "inline" | "picture-in-picture") => void;
  readonly webkitPresentationMode?: string;
}

const apple = (video: HTMLVideoElement): AppleVideo => video as AppleVideo;

/** Whether this platform shows a video in a small window of its own. */
export function canFloat(video: HTMLVideoElement): boolean {
  if (document.pictureInPictureEnabled && !video.disablePictureInPicture) return true;
  return apple(video).webkitSupportsPresentationMode?.("picture-in-picture") === true;
}

export function floats(video: HTMLVideoElement): boolean {
  return (
    document.pictureInPictureElement === video || apple(video).webkitPresentationMode === "picture-in-picture"
  );
}

/** Needs a touch, unless another video of this page floats already. */
export async function float(video: HTMLVideoElement): Promise<void> {
  if (document.pictureInPictureEnabled) await video.requestPictureInPicture();
  else apple(video).webkitSetPresentationMode?.("picture-in-picture");
}

export async function unfloat(video: HTMLVideoElement): Promise<void> {
  if (document.pictureInPictureElement === video) await document.exitPictureInPicture();
  else apple(video).webkitSetPresentationMode?.("inline");
}
