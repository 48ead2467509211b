import type { AudioFamily, Capabilities, Channel, VideoFamily } from "../../src/protocol/api.ts";

/** Why a channel cannot be watched on this device now. */
export type Obstacle =
  | { readonly kind: "scrambled" | "no-signal" | "busy" | "data" }
  | { readonly kind: "video"; readonly family: VideoFamily }
  | { readonly kind: "audio"; readonly family: AudioFamily };

/** What the box can make of everything else, if it converts at all: who decodes these is not warned of anything. */
const MADE = { video: "avc", audio: "aac" } as const;

/**
 * What the list says instead of letting a person run into it. The box has the last word: it is asked all the same.
 * @param capabilities null while not yet measured
 */
export function obstacleOf(channel: Channel, capabilities: Capabilities | null): Obstacle | null {
  if (channel.kind === "data") return { kind: "data" };
  if (channel.scrambled || channel.availability === "scrambled") return { kind: "scrambled" };
  if (channel.availability === "no-signal") return { kind: "no-signal" };
  if (channel.codecs !== null && capabilities !== null) {
    const { video, audio } = channel.codecs;
    if (
      video !== null &&
      !capabilities.video.some((family) => family === video.family || family === MADE.video)
    )
      return { kind: "video", family: video.family };
    const first = audio[0];
    const heard = [...audio.map(({ family }) => family), MADE.audio];
    if (first !== undefined && !heard.some((family) => capabilities.audio.includes(family)))
      return { kind: "audio", family: first.family };
  }
  return channel.availability === "busy" ? { kind: "busy" } : null;
}

/** The channel that is `step` places away among those that can be watched, round the corner; null when there is no other. */
export function neighbour(
  channels: readonly Channel[],
  from: string,
  step: 1 | -1,
  capabilities: Capabilities | null,
): Channel | null {
  const start = channels.findIndex(({ id }) => id === from);
  for (let i = 1; i <= channels.length; i++) {
    const at = (start + step * i + channels.length * 2) % channels.length;
    const channel = channels[at];
    if (channel === undefined || channel.id === from) continue;
    const obstacle = obstacleOf(channel, capabilities);
    if (obstacle === null || obstacle.kind === "busy") return channel;
  }
  return null;
}

/** The list after an event: `changed` holds whole channels, known ones and new ones. */
export function withChanges(channels: readonly Channel[], changed: readonly Channel[]): Channel[] {
  const byId = new Map(channels.map((channel) => [channel.id, channel]));
  for (const channel of changed) byId.set(channel.id, channel);
  return [...byId.values()].sort((a, b) => a.number - b.number);
}

/** Channels whose number starts with, or whose name or programme contains, what was typed. */
export function matching(channels: readonly Channel[], typed: string): readonly Channel[] {
  const text = fold(typed.trim());
  if (text === "") return channels;
  return channels.filter(
    ({ number, name, now }) =>
      String(number).startsWith(text) || fold(name).includes(text) || fold(now?.title ?? "").includes(text),
  );
}

/** Without case, accents and full-width forms: `ＡＲＴÉ` is found by `arte`. */
function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
