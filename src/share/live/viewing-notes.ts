import { isTellyportError, type ErrorCode } from "../../kernel/errors.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import type { ViewingNote, Watching } from "../ports.ts";
import type { PlaybacksOptions } from "./playbacks-options.ts";
import type { PlaybackEntry } from "./running-playback.ts";

/** What is known of channels and their programmes. */
type Known = Pick<PlaybacksOptions, "channels" | "titleAt" | "clock">;

/** Refusals that an owner may want to read of later. */
const BY_RULES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "parental-channel",
  "parental-hours",
  "parental-rating",
  "quota-used",
  "session-limit",
]);

/** What is noted of a playback that ends now. @param reason how */
export function watchedNote(entry: PlaybackEntry, reason: ErrorCode, known: Known): ViewingNote {
  const { channel: key, home, startedAt } = entry;
  const channel = { id: key, name: known.channels.get(key)?.name ?? "" };
  const { client } = entry.principal;
  const { seconds } = entry.meter;
  return {
    kind: "watched",
    client,
    channel,
    home,
    reason,
    seconds,
    startedAt,
    title: titleOf(entry, known),
  };
}

/** What was on in the middle of it: at the end the next programme has often begun. */
function titleOf({ channel, startedAt }: PlaybackEntry, { channels, titleAt, clock }: Known): string | null {
  const known = channels.get(channel);
  const middle = (startedAt + clock.now()) / 2;
  return known === undefined ? null : (titleAt?.(known, middle) ?? null);
}

/** What is noted of a channel that was refused; null: it was not by the rules, and nothing is. */
export function refusalNote(
  error: unknown,
  { principal, home }: Watching,
  { id, name }: StoredChannel,
): ViewingNote | null {
  if (!isTellyportError(error) || !BY_RULES.has(error.code)) return null;
  const { client } = principal;
  return { kind: "watch-refused", client, channel: { id, name }, home, reason: error.code };
}
