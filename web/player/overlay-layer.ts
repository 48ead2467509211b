import type { OverlayDisplay, OverlayRegion } from "./overlay-timeline.ts";

/** Pixels that the layer is at least wide, so that letters on a small picture stay sharp. */
const SHARP = 1280;

/**
 * Draws subtitles that are pictures on a canvas of the video's own proportions: with `object-fit: contain` both take up the
 * same rectangle in every layout, in full screen, and whichever way the phone is held.
 */
export class OverlayLayer {
  readonly #canvas: HTMLCanvasElement;
  readonly #video: HTMLVideoElement;
  readonly #pictures = new WeakMap<OverlayRegion, Promise<ImageBitmap | null>>();
  #shown: OverlayDisplay | null = null;
  #turn = 0;

  constructor(canvas: HTMLCanvasElement, video: HTMLVideoElement) {
    this.#canvas = canvas;
    this.#video = video;
    video.addEventListener("resize", this.#redraw);
  }

  /** Decodes ahead of time. */
  prepare(displays: readonly OverlayDisplay[]): void {
    for (const { regions } of displays) for (const region of regions) void this.#picture(region);
  }

  show(display: OverlayDisplay | null): void {
    if (display === this.#shown) return;
    this.#shown = display;
    this.#redraw();
  }

  close(): void {
    this.show(null);
    this.#video.removeEventListener("resize", this.#redraw);
  }

  readonly #redraw = (): void => void this.#draw(this.#shown, ++this.#turn);

  async #draw(display: OverlayDisplay | null, turn: number): Promise<void> {
    const { videoWidth, videoHeight } = this.#video;
    const canvas = this.#canvas;
    const context = canvas.getContext("2d");
    if (context === null) return;
    canvas.toggleAttribute("data-showing", display !== null);
    if (display === null || videoWidth === 0) return context.clearRect(0, 0, canvas.width, canvas.height);
    const pictures = await Promise.all(display.regions.map((region) => this.#picture(region)));
    if (turn !== this.#turn) return;
    const scale = Math.max(1, SHARP / videoWidth);
    canvas.width = Math.round(videoWidth * scale); // clears it as well
    canvas.height = Math.round(videoHeight * scale);
    const across = canvas.width / display.width;
    const down = canvas.height / display.height;
    display.regions.forEach(({ x, y, width, height }, index) => {
      const picture = pictures[index];
      if (picture) context.drawImage(picture, x * across, y * down, width * across, height * down);
    });
  }

  /** Never an address: the page's content security policy lets no picture in by one. @returns null when it is none */
  #picture(region: OverlayRegion): Promise<ImageBitmap | null> {
    let picture = this.#pictures.get(region);
    if (picture === undefined) {
      picture = decode(region.png).catch(() => null);
      this.#pictures.set(region, picture);
    }
    return picture;
  }
}

async function decode(base64: string): Promise<ImageBitmap> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: "image/png" }));
}
