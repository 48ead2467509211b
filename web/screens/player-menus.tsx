import type { Signal } from "@preact/signals";
import { languageName, t, tag } from "../i18n/index.ts";
import { surroundOf, type AudioTrack } from "../player/audio-tracks.ts";
import type { Player } from "../player/player.ts";
import { QUALITIES, type Quality } from "../player/quality.ts";
import { isHeld, MADE_RATES, megabits, PLENTY } from "../player/rates.ts";
import type { SubtitleTrack } from "../player/subtitle-tracks.ts";
import { ChoiceMenu, type Choice } from "./choice-menu.tsx";

interface MenuProps {
  player: Player;
  open: Signal<string | null>;
}

/** Which sound to hear, where a channel sends several. */
export function AudioMenu({ player, open }: MenuProps) {
  const tracks = player.audioTracks.value;
  if (tracks.length < 2) return null;
  const choices = tracks.map((track, index) => ({
    key: (track.language ?? String(track.id)) + (track.described ? "-described" : ""),
    words: soundWords(track, index),
    chosen: track.chosen,
    choose: () => player.chooseAudio(track),
  }));
  return <ChoiceMenu name="audio" icon="track" label={t("player.audio")} choices={choices} open={open} />;
}

/** Which subtitles to read, if any. */
export function SubtitleMenu({ player, open }: MenuProps) {
  const tracks = player.subtitles.value;
  if (tracks.length === 0) return null;
  const off: Choice = {
    key: "off",
    words: t("player.subtitles.off"),
    chosen: !tracks.some(({ chosen }) => chosen),
    choose: () => player.chooseSubtitles(null),
  };
  const choices = tracks.map((track, index) => ({
    key: track.id,
    words: subtitleWords(track, index),
    chosen: track.chosen,
    choose: () => player.chooseSubtitles(track),
  }));
  const label = t("player.subtitles");
  return (
    <ChoiceMenu name="subtitles" icon="subtitles" label={label} choices={[off, ...choices]} open={open} />
  );
}

/** How good the picture is to be; the box converts it for weak links. */
export function QualityMenu({ player, open }: MenuProps) {
  const link = player.link.rate;
  const isOpen = open.value === "quality";
  const { auto } = player.wishes;
  const isAuto = player.wishes.quality.value === "auto";
  const first: Choice = {
    key: "auto",
    words: t("quality.auto"),
    note: isAuto
      ? t("quality.auto.now", { quality: t(`quality.${auto.quality.value}`) })
      : t("quality.auto.what"),
    chosen: isAuto,
    choose: () => player.chooseQuality("auto"),
  };
  const fixed = QUALITIES.map((quality) => ({
    key: quality,
    words: t(`quality.${quality}`),
    note: isOpen ? rateWords(rateOf(player, quality), link) : undefined,
    chosen: player.wishes.quality.value === quality,
    choose: () => player.chooseQuality(quality),
  }));
  const about = isOpen && link !== null ? linkWords(link) : undefined;
  const label = t("player.quality");
  return (
    <ChoiceMenu
      name="quality"
      icon="quality"
      label={label}
      about={about}
      choices={[first, ...fixed]}
      open={open}
    />
  );
}

/** Bits per second of a choice; null: not known. What is broadcast is known while it is watched. */
function rateOf(player: Player, quality: Quality): number | null {
  if (quality !== "original") return MADE_RATES[quality];
  return player.wishes.asBroadcast ? (player.facts()?.bitRate ?? null) : null;
}

function linkWords(link: number): string {
  const words = link > PLENTY ? "quality.link.plenty" : "quality.link";
  return t(words, { rate: megabits(Math.min(link, PLENTY), tag.value) });
}

function rateWords(rate: number | null, link: number | null): string | undefined {
  if (rate === null) return undefined;
  const words = link === null || isHeld(rate, link) ? "quality.rate" : "quality.rate.over";
  return t(words, { rate: megabits(rate, tag.value) });
}

function soundWords(track: AudioTrack, index: number): string {
  const language =
    languageName(track.language ?? undefined) ??
    (track.name || t("player.audio.unknown", { number: index + 1 }));
  const spoken = track.described ? t("player.audio.described", { language }) : language;
  const surround = surroundOf(track.channels);
  return surround === null ? spoken : t(`player.audio.${surround}`, { sound: spoken });
}

function subtitleWords(track: SubtitleTrack, index: number): string {
  if (track.captions) return t("player.captions");
  const language =
    languageName(track.language ?? undefined) ?? t("player.subtitles.unknown", { number: index + 1 });
  return track.hardOfHearing ? t("player.subtitles.hard", { language }) : language;
}
