/** Milliseconds for a browser to decode one picture. */
const PATIENCE = 5000;
/** Width in pixels of what is drawn: a card on a large screen. */
const WIDTH = 480;

/** One video is decoded at a time: phones have few decoders, and the player wants them. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * An address for an image, of what the box sent as a still: a JPEG as it is, a video's one picture drawn.
 * @throws Error when this browser cannot decode it
 */
export async function stillPicture(body: Blob): Promise<string> {
  if (!body.type.startsWith("video/")) return URL.createObjectURL(body);
  const drawn = turn.then(() => draw(body));
  turn = drawn.catch(() => undefined);
  return URL.createObjectURL(await drawn);
}

async function draw(body: Blob): Promise<Blob> {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "auto";
  const source = URL.createObjectURL(body);
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (): void => reject(new Error("This video shows nothing here"));
      const timer = setTimeout(fail, PATIENCE);
      video.onerror = fail;
      video.onloadeddata = () => {
        clearTimeout(timer);
        resolve();
      };
      video.src = source;
    });
    const canvas = document.createElement("canvas");
    canvas.width = Math.min(WIDTH, video.videoWidth);
    // what is broadcast may have pixels that are not square: all stills are shown as 16:9
    canvas.height = Math.round((canvas.width * 9) / 16);
    canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob(
        (blob) => (blob === null ? reject(new Error("Nothing was drawn")) : resolve(blob)),
        "image/jpeg",
        0.8,
      ),
    );
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(source);
  }
}
