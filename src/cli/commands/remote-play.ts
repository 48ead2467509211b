import { isTellyportError } from "../../kernel/errors.ts";
import type { Channel, Playback } from "../../protocol/api.ts";
import { JSON_OPTION, type Arguments, type Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { clockOf, printJson, type Io } from "../io.ts";
import { originOf } from "../remote/box-address.ts";
import { openMediaRelay, type MediaRelay } from "../remote/media-relay.ts";
import { PLAYERS, playerArguments, runPlayer, type Player } from "../remote/player.ts";
import { keepPlaybackAlive, releasePlayback, startPlayback, type PlaybackForm } from "../remote/playback.ts";
import type { Session } from "../remote/session.ts";
import { printable } from "../text.ts";
import { channelsOf, findChannel, sessionOf } from "./remote-lists.ts";

export const remotePlay: Command = {
  path: ["remote", "play"],
  summary: "Play a channel: print its address and keep it alive until interrupted",
  positionals: [{ name: "channel", help: "Its number, its name or how the name begins, or its id" }],
  options: {
    player: {
      type: "string",
      value: "PLAYER",
      choices: PLAYERS,
      help: "Open it in a player, and end with it",
    },
    "low-latency": {
      type: "boolean",
      help: "List parts of segments too, for players that know them (hls.js, AVPlayer, Shaka)",
    },
    container: {
      type: "string",
      value: "FORM",
      choices: ["fmp4", "ts"],
      help: "fmp4 (default), or ts: MPEG transport stream segments",
    },
    quality: {
      type: "string",
      value: "QUALITY",
      choices: ["original", "medium", "low"],
      help: "original (default); medium and low are converted on the box, for weak links",
    },
    ...JSON_OPTION,
  },
  notes: [
    "With --json the first line is {id, hls, expiresAt}. The address holds for this playback alone and ends with this command.",
    "Where the box's certificate is its own, the address is one of this machine, which hands the box's media on after checking the certificate: players cannot.",
  ],
  async run(args, io) {
    const session = await sessionOf(io);
    const { channels } = await channelsOf(session, io.signal);
    const channel = findChannel(args.required(0), channels);
    const playback = await startPlayback(session, channel.id, io.signal, formOf(args));
    let relay: MediaRelay | null = null;
    try {
      relay = session.credentials.box.trust?.kind === "pinned" ? await openMediaRelay(session) : null;
      const hls = new URL(playback.hls, relay?.origin ?? originOf(session.address)).href;
      announce(io, args.has("json"), channel, playback, hls);
      // The parser has checked that it is one of these.
      const player = args.text("player") as Player | undefined;
      await playUntilOver(session, playback, io, player && { player, channel, hls, json: args.has("json") });
      return EXIT.ok;
    } finally {
      await relay?.close();
      await releasePlayback(session, playback.id);
    }
  },
};

function formOf(args: Arguments): PlaybackForm {
  // The parser has checked that they are among the choices.
  const container = args.text("container") as PlaybackForm["container"];
  const quality = args.text("quality") as PlaybackForm["quality"];
  return {
    lowLatency: args.has("low-latency"),
    ...(container !== undefined && { container }),
    ...(quality !== undefined && { quality }),
  };
}

function announce(io: Io, json: boolean, channel: Channel, playback: Playback, hls: string): void {
  if (json) {
    printJson(io, { id: playback.id, hls, expiresAt: playback.expiresAt });
  } else {
    io.stdout.write(`${channel.number} ${printable(channel.name)}\n${hls}\n`);
  }
}

/** @throws TellyportError why the box ended it, or `player-failed` */
async function playUntilOver(
  session: Session,
  playback: Playback,
  io: Io,
  watch: { player: Player; channel: Channel; hls: string; json: boolean } | undefined,
): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([io.signal, over.signal]);
  const kept = keepPlaybackAlive(session, playback.id, { clock: clockOf(io), signal }).finally(() =>
    over.abort(),
  );
  const played =
    watch === undefined
      ? Promise.resolve()
      : runPlayer(watch.player, playerArguments(watch.player, watch.hls, printable(watch.channel.name)), {
          signal,
          keyboard: !watch.json,
          env: io.env,
        }).finally(() => over.abort());
  const [ended, player] = await Promise.allSettled([kept, played]);
  if (ended.status === "rejected") throw ended.reason;
  // Why the box ended it says more than that the player ran dry of it.
  if (ended.value !== null) throw ended.value;
  if (player.status === "rejected" && !(io.signal.aborted && isTellyportError(player.reason)))
    throw player.reason;
}
