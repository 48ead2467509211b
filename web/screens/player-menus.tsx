import type { Signal } from "@preact/signals";
import { languageName, t } from "../i18n/index.ts";
import type { AudioTrack } from "../player/audio-tracks.ts";
import type { Player } from "../player/player.ts";
import { QUALITIES } from "../player/quality.ts";
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
    key: track.language ?? String(track.id),
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
  const choices = QUALITIES.map((quality) => ({
    key: quality,
    words: t(`quality.${quality}`),
    chosen: player.quality.value === quality,
    choose: () => player.chooseQuality(quality),
  }));
  return (
    <ChoiceMenu name="quality" icon="quality" label={t("player.quality")} choices={choices} open={open} />
  );
}

function soundWords(track: AudioTrack, index: number): string {
  const language =
    languageName(track.language ?? undefined) ??
    (track.name || t("player.audio.unknown", { number: index + 1 }));
  return track.described ? t("player.audio.described", { language }) : language;
}

function subtitleWords(track: SubtitleTrack, index: number): string {
  if (track.captions) return t("player.captions");
  const language =
    languageName(track.language ?? undefined) ?? t("player.subtitles.unknown", { number: index + 1 });
  return track.hardOfHearing ? t("player.subtitles.hard", { language }) : language;
}
