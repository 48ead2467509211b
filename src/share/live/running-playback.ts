import type { Milliseconds } from "../../kernel/units.ts";
import type { Capabilities, PlaybackReport } from "../../protocol/api.ts";
import type { Principal } from "../../protocol/principal.ts";
import type { Reach, Watching } from "../ports.ts";
import type { LiveStream } from "./live-stream.ts";
import type { Hold } from "./live-streams.ts";
import type { OpenAnswers } from "./open-answers.ts";
import type { Places } from "./places.ts";
import type { PlaybackMeter } from "./playback-meter.ts";
import type { PlaybackUsage } from "./usage.ts";

/** A playback that runs. */
export interface RunningPlayback extends Watching {
  readonly channel: string;
  readonly stream: LiveStream;
  readonly capabilities: Capabilities | undefined;
  /** Its playlists have parts. */
  readonly lowLatency: boolean;
  /** Monotonic ms of the wish for it. */
  readonly requestedAt: Milliseconds;
  /** How far back it may go. */
  readonly reach: Reach;
  /** Number of the first segment that it may have, unless it may have all. */
  readonly from: number;
}

/** The same with all that is kept of it. */
export interface PlaybackEntry extends RunningPlayback {
  /** Until its media go elsewhere: then it is one away from home, and stays one. */
  home: boolean;
  reach: Reach;
  from: number;
  readonly grant: string;
  readonly hold: Hold;
  readonly startedAt: Milliseconds;
  /** Monotonic ms. */
  readonly startedMonotonic: Milliseconds;
  lastAskedAt: Milliseconds;
  readonly meter: PlaybackMeter;
  /** What the client watched before; null: nothing that is known. */
  readonly previous: string | null;
  readonly answers: OpenAnswers;
  readonly places: Places;
  /** Its multiplex was received already when it was wished for. */
  readonly warm: boolean;
  /** What its client said last of how it goes; null: nothing yet. */
  report: PlaybackReport | null;
}

/** One that is being started. */
export interface StartingPlayback extends Watching {
  readonly abort: AbortController;
  /** It has its place already; before, it waits for its turn, and nothing has ended for it. */
  admitted: boolean;
}

/** Whether somebody may end a playback: its own, or as an owner anybody's. */
export function mayEnd({ client, role }: Principal, { principal }: Watching): boolean {
  return principal.client === client || role === "owner";
}

/** @param endedAt epoch ms; null: it runs */
export function usageOf(entry: PlaybackEntry, endedAt: Milliseconds | null): PlaybackUsage {
  const { id, principal, channel, startedAt, meter } = entry;
  return {
    playback: id,
    principal,
    channel,
    startedAt,
    endedAt,
    bytes: meter.bytes,
    seconds: meter.seconds,
  };
}
