// Draws icon.svg's shapes into a PNG, by distance to each shape: no picture library, no binary in the repository.
import { crc32, deflateSync } from "node:zlib";

const GREEN = [15, 110, 102];

/** Distance to a rounded rectangle's edge, negative inside; x, y its centre, w, h half its size. */
const roundedBox = (px, py, x, y, w, h, radius) => {
  const dx = Math.abs(px - x) - w + radius;
  const dy = Math.abs(py - y) - h + radius;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
};

/** Distance to a convex polygon's edge, clockwise points, negative inside; corners come out sharp. */
const polygon = (px, py, points) =>
  Math.max(
    ...points.map(([ax, ay], index) => {
      const [bx, by] = points[(index + 1) % points.length];
      return ((px - ax) * (by - ay) - (py - ay) * (bx - ax)) / Math.hypot(bx - ax, by - ay);
    }),
  );

/** Distance to the white drawing, in a square of 512. */
const drawing = (x, y) =>
  Math.min(
    Math.abs(roundedBox(x, y, 256, 232, 160, 108, 40)) - 14,
    polygon(x, y, [
      [222, 180],
      [310, 232],
      [222, 284],
    ]) - 8,
    roundedBox(x, y, 256, 394, 80, 14, 14),
  );

/** @returns a PNG of the icon, edge to edge, so that phones may cut it to their shape */
export function drawIcon(size) {
  const scale = 512 / size;
  const rows = Buffer.alloc(size * (size * 3 + 1));
  for (let y = 0; y < size; y++) {
    let at = y * (size * 3 + 1) + 1;
    for (let x = 0; x < size; x++) {
      const distance = drawing((x + 0.5) * scale, (y + 0.5) * scale) / scale;
      const white = Math.min(1, Math.max(0, 0.5 - distance));
      for (const part of GREEN) rows[at++] = Math.round(part + (255 - part) * white);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body) >>> 0, body.length + 4);
  return out;
}
