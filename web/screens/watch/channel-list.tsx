import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Channel } from "../../../src/protocol/api.ts";
import * as places from "../../places.ts";
import { clockTime, langOf, t } from "../../i18n/index.ts";
import { tw } from "../../i18n/watch.ts";
import { obstacleOf } from "../../player/obstacle.ts";
import type { Player } from "../../player/player.ts";
import * as state from "../../state.ts";
import { moveFocus } from "../arrow-keys.ts";
import { barrierWords } from "../live/barrier-words.ts";
import { ChannelLogo, someLogos } from "../live/channel-logo.tsx";
import { Progress } from "../progress.tsx";
import { Icon } from "../icon.tsx";

/** Milliseconds without a touch or a key after which the list goes away. */
const IDLE_AFTER = 20_000;
/** Keys that close it: those that open it, and those that lead back. */
const CLOSING = ["Escape", "Backspace", "GoBack", "c", "ContextMenu", "ListProgram", "ColorF0Red"];

/** The channels over the running picture: at its side, or from below on a phone held upright. Zapping leaves it open. */
export function ChannelList({ player, close }: { player: Player; close: () => void }) {
  const root = useRef<HTMLDialogElement>(null);
  const touched = useSignal(0);
  const all = state.watchable.value ?? [];
  const tuned = player.channel.value?.id;
  const logos = someLogos(all);
  const row = (id: string | undefined): HTMLElement | null =>
    root.current?.querySelector<HTMLElement>(`[data-over-channel="${CSS.escape(id ?? "")}"]`) ?? null;

  useLayoutEffect(() => {
    const current = row(tuned);
    current?.scrollIntoView({ block: "center" });
    (current ?? root.current?.querySelector("button"))?.focus({ preventScroll: true });
    const onPointer = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) close();
    };
    document.addEventListener("pointerdown", onPointer);
    return () => document.removeEventListener("pointerdown", onPointer);
  }, []);
  useEffect(() => {
    const timer = setTimeout(close, IDLE_AFTER);
    return () => clearTimeout(timer);
  }, [touched.value]);

  function onKeyDown(event: KeyboardEvent): void {
    touched.value++;
    event.stopPropagation(); // the same keys change the channel outside of the list
    if (CLOSING.includes(event.key)) {
      event.preventDefault();
      close();
    } else moveFocus(event, root.current?.querySelector("ul") ?? null);
  }

  return (
    <dialog
      ref={root}
      open
      class="channels-over"
      data-over="list"
      aria-label={tw("list")}
      onKeyDown={onKeyDown}
      onPointerMove={() => touched.value++}
      onScrollCapture={() => touched.value++}
    >
      <header>
        <h2>{tw("list")}</h2>
        <button class="round" data-action="close-list" aria-label={tw("list.close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <ul>
        {all.map((channel) => (
          <Row key={channel.id} channel={channel} tuned={channel.id === tuned} logos={logos} />
        ))}
      </ul>
    </dialog>
  );
}

function Row({ channel, tuned, logos }: { channel: Channel; tuned: boolean; logos: boolean }) {
  const { id, number, name, now, next } = channel;
  const obstacle = obstacleOf(channel, state.capabilities.value);
  return (
    <li>
      <button
        class={obstacle === null ? "over-channel" : "over-channel dimmed"}
        data-over-channel={id}
        data-obstacle={obstacle?.kind}
        aria-current={tuned ? "true" : undefined}
        onClick={() => places.switchChannel(channel)}
      >
        <span class="number">{number}</span>
        {logos && <ChannelLogo channel={channel} />}
        <span class="about">
          <span class="name clip">{name}</span>
          {obstacle !== null && <span class="why">{barrierWords(obstacle)}</span>}
          <span class="now clip" lang={langOf(now?.language)}>
            {now?.title ?? t("channels.noguide")}
          </span>
          {now !== null && <Progress from={now.startsAt} to={now.endsAt} />}
          {next !== null && (
            <span class="next clip">
              {t("channels.next", { time: clockTime(next.startsAt), title: next.title })}
            </span>
          )}
        </span>
      </button>
    </li>
  );
}
