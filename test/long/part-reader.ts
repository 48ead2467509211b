import { Agent, get, type IncomingMessage } from "node:http";

/** Answer to one request, all of it. */
export interface PartAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** From the request to the last byte, ms. */
  readonly took: number;
}

/** One part as it was received. */
export interface SeenPart {
  /** Path behind the grant: stream, rendition and name. The same for every viewer of a channel. */
  readonly name: string;
  readonly answer: PartAnswer;
  /** From the answer to the playlist that lists it, asked for while it was made, to its last byte; ms. */
  readonly latency: number;
}

/** The renditions of a multivariant playlist that a player fetches: the picture (or first sound) and its default sound. */
export async function renditionsOf(reader: PartReader, multivariant: string): Promise<string[]> {
  const { status, body } = await reader.get(multivariant);
  if (status !== 200) throw new Refused(status, body.toString());
  const text = body.toString();
  const media = /^#EXT-X-MEDIA:TYPE=AUDIO.*DEFAULT=YES.*URI="([^"]+)"/m.exec(text)?.[1];
  const variant = /^[^#\n].*$/m.exec(text)?.[0];
  return [...new Set([variant, media])].flatMap((one) =>
    one === undefined ? [] : [new URL(one, multivariant).href],
  );
}

/** The box said no. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(`${status} ${text.slice(0, 300)}`);
    this.status = status;
  }
}

/** A client with connections of its own, as a low-latency player has them. */
export class PartReader {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 6 });

  get(url: string): Promise<PartAnswer> {
    const from = performance.now();
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: this.#agent, timeout: 30_000 }, (response: IncomingMessage) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.once("error", reject);
        response.once("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(pieces),
            took: performance.now() - from,
          }),
        );
      });
      request.once("timeout", () =>
        request.destroy(new Error(`no answer in 30 s: ${new URL(url).pathname}`)),
      );
      request.once("error", reject);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  /**
   * Follows a media playlist as a low-latency player does until the signal: asks for the next part's playlist, which is held
   * until it is there, then for the part. @throws Refused what is not answered with 200
   */
  async follow(rendition: string, signal: AbortSignal, part: (seen: SeenPart) => void): Promise<void> {
    let directive = "";
    let last = "";
    while (!signal.aborted) {
      const { status, body } = await this.get(rendition + directive);
      const answered = performance.now();
      if (signal.aborted) return;
      if (status !== 200) throw new Refused(status, body.toString());
      const text = body.toString();
      const names = [...text.matchAll(/^#EXT-X-PART:.*URI="([^"]+)"/gm)].map((match) => match[1] ?? "");
      const fresh = last === "" ? names.slice(-1) : names.slice(names.indexOf(last) + 1).slice(-6);
      for (const name of fresh) {
        const url = new URL(name, rendition);
        const answer = await this.get(url.href);
        if (signal.aborted) return;
        if (answer.status !== 200) throw new Refused(answer.status, answer.body.toString());
        last = name;
        part({
          name: url.pathname.split("/").slice(3).join("/"),
          answer,
          latency: performance.now() - answered,
        });
      }
      directive = nextOf(text);
    }
  }
}

/** `_HLS_msn` and `_HLS_part` of what comes next. @see draft-pantos-hls-rfc8216bis §6.2.5.2 */
function nextOf(playlist: string): string {
  const first = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/m.exec(playlist)?.[1] ?? 0);
  const segments = playlist.match(/^#EXTINF:/gm)?.length ?? 0;
  const tail = playlist.slice(Math.max(0, playlist.lastIndexOf("#EXTINF:")));
  const parts = tail.match(/^#EXT-X-PART:/gm)?.length ?? 0;
  return `?_HLS_msn=${first + segments}&_HLS_part=${parts}`;
}
