import { groundFor, type Ground } from "./logo-ground.ts";

/** Pixels of each side that the ground is judged by. */
const SAMPLE = 24;

/**
 * An address for an image, of what the box sent as a logo; its fragment says on which ground it can be seen.
 * @throws Error when this browser cannot show it
 */
export async function logoPicture(body: Blob): Promise<string> {
  const address = URL.createObjectURL(body);
  try {
    return `${address}#${await groundOf(address)}`;
  } catch (error) {
    URL.revokeObjectURL(address);
    throw error;
  }
}

/** @param address as `logoPicture` made it */
export function groundAt(address: string): Ground {
  return address.endsWith("#dark") ? "dark" : "light";
}

async function groundOf(address: string): Promise<Ground> {
  const image = new Image();
  await new Promise<void>((resolve, reject) => {
    image.onload = () => resolve();
    image.onerror = () => reject(new Error("This picture shows nothing here"));
    image.src = address;
  });
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SAMPLE;
  const context = canvas.getContext("2d");
  if (context === null) return "light";
  context.drawImage(image, 0, 0, SAMPLE, SAMPLE);
  return groundFor(context.getImageData(0, 0, SAMPLE, SAMPLE).data);
}
