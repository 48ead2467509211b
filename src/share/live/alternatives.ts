import { TellyportError, isTellyportError, type ErrorCode } from "../../kernel/errors.ts";
import type { Capabilities } from "../../protocol/api.ts";
import type { WeightClass } from "../../tuner/ports.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import { choosePlayable } from "./choose-playable.ts";

/** Who is looking for something to watch, and where. */
export interface Seeker {
  readonly channels: ChannelList;
  readonly weight: WeightClass;
  readonly capabilities: Capabilities | undefined;
  /** What the rules let it watch now. */
  readonly allows: (channel: StoredChannel) => boolean;
}

/** Refusals after which another channel may be the way on. */
const HELPED_BY_ANOTHER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "client-cannot-decode",
  "device-busy",
  "device-gone",
  "displaced",
  "no-data",
  "no-lock",
  "no-tuner-free",
  "parental-channel",
  "parental-rating",
  "scrambled",
  "service-not-on-air",
  "stream-start-timeout",
  "transcoder-busy",
  "transcoder-failed",
  "transcoder-missing",
  "tuner-limit",
  "wrong-multiplex",
]);

/** Those for want of a tuner, or for the programme: the message names some channels. */
const NAMING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "displaced",
  "no-tuner-free",
  "parental-rating",
  "tuner-limit",
]);
/** How many of them. */
const NAMED = 3;

/** What somebody is told. */
interface Answer {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>> | undefined;
}

/** Adds to a refusal what the client could watch instead, where that helps: by id in `detail.free`, a few by name. */
export function withAlternatives(error: unknown, seeker: Seeker): unknown {
  if (!isTellyportError(error) || !HELPED_BY_ANOTHER.has(error.code)) return error;
  const { code, message, detail } = endWithAlternatives(
    { code: error.code, message: error.message, detail: error.detail },
    seeker,
  );
  return new TellyportError(code, message, {
    cause: error,
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(detail !== undefined && { detail }),
  });
}

/** The same for a playback that ended. */
export function endWithAlternatives(end: Answer, seeker: Seeker): Answer {
  if (!HELPED_BY_ANOTHER.has(end.code)) return end;
  const free = watchable(seeker);
  return {
    code: end.code,
    message: NAMING.has(end.code) && free.length > 0 ? `${end.message} ${sentence(free)}` : end.message,
    detail: { ...end.detail, free: free.map(({ id }) => id) },
  };
}

/** `You can watch One, Two or Three now.` */
function sentence(free: readonly StoredChannel[]): string {
  const names = free.slice(0, NAMED).map(({ name }) => name);
  const last = names.pop() ?? "";
  return `You can watch ${names.length === 0 ? last : `${names.join(", ")} or ${last}`} now.`;
}

/** The channels that a client could watch now, without taking a tuner from anybody. */
function watchable({ channels, weight, capabilities, allows }: Seeker): StoredChannel[] {
  return channels.all().filter((channel) => {
    if (!channel.visible || channel.kind === "data" || channel.scrambled || !allows(channel)) return false;
    const unknown = channel.codecs === null;
    if (unknown ? capabilities !== undefined : !choosePlayable(channel.codecs, capabilities).ok) return false;
    const availability = channels.availability(channel, weight);
    return availability === "free" || availability === "shares-tuner";
  });
}
