import type { ByteRange } from "./playlist-model.ts";

/** One answer, all of it. Times are `performance.now()`. */
export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly sentAt: number;
  readonly endedAt: number;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly range?: ByteRange;
  /** After which it is given up, ms; default 15 s. */
  readonly timeoutMs?: number;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A page elsewhere that plays the stream: what CORS is asked for. */
export const ORIGIN = "https://player.example";
/** No segment of a broadcast is as large; what is, is not read to its end. */
const MOST_BYTES = 64 * 2 ** 20;

/** GETs that end with the check. Redirects are not followed: none is allowed. */
export class Http {
  readonly #fetch: Fetch;
  readonly #signal: AbortSignal;
  /** Of answers that nothing held back, ms. */
  readonly roundTrips: number[] = [];

  constructor(fetch: Fetch, signal: AbortSignal) {
    this.#fetch = fetch;
    this.#signal = signal;
  }

  /** @throws when there is no answer in time, or the check is over */
  async get(url: string, asked: Asked = {}): Promise<Answer> {
    const { range } = asked;
    const sentAt = performance.now();
    const response = await this.#fetch(url, {
      method: asked.method ?? "GET",
      redirect: "manual",
      headers: {
        "accept-encoding": "identity",
        origin: ORIGIN,
        ...(range && { range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
        ...asked.headers,
      },
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(asked.timeoutMs ?? 15_000)]),
    });
    const chunks: Uint8Array[] = [];
    let length = 0;
    const body: AsyncIterable<Uint8Array> | null = response.body;
    if (body !== null)
      for await (const chunk of body) {
        chunks.push(chunk);
        length += chunk.length;
        if (length > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
      }
    const { status, headers } = response;
    return { url, status, headers, body: Buffer.concat(chunks), sentAt, endedAt: performance.now() };
  }

  /** Notes the time of an answer that nothing held, ms. */
  immediate(took: number): void {
    if (this.roundTrips.length < 500) this.roundTrips.push(Math.max(0, took));
  }
}

export const isOver = (signal: AbortSignal): boolean => signal.aborted;

/** Waits, or until the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
