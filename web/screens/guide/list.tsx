import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../../src/protocol/api.ts";
import type { Cell } from "../../guide/cells.ts";
import { dayAfter, dayStart, daysFrom } from "../../guide/days.ts";
import { dayName, tg } from "../../i18n/guide.ts";
import * as state from "../../state.ts";
import { moveFocus } from "../arrow-keys.ts";
import { Icon } from "../icon.tsx";
import { ChannelLogo } from "../live/channel-logo.tsx";
import { failed, known, version, want } from "./data.ts";
import { DayBar } from "./day-bar.tsx";
import { place } from "./place.ts";
import { ProgrammeRow } from "./programme-row.tsx";
import { Trouble } from "./trouble.tsx";

/** One channel after the other: its programmes of a day. */
export function ListGuide({ channels }: { channels: readonly Channel[] }) {
  const now = state.now.value;
  const today = dayStart(now);
  const day = Math.max(today, place.day.value ?? today);
  const at = Math.max(
    0,
    channels.findIndex(({ id }) => id === place.channel.value),
  );
  const channel = channels[at];
  const end = dayAfter(day);
  const from = Math.max(day, now);
  const to = (index: number): void => {
    const next = channels[index];
    if (next !== undefined) place.channel.value = next.id;
  };
  const toDay = (start: number): void => {
    place.day.value = start;
    window.scrollTo({ top: 0 });
  };
  useEffect(() => {
    const near = [channels[at], channels[at + 1], channels[at - 1]].flatMap((one) =>
      one === undefined ? [] : [one.id],
    );
    want(near, from, end);
  }, [at, day, version.value, channels.length]);
  const swipe = useSwipe((step) => to(at + step));
  if (channel === undefined) return null;
  const cells = known()
    .cells(channel.id)
    .filter((cell) => cell.to > from && cell.from < end);
  const loaded = cells.length > 0;
  const next = daysFrom(now).find((start) => start === end);
  return (
    <>
      <DayBar day={day} choose={toDay} toNow={() => toDay(today)} />
      <Strip channels={channels} at={at} choose={to} />
      <div
        class="guide-list"
        id="guide-list"
        role="tabpanel"
        aria-labelledby="guide-tab"
        aria-busy={!loaded && !failed.value}
        {...swipe}
      >
        <h2 class="guide-list-head">
          <span class="number">{channel.number}</span>
          {channel.logo != null && <ChannelLogo channel={channel} bare />}
          <span class="clip">{channel.name}</span>
          <span class="quiet-text">{dayName(day, now)}</span>
        </h2>
        {loaded ? (
          <Day key={`${channel.id} ${day}`} channel={channel} cells={cells} step={(by) => to(at + by)} />
        ) : (
          <Bones />
        )}
        {loaded && next !== undefined && (
          <button class="guide-on" data-action="next-day" onClick={() => toDay(next)}>
            {tg("next.day", { day: dayName(next, now) })}
            <Icon name="on" />
          </button>
        )}
      </div>
      <Trouble />
    </>
  );
}

function Day(props: { channel: Channel; cells: readonly Cell[]; step: (by: 1 | -1) => void }) {
  const root = useRef<HTMLUListElement>(null);
  const { channel, cells } = props;
  if (cells.every(({ kind }) => kind === "gap"))
    return (
      <p class="note guide-empty" role="status">
        {tg("empty.day")}
      </p>
    );
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      event.preventDefault();
      props.step(event.key === "ArrowRight" ? 1 : -1);
      document.querySelector<HTMLElement>("#guide-tab")?.focus();
    } else moveFocus(event, root.current);
  }
  return (
    <ul class="guide-rows" ref={root} onKeyDown={onKeyDown}>
      {cells.map((cell) => (
        <li key={cell.from}>
          {cell.programme === null ? (
            <p class="guide-gap quiet-text">{tg("gap")}</p>
          ) : (
            <ProgrammeRow channel={channel} programme={cell.programme} />
          )}
        </li>
      ))}
    </ul>
  );
}

/** The channels side by side; the chosen one in the middle. */
function Strip(props: { channels: readonly Channel[]; at: number; choose: (index: number) => void }) {
  const root = useRef<HTMLDivElement>(null);
  const { channels, at, choose } = props;
  useEffect(() => {
    const tab = root.current?.children[at];
    if (!(tab instanceof HTMLElement) || root.current === null) return;
    root.current.scrollLeft = tab.offsetLeft - (root.current.clientWidth - tab.offsetWidth) / 2;
    if (root.current.contains(document.activeElement)) tab.focus({ preventScroll: true });
  }, [at]);
  function onKeyDown(event: KeyboardEvent): void {
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: channels.length - 1 }[event.key];
    if (to !== undefined) choose(to);
    else if (event.key === "ArrowDown") document.querySelector<HTMLElement>("#guide-list button")?.focus();
    else if (event.key === "ArrowUp") document.querySelector<HTMLElement>("[data-action=now]")?.focus();
    else return;
    event.preventDefault();
  }
  return (
    <div
      class="guide-strip"
      ref={root}
      role="tablist"
      aria-label={tg("channels")}
      data-strip
      onKeyDown={onKeyDown}
    >
      {channels.map(({ id, number, name, logo }, index) => (
        <button
          key={id}
          id={index === at ? "guide-tab" : undefined}
          role="tab"
          data-guide-channel={id}
          aria-selected={index === at}
          aria-controls="guide-list"
          tabIndex={index === at ? 0 : -1}
          onClick={() => choose(index)}
        >
          <span class="number">{number}</span>
          {logo != null && <ChannelLogo channel={{ id, name, logo }} bare />}
          <span class="clip">{name}</span>
        </button>
      ))}
    </div>
  );
}

function Bones() {
  return (
    <ul class="guide-rows" aria-hidden="true">
      {Array.from({ length: 8 }, (_, index) => (
        <li key={index} class="guide-bone">
          <span class="bone" />
          <span class="bone wide" />
        </li>
      ))}
    </ul>
  );
}

/** px after which a stroke of the finger is a swipe. */
const FAR = 56;

/** A stroke to the left is the next channel, to the right the one before. */
function useSwipe(step: (by: 1 | -1) => void) {
  const from = useRef<{ x: number; y: number } | null>(null);
  return {
    onTouchStart({ touches }: TouchEvent) {
      const [one] = touches;
      from.current = one !== undefined && touches.length === 1 ? { x: one.clientX, y: one.clientY } : null;
    },
    onTouchEnd({ changedTouches: [one] }: TouchEvent) {
      if (from.current === null || one === undefined) return;
      const x = one.clientX - from.current.x;
      const y = one.clientY - from.current.y;
      from.current = null;
      if (Math.abs(x) >= FAR && Math.abs(x) > 2 * Math.abs(y)) step(x < 0 ? 1 : -1);
    },
    onTouchCancel() {
      from.current = null;
    },
  };
}
