/** On which ground a picture can be seen. */
export type Ground = "light" | "dark";

/** Of a point, 0 to 255: what is fainter than this does not count. */
const FAINT = 32;
/** 0 to 255: brighter ones are lost on a light ground. */
const BRIGHT = 170;

/**
 * Logos are often white, or black, on nothing: a white one gets a dark ground, all others a light one.
 * @param points red, green, blue and opacity of each, 0 to 255
 */
export function groundFor(points: ArrayLike<number>): Ground {
  let sum = 0;
  let weight = 0;
  for (let index = 0; index + 3 < points.length; index += 4) {
    const [red = 0, green = 0, blue = 0, opacity = 0] = [0, 1, 2, 3].map((part) => points[index + part]);
    if (opacity < FAINT) continue;
    sum += (0.2126 * red + 0.7152 * green + 0.0722 * blue) * opacity;
    weight += opacity;
  }
  return weight > 0 && sum / weight > BRIGHT && weight < opaque(points) ? "dark" : "light";
}

/** What the opacities of a picture without holes come to: such a one brings its own ground. */
function opaque(points: ArrayLike<number>): number {
  return Math.floor(points.length / 4) * 250;
}
