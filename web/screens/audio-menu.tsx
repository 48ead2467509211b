import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { languageName, t } from "../i18n/index.ts";
import type { AudioTrack } from "../player/audio-tracks.ts";
import type { Player } from "../player/player.ts";
import { moveFocus } from "./arrow-keys.ts";
import { Icon } from "./icon.tsx";

/** Which sound to hear, where a channel sends several. */
export function AudioMenu({ player, open }: { player: Player; open: Signal<boolean> }) {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open.value) return;
    root.current?.querySelector<HTMLElement>("[aria-checked=true]")?.focus();
    const close = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, [open.value]);

  function onKeyDown(event: KeyboardEvent): void {
    event.stopPropagation(); // the same keys change the channel outside of the menu
    if (event.key === "Escape") open.value = false;
    else moveFocus(event, root.current?.querySelector("[role=menu]") ?? null);
  }

  return (
    <div class="menu-anchor" ref={root}>
      <button
        class="round"
        data-action="audio"
        aria-label={t("player.audio")}
        aria-haspopup="menu"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        <Icon name="track" />
      </button>
      {open.value && (
        <div class="menu" role="menu" aria-label={t("player.audio")} onKeyDown={onKeyDown}>
          {player.audioTracks.value.map((track, index) => (
            <button
              key={track.id}
              role="menuitemradio"
              aria-checked={track.chosen}
              data-track={track.language ?? String(track.id)}
              onClick={() => {
                player.chooseAudio(track);
                open.value = false;
              }}
            >
              {trackWords(track, index)}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function trackWords(track: AudioTrack, index: number): string {
  const language =
    languageName(track.language ?? undefined) ??
    (track.name || t("player.audio.unknown", { number: index + 1 }));
  return track.described ? t("player.audio.described", { language }) : language;
}
