import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Box, Channel, Tuner } from "../../../src/protocol/api.ts";
import { connection } from "../../here.ts";
import { language, languageName, tag } from "../../i18n/index.ts";
import { tw } from "../../i18n/watch.ts";
import type { StageFacts } from "../../player/facts.ts";
import { isSmoothed } from "./smooth-picture.tsx";
import type { Player } from "../../player/player.ts";
import { megabits, PLENTY } from "../../player/rates.ts";
import * as state from "../../state.ts";
import { Icon } from "../icon.tsx";
import { channelsKey, codecKey, frameRate } from "./stream-words.ts";

const EVERY = 1000;
/** An owner's box is asked for the signal at every so many looks. */
const SIGNAL_LOOKS = 3;

/** What was looked up, and when, ms as `performance.now()` has it. */
interface Look {
  readonly at: number;
  readonly facts: StageFacts;
}

export interface FactsPanelProps {
  readonly player: Player;
  readonly channel: Channel | null;
  readonly close: () => void;
}

/** What comes over the air and how it goes, for the curious; once a second while it is open. */
export function FactsPanel({ player, channel, close }: FactsPanelProps) {
  const looks = useSignal<readonly [before: Look | null, now: Look | null]>([null, null]);
  const ahead = useBoxClock();
  const signal = useSignalOf(channel);
  useEffect(() => {
    const look = (): void => {
      const facts = player.facts();
      looks.value = [looks.value[1], facts && { at: performance.now(), facts }];
    };
    look();
    const timer = setInterval(look, EVERY);
    return () => clearInterval(timer);
  }, [player]);
  const [before, now] = looks.value;
  return (
    <aside class="facts" data-facts aria-label={tw("facts")}>
      <header>
        <h2>{tw("facts")}</h2>
        <button class="round" data-action="close-facts" aria-label={tw("facts.close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <dl>
        {channel?.kind !== "radio" && (
          <Fact name="picture" words={now && pictureWords(player, channel, now, before)} />
        )}
        <Fact name="sound" words={now && soundWords(player, now.facts)} />
        <Fact name="rate" words={rateWords("facts.megabits", now?.facts.bitRate)} />
        <Fact name="behind" words={now && behindWords(now.facts, ahead)} />
        <Fact name="buffer" words={now && secondsWords(now.facts.buffer, 1)} />
        {channel?.kind !== "radio" && (
          <Fact
            name="dropped"
            words={now && tw("facts.of", { count: now.facts.dropped, all: now.facts.frames })}
          />
        )}
        <Fact name="stalls" words={timesWords(player.log.stalls)} />
        {player.log.lastStart && (
          <Fact name={player.log.lastStart.kind} words={secondsWords(player.log.lastStart.seconds, 2)} />
        )}
        <Fact name="link" words={linkWords(player.link.rate)} />
        {state.isOwner.value && <Fact name="signal" words={signal} />}
      </dl>
    </aside>
  );
}

type FactName =
  | ("picture" | "sound" | "rate" | "behind" | "buffer" | "dropped" | "stalls" | "link" | "signal")
  | ("start" | "zap");

function Fact({ name, words }: { name: FactName; words: string | null | undefined }) {
  return (
    <>
      <dt>{tw(`facts.${name}`)}</dt>
      <dd data-fact={name}>{words ?? tw("facts.unknown")}</dd>
    </>
  );
}

function pictureWords(
  player: Player,
  channel: Channel | null,
  now: Look,
  before: Look | null,
): string | null {
  const { videoCodec, width, height, frames } = now.facts;
  const broadcast = player.wishes.asBroadcast ? (channel?.codecs?.video ?? null) : null;
  const counted =
    before === null ? null : frameRate(frames - before.facts.frames, (now.at - before.at) / 1000);
  const rate = broadcast?.frameRate ?? counted;
  const parts = [
    codecWords(videoCodec),
    width > 0 ? `${width} × ${height}` : null,
    rate && tw("facts.frames", { rate: Math.round(rate * 100) / 100 }),
    broadcast?.interlaced === true ? tw(isSmoothed.value ? "facts.smoothed" : "facts.interlaced") : null,
  ];
  return listed(parts);
}

function soundWords(player: Player, { audioCodec }: StageFacts): string | null {
  const track = player.audioTracks.value.find(({ chosen }) => chosen);
  const channels = channelsKey(track?.channels ?? null);
  return listed([
    codecWords(audioCodec),
    channels && tw(...channels),
    languageName(track?.language ?? undefined),
    track?.described === true ? tw("sound.described") : null,
  ]);
}

function codecWords(codec: string | null): string | null {
  const key = codec === null ? null : codecKey(codec);
  return key === null ? codec : tw(key);
}

function listed(parts: readonly (string | null | 0)[]): string | null {
  const known = parts.filter(Boolean);
  return known.length === 0 ? null : known.join(language.value === "zh" ? "，" : ", ");
}

function rateWords(key: "facts.megabits" | "facts.about", rate: number | null | undefined): string | null {
  return rate == null ? null : tw(key, { rate: megabits(rate, tag.value) });
}

function linkWords(rate: number | null): string | null {
  if (rate !== null && rate > PLENTY)
    return `> ${tw("facts.megabits", { rate: megabits(PLENTY, tag.value) })}`;
  return rateWords("facts.about", rate);
}

/** @param ahead ms that the box's clock is ahead of this one's */
function behindWords({ receivedAt }: StageFacts, ahead: number | null): string | null {
  if (receivedAt === null || ahead === null) return null;
  return secondsWords(Math.max(0, Date.now() + ahead - receivedAt) / 1000, 1);
}

function secondsWords(seconds: number, digits: number): string {
  return tw("facts.seconds", { seconds: seconds.toFixed(digits) });
}

function timesWords(count: number): string {
  return count === 0 ? tw("facts.never") : count === 1 ? tw("facts.once") : tw("facts.times", { count });
}

/** How far the box's clock is ahead of this device's, ms, better than answers' whole seconds tell; null: not known yet. */
function useBoxClock(): number | null {
  const ahead = useSignal<number | null>(null);
  useEffect(() => {
    const asked = Date.now();
    connection
      .call<Box>("GET", "/api/v1/box", { open: true })
      .then(({ time }) => (ahead.value = Date.parse(time) - (asked + Date.now()) / 2))
      .catch(() => undefined);
  }, []);
  return ahead.value;
}

/** What the tuner of this channel receives, in words; for owners, others are not told. */
function useSignalOf(channel: Channel | null): string | null {
  const words = useSignal<string | null>(null);
  const last = useRef(channel);
  last.current = channel;
  useEffect(() => {
    if (!state.isOwner.value) return;
    const ask = async (): Promise<void> => {
      const { tuners } = await connection.call<{ tuners: Tuner[] }>("GET", "/api/v1/tuners");
      const name = last.current?.name;
      const tuner = tuners.find(
        ({ consumers, services }) => consumers?.length > 0 && services.some((one) => one.name === name),
      );
      words.value = signalWords(tuner?.signal ?? null);
    };
    const look = (): void => void ask().catch(() => (words.value = null));
    look();
    const timer = setInterval(look, EVERY * SIGNAL_LOOKS);
    return () => clearInterval(timer);
  }, [channel?.id]);
  return words.value;
}

function signalWords(signal: Tuner["signal"]): string | null {
  if (signal === null) return null;
  const { strength, cnr, verdict } = signal;
  return listed([
    verdict ? tw(`signal.${verdict.level}`) : null,
    strength === null ? null : `${Math.round(strength)} dBm`,
    cnr === null ? null : `C/N ${Math.round(cnr)} dB`,
  ]);
}
