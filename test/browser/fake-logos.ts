import type { ServerResponse } from "node:http";
import { crc32, deflateSync } from "node:zlib";
import type { Channel } from "../../src/protocol/api.ts";
import { Refusal } from "./refusal.ts";

/** The pictures that an owner chose for channels. */
export class FakeLogos {
  readonly #bodies = new Map<string, Buffer>();
  /** What is asked for is answered when this is over. */
  held: Promise<void> = Promise.resolve();

  /** @returns the channel with it */
  give(channel: Channel, body: Buffer): Channel {
    this.#bodies.set(channel.id, body);
    return { ...channel, logo: `v${body.length}` };
  }

  /** @returns whether the route is one of these */
  async answer(route: string, response: ServerResponse): Promise<boolean> {
    const id = /^GET \/channels\/([\w-]+)\/logo$/.exec(route)?.[1];
    if (id === undefined) return false;
    await this.held;
    const body = this.#bodies.get(id);
    if (body === undefined) throw new Refusal(404, "logo-not-found");
    response.writeHead(200, { "content-type": "image/png", "cache-control": "private, no-cache" });
    response.end(body);
    return true;
  }
}

/** A broadcaster's sign, as PNG: an H of three bars. @param colour `rrggbb` @param ground null: on nothing */
export function sampleLogo(colour: string, ground: string | null = null, width = 200, height = 100): Buffer {
  const ink = Buffer.from(`${colour}ff`, "hex");
  const none = Buffer.from(ground === null ? "00000000" : `${ground}ff`, "hex");
  const rows: Buffer[] = [];
  for (let y = 0; y < height; y++) {
    rows.push(Buffer.from([0])); // no filter
    const across = y > height * 0.38 && y < height * 0.62;
    for (let x = 0; x < width; x++) rows.push(across || x < width * 0.22 || x > width * 0.74 ? ink : none);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 6, 0, 0, 0], 8); // 8 bits, with opacity
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(Buffer.concat(rows))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** @see PNG (3rd edition) §5.3 */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, check]);
}
