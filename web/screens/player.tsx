import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../src/protocol/api.ts";
import * as places from "../places.ts";
import { clockTime, langOf, t } from "../i18n/index.ts";
import { neighbour } from "../player/obstacle.ts";
import type { Player } from "../player/player.ts";
import { previousChannel } from "../player/previous-channel.ts";
import * as state from "../state.ts";
import { Progress } from "./progress.tsx";
import { chunk, useChunk } from "./chunk.ts";
import { useFullscreen } from "./fullscreen.ts";
import { Icon } from "./icon.tsx";
import { ChannelLogo } from "./live/channel-logo.tsx";
import { NumberSign, useNumberEntry } from "./number-entry.tsx";
import { useGestures, useIdle, useMediaSession } from "./player-hooks.ts";
import { useKeys } from "./player-keys.ts";
import { AudioMenu, QualityMenu, SubtitleMenu } from "./player-menus.tsx";
import { PlayerProblem } from "./player-problem.tsx";
import { RadioFace } from "./radio-face.tsx";
import { Notices } from "./sheet.tsx";
import { STEP, TimeBar } from "./time-bar.tsx";
import { useWakeLock } from "./wake-lock.ts";

/** What one seldom needs while watching. */
const watch = chunk(() => import("./watch/index.tsx"));

/** The picture, and over or under it what one needs while watching. */
export function PlayerScreen({ player }: { player: Player }) {
  const root = useRef<HTMLElement>(null);
  const first = useRef<HTMLVideoElement>(null);
  const second = useRef<HTMLVideoElement>(null);
  const overlays = [useRef<HTMLCanvasElement>(null), useRef<HTMLCanvasElement>(null)] as const;
  /** What is open: one of the menus, or `list`, the channels over the picture. */
  const menu = useSignal<string | null>(null);
  const facts = useSignal(false);
  const playing = player.phase.value === "playing";
  const idle = useIdle(
    root,
    playing && !player.paused.value && menu.value === null && !player.silenced.value,
  );
  const fullscreen = useFullscreen(root, () => playing && !player.paused.value);
  const { part } = useChunk(watch, playing || menu.value !== null || facts.value);
  useWakeLock(player.phase.value !== "failed" && !player.paused.value);

  useEffect(() => {
    const screens = [first, second].flatMap(({ current: video }, index) => {
      const overlay = overlays[index]?.current;
      return video && overlay ? [{ video, overlay }] : [];
    });
    const [one, other] = screens;
    if (one !== undefined && other !== undefined) player.mount([one, other]);
    return () => player.close();
  }, [player]);

  const tuned = player.channel.value;
  // the list knows what is on now; what was tapped may be hours old
  const channel = state.channels.value?.find(({ id }) => id === tuned?.id) ?? tuned;
  const zap = (step: 1 | -1): void => {
    const to = tuned && neighbour(state.watchable.value ?? [], tuned.id, step, state.capabilities.value);
    if (to) places.switchChannel(to);
  };
  const numbers = useNumberEntry(state.watchable.value ?? [], places.switchChannel);
  const toggleList = (): void => void (menu.value = menu.value === "list" ? null : "list");
  const gestures = useGestures({ zap, tap: idle.toggle, hold: () => (menu.value = "list") });
  useKeys(root, {
    ...numbers,
    zap,
    time: (direction) => player.seekBy(direction * STEP),
    back: () => (menu.value === null ? places.leaveChannel() : (menu.value = null)),
    pause: () => player.togglePause(),
    play: (to) => player.paused.value === to && player.togglePause(),
    previous: toPrevious,
    list: toggleList,
    facts: () => (facts.value = !facts.value),
    guide: () => places.go("guide"),
    menu: (name) => (menu.value = name),
    mute: () => player.setMuted(!player.muted.value),
    fullscreen: fullscreen.toggle,
  });
  useMediaSession(channel, zap);

  return (
    <main
      ref={root}
      class="player"
      data-screen="player"
      data-playing={tuned?.id}
      data-phase={player.phase.value}
      data-idle={idle.value ? "" : undefined}
      data-menu={menu.value ?? undefined}
    >
      <div class="stage" {...gestures}>
        <video ref={first} playsInline aria-hidden="true" />
        <video ref={second} playsInline aria-hidden="true" />
        {part !== null && <part.SmoothPicture player={player} />}
        <canvas class="of-first" ref={overlays[0]} aria-hidden="true" />
        <canvas class="of-second" ref={overlays[1]} aria-hidden="true" />
        {channel?.kind === "radio" && playing && <RadioFace channel={channel} />}
        <Waiting player={player} />
        <NumberSign entry={numbers} />
        {part !== null && <part.SleepNotice player={player} />}
        {part !== null && <part.Advice player={player} />}
        {player.notice.value !== null && (
          <p class="notice" role="status" data-notice={player.notice.value}>
            {t(`notice.${player.notice.value}`)}
          </p>
        )}
        {player.silenced.value && (
          <button class="unmute" data-action="unmute" onClick={() => player.setMuted(false)}>
            <Icon name="muted" />
            {t("player.unmute")}
          </button>
        )}
        {player.problem.value !== null && <PlayerProblem player={player} problem={player.problem.value} />}
      </div>

      <header class="bar">
        <button class="round" data-action="back" aria-label={t("player.back")} onClick={places.leaveChannel}>
          <Icon name="back" />
        </button>
        {channel && (
          <p class="heading" aria-live="polite">
            <span class="number">{channel.number}</span>{" "}
            {channel.logo != null && <ChannelLogo channel={channel} bare />}
            <strong class="clip">{channel.name}</strong>
          </p>
        )}
      </header>

      <Notices />
      {part !== null && menu.value === "list" && (
        <part.ChannelList player={player} close={() => (menu.value = null)} />
      )}
      {part !== null && facts.value && (
        <part.FactsPanel player={player} channel={channel} close={() => (facts.value = false)} />
      )}

      <section class="panel">
        {channel && <Programmes channel={channel} />}
        <TimeBar player={player} />
        <div class="controls">
          <div class="small-controls">
            {(!state.liveOnly.value || player.paused.value) && (
              <button
                class="round"
                data-action={player.paused.value ? "resume" : "pause"}
                aria-label={t(player.paused.value ? "player.play" : "player.pause")}
                disabled={!playing}
                onClick={() => player.togglePause()}
              >
                <Icon name={player.paused.value ? "play" : "pause"} />
              </button>
            )}
            <button
              class="round"
              data-action="mute"
              aria-label={t(player.muted.value ? "player.sound" : "player.mute")}
              onClick={() => player.setMuted(!player.muted.value)}
            >
              <Icon name={player.muted.value ? "muted" : "sound"} />
            </button>
            <AudioMenu player={player} open={menu} />
            <SubtitleMenu player={player} open={menu} />
            {channel?.kind !== "radio" && <QualityMenu player={player} open={menu} />}
            {part === null ? (
              <button
                class="round"
                data-action="more"
                aria-label={t("player.more")}
                aria-haspopup="menu"
                onClick={() => (menu.value = "more")}
              >
                <Icon name="more" />
              </button>
            ) : (
              <part.MoreMenu player={player} channel={channel} open={menu} facts={facts} />
            )}
            {fullscreen.possible && (
              <button
                class="round"
                data-action="fullscreen"
                aria-label={t(fullscreen.active ? "player.window" : "player.fullscreen")}
                onClick={fullscreen.toggle}
              >
                <Icon name={fullscreen.active ? "window" : "fullscreen"} />
              </button>
            )}
          </div>
          <div class="zap">
            <button data-action="previous" aria-label={t("player.previous")} onClick={() => zap(-1)}>
              <Icon name="down" />
            </button>
            <button data-action="next" aria-label={t("player.next")} onClick={() => zap(1)}>
              <Icon name="up" />
            </button>
          </div>
        </div>
      </section>
    </main>
  );
}

/** Back to the channel before this one. */
function toPrevious(): void {
  const id = previousChannel();
  const channel = state.watchable.value?.find((one) => one.id === id);
  if (channel !== undefined) places.switchChannel(channel);
}

function Programmes({ channel: { now, next } }: { channel: Channel }) {
  return (
    <div class="programmes">
      <div class="on-now">
        <span class="label">{t("player.now")}</span>
        <h2 class="clip" lang={langOf(now?.language)}>
          {now?.title ?? t("channels.noguide")}
        </h2>
        {now !== null && (
          <>
            <p class="label">{t("player.until", { time: clockTime(now.endsAt) })}</p>
            <Progress from={now.startsAt} to={now.endsAt} />
            <p class="description">{now.description}</p>
          </>
        )}
      </div>
      {next !== null && (
        <p class="then">
          <span class="label">
            {t("player.next.programme")} {clockTime(next.startsAt)}
          </span>
          <span class="clip">{next.title}</span>
        </p>
      )}
    </div>
  );
}

function Waiting({ player }: { player: Player }) {
  const starting = player.phase.value === "starting";
  if (player.phase.value === "failed" || (!starting && !player.buffering.value)) return null;
  return (
    <div class="waiting" role="status">
      <span class="spinner" aria-hidden="true" />
      {starting ? t("player.starting", { channel: player.channel.value?.name ?? "" }) : t("player.buffering")}
    </div>
  );
}
