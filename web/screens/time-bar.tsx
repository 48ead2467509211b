import { useRef } from "preact/hooks";
import { t } from "../i18n/index.ts";
import type { Player } from "../player/player.ts";
import { Icon } from "./icon.tsx";

/** Seconds of a step back or forward. */
export const STEP = 10;
/** Seconds that can be reached before it is worth a bar. */
const WORTH_SHOWING = 15;
/** Seconds behind live that are told. */
const BEHIND = 3;

/** Exactly what the box still has: its oldest moment on the left, live on the right. */
export function TimeBar({ player }: { player: Player }) {
  const bar = useRef<HTMLDivElement>(null);
  const window = player.window.value;
  if (window === null || window.live - window.oldest < WORTH_SHOWING) return null;
  const { oldest, live, at } = window;
  const length = live - oldest;
  const share = Math.min(1, Math.max(0, (at - oldest) / length));
  const behind = Math.max(0, live - at);
  const isLive = behind < BEHIND;
  const words = isLive ? t("player.live") : t("player.behind", { time: duration(behind) });

  const seekTo = (event: PointerEvent): void => {
    const { left, width } = bar.current?.getBoundingClientRect() ?? { left: 0, width: 1 };
    player.seekTo(oldest + length * Math.min(1, Math.max(0, (event.clientX - left) / width)));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    player.seekTo(at + step);
  };

  return (
    <div class="time" data-behind={Math.round(behind)}>
      <button
        class="round"
        data-action="rewind"
        aria-label={t("player.rewind")}
        onClick={() => player.seekBy(-STEP)}
      >
        <Icon name="rewind" />
      </button>
      <div
        ref={bar}
        class="time-bar"
        role="slider"
        tabIndex={0}
        aria-label={t("player.time")}
        aria-valuemin={0}
        aria-valuemax={Math.round(length)}
        aria-valuenow={Math.round(at - oldest)}
        aria-valuetext={words}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          seekTo(event);
        }}
        onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && seekTo(event)}
      >
        <progress max={1} value={share} aria-hidden="true" />
        <span class="time-ends" aria-hidden="true">
          <span>−{duration(length)}</span>
          <span>{isLive ? "" : `−${duration(behind)}`}</span>
        </span>
      </div>
      <button
        class="round"
        data-action="forward"
        aria-label={t("player.forward")}
        disabled={isLive}
        onClick={() => player.seekBy(STEP)}
      >
        <Icon name="forward" />
      </button>
      <button
        class={isLive ? "live on" : "live"}
        data-action="live"
        aria-label={isLive ? t("player.live") : `${t("player.golive")}, ${words}`}
        aria-pressed={isLive}
        onClick={() => player.toLive()}
      >
        {t("player.live")}
      </button>
    </div>
  );
}

/** Minutes and seconds, with hours where there are any. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
