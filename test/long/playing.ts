import type { Session } from "../../src/cli/remote/session.ts";
import { releasePlayback } from "../../src/cli/remote/playback.ts";
import { Playback, type Capabilities, type Channels } from "../../src/protocol/api.ts";
import { eventually, type Daemon } from "../helpers/daemon.ts";

export type Listed = Channels["channels"][number];

/** One client's playback. */
export interface Playing {
  readonly playback: Playback;
  /** Absolute address of the multivariant playlist. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a channel for a paired client.
 * @param capabilities default: it decodes everything, as the native players do
 * @throws TellyportError why the box does not play it
 */
export async function play(
  box: Daemon,
  session: Session,
  channel: string,
  capabilities?: Capabilities,
): Promise<Playing> {
  const playback = await session.call(Playback, {
    method: "POST",
    path: "/api/v1/playback",
    body: { channel, ...(capabilities && { capabilities }) },
    signal: new AbortController().signal,
    timeoutMs: 45_000,
  });
  return {
    playback,
    url: box.url + playback.hls,
    stop: () => releasePlayback(session, playback.id),
  };
}

/** Waits until channels of these names are listed, with what they send if `codecs`. @returns them, in the same order */
export function listed(box: Daemon, names: readonly string[], codecs = true): Promise<Listed[]> {
  return eventually(
    `${names.join(", ")} are listed`,
    async () => {
      const { body } = await box.local<Channels>("GET", "/api/v1/channels");
      const found = names.flatMap((name) =>
        body.channels.filter((one) => one.name === name && (!codecs || one.codecs !== null)).slice(0, 1),
      );
      return found.length === names.length ? found : null;
    },
    90_000,
    250,
  );
}

/** So many at a time. */
export function groupsOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
