import type { Multiplex, Signal } from "../../../../src/tuner/ports.ts";
import type { ShimChild } from "../../../helpers/dvbshim.ts";

/** What the child of `dvb.child.ts` is asked, and what it answers. */

export interface Judged {
  readonly packets: number;
  readonly misaligned: number;
  readonly overflows: number;
  readonly syncLosses: number;
  readonly continuityErrors: number;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly pids: Readonly<Record<string, number>>;
  readonly signal: Signal;
}
export type Tuned =
  | { readonly locked: true; readonly ms: number }
  | { readonly locked: false; readonly code: string; readonly message: string; readonly ms: number };
export interface Resources {
  readonly descriptors: number;
  readonly threads: number;
}
export interface Found {
  readonly complete: boolean;
  readonly transportStreamId: number | null;
  readonly services: readonly { readonly id: number; readonly name: string; readonly onAir: boolean }[];
}

export const terrestrial = (frequencyHz: number): Multiplex => ({
  id: `dvbt-${frequencyHz}`,
  delivery: { system: "dvbt", frequencyHz, bandwidthHz: 8_000_000, plp: null },
});
export const satellite = (frequencyKHz: number): Multiplex => ({
  id: `dvbs2-${frequencyKHz}`,
  delivery: {
    system: "dvbs2",
    frequencyKHz,
    symbolRate: 29_950_000,
    polarisation: "H",
    orbital: null,
  },
});

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function eventually<T>(
  get: () => Promise<T>,
  good: (value: T) => boolean,
  ms = 10_000,
): Promise<T> {
  const until = performance.now() + ms;
  for (;;) {
    const value = await get();
    if (good(value) || performance.now() > until) return value;
    await sleep(20);
  }
}

/** One tuner of the child, asked. */
export function tunerOf(child: ShimChild, id: string) {
  const judge = (): Promise<Judged> => child.ask<Judged>("judge", { id });
  return {
    tune: (multiplex: Multiplex, rest: { abortMs?: number; pids?: number[] } = {}) =>
      child.ask<Tuned>("tune", { id, multiplex, ...rest }),
    filter: (pids: readonly number[] | "all") => child.ask("filter", { id, pids }),
    judge,
    /** What was received once there is so much of it. */
    received: (packets: number, ms?: number) => eventually(judge, (judged) => judged.packets >= packets, ms),
    head: async () => Buffer.from(await child.ask<string>("head", { id }), "base64"),
    services: () => child.ask<Found>("services", { id }),
    close: () => child.ask<number>("close", { id }),
  };
}
