import { createSocket } from "node:dgram";
import type { Clock, Timer } from "../../kernel/clock.ts";

export interface GatewayQuestion<Answer> {
  readonly clock: Clock;
  /** Own address. */
  readonly from: string;
  readonly to: { readonly address: string; readonly port: number };
  readonly question: Uint8Array;
  /** Null: not the answer to this. */
  readonly read: (message: Buffer) => Answer | null;
  /** After each sending, ms; nothing is sent after the last. */
  readonly waits: readonly number[];
  readonly signal: AbortSignal;
}

/**
 * Asks a gateway by datagrams, again until it answers; takes answers from its address and port alone. Never fails.
 * @returns null when it is silent, is not there, or the signal fired
 */
export function askGateway<Answer>(options: GatewayQuestion<Answer>): Promise<Answer | null> {
  const { clock, from, to, question, read, waits, signal } = options;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(null);
    const socket = createSocket(from.includes(":") ? "udp6" : "udp4");
    let timer: Timer | null = null;
    let sent = 0;
    let isOver = false;
    const end = (answer: Answer | null): void => {
      if (isOver) return;
      isOver = true;
      timer?.cancel();
      signal.removeEventListener("abort", onAbort);
      socket.close();
      resolve(answer);
    };
    const onAbort = (): void => end(null);
    const send = (): void => {
      const wait = waits[sent++];
      if (wait === undefined) return end(null);
      socket.send(question, (error) => {
        // Nobody listens there: what asks again soon is the caller.
        if (error !== null) end(null);
      });
      timer = clock.after(wait, send);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("error", () => end(null));
    socket.on("message", (message) => {
      const answer = read(message);
      if (answer !== null) end(answer);
    });
    socket.bind({ address: from, port: 0, exclusive: true }, () => {
      if (isOver) return;
      // A connected socket hears nobody else. Where no way leads there, the callback hears of it, and no event.
      socket.connect(to.port, to.address, (error?: Error) => {
        if (error != null) end(null);
        else if (!isOver) send();
      });
    });
  });
}

/** First wait of PCP, ms. @see RFC 6887 §8.1.1 */
const PCP_FIRST_MS = 3000;
const PCP_LONGEST_MS = 1024_000;

/**
 * Waits of a PCP client: doubled each time, and each by up to a tenth longer or shorter.
 * @param times that it is sent
 * @param random 0 to 1
 * @see RFC 6887 §8.1.1
 */
export function pcpWaits(times: number, random: () => number): number[] {
  const waits: number[] = [];
  for (let i = 0; i < times; i++) {
    const jitter = 1 + (random() - 0.5) / 5;
    const before = waits.at(-1);
    waits.push(
      before === undefined ? PCP_FIRST_MS * jitter : Math.min(PCP_LONGEST_MS, before * (1 + jitter)),
    );
  }
  return waits.map(Math.round);
}

/** Waits of a NAT-PMP client, ms: nine times a quarter of a second, doubled; given up before its minute is over. @see RFC 6886 §3.1 */
export function natPmpWaits(times: number): number[] {
  return Array.from({ length: times }, (_, at) => 250 * 2 ** at);
}
