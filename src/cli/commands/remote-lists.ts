import { TellyportError } from "../../kernel/errors.ts";
import { Channels, Guide, type Channel, type Programme } from "../../protocol/api.ts";
import { renderChannels, renderGuide } from "../channel-table.ts";
import { JSON_OPTION, type Command } from "../command.ts";
import { clockOf, type Io } from "../io.ts";
import { matchOne } from "../match.ts";
import { CredentialsFile, credentialsPath } from "../remote/credentials.ts";
import { openSession, type Session } from "../remote/session.ts";
import { report } from "../report.ts";

export const remoteChannels: Command = {
  path: ["remote", "channels"],
  summary: "List the channels of the box this machine is paired with",
  options: JSON_OPTION,
  async run(args, io) {
    const answer = await channelsOf(await sessionOf(io), io.signal);
    return report(args, io, answer, () => renderChannels(answer.channels, io.stdout.columns));
  },
};

export const remoteGuide: Command = {
  path: ["remote", "guide"],
  summary: "Show the schedule",
  options: {
    channel: { type: "string", value: "CHANNEL", help: "Of this channel only: its number, name or id" },
    ...JSON_OPTION,
  },
  async run(args, io) {
    const session = await sessionOf(io);
    const { channels } = await channelsOf(session, io.signal);
    const wanted = args.text("channel");
    const channel = wanted === undefined ? null : findChannel(wanted, channels);
    const query = channel === null ? "" : `?channel=${encodeURIComponent(channel.id)}`;
    const path = `/api/v1/guide${query}`;
    const guide = await session.call(Guide, { method: "GET", path, signal: io.signal });
    return report(args, io, guide, () => renderGuide(withNames(guide.channels, channels), io.stdout.columns));
  },
};

/** @throws TellyportError `credentials-missing` */
export function sessionOf(io: Io): Promise<Session> {
  const clock = clockOf(io);
  return openSession(new CredentialsFile(credentialsPath(io.env), clock), clock);
}

export function channelsOf(session: Session, signal: AbortSignal): Promise<Channels> {
  return session.call(Channels, { method: "GET", path: "/api/v1/channels", signal });
}

/** @throws TellyportError `channel-not-found`, `usage` when several fit */
export function findChannel(wanted: string, channels: readonly Channel[]): Channel {
  if (channels.length === 0)
    throw new TellyportError(
      "channel-not-found",
      "The box knows no channel yet: its owner finds them with `tellyport scan`.",
    );
  return matchOne(wanted, channels, "channel", "channel-not-found", "remote channels");
}

function withNames(
  guide: Guide["channels"],
  channels: readonly Channel[],
): { name: string; programmes: Programme[] }[] {
  const names = new Map(channels.map(({ id, number, name }) => [id, `${number} ${name}`]));
  return guide.map((one) => ({ name: names.get(one.channel) ?? one.channel, programmes: one.programmes }));
}
