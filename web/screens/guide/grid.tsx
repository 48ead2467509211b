import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Channel } from "../../../src/protocol/api.ts";
import * as places from "../../places.ts";
import { axisFrom, isOutOfDate, metricsFor } from "../../guide/axis.ts";
import { cellAt, type Cell } from "../../guide/cells.ts";
import { dayStart, sameTimeOn } from "../../guide/days.ts";
import { moved } from "../../guide/moves.ts";
import { reminders } from "../../guide/reminding.ts";
import { isSame } from "../../guide/reminders.ts";
import { drawnTime, type Drawn } from "../../guide/view.ts";
import { tg } from "../../i18n/guide.ts";
import { language } from "../../i18n/index.ts";
import * as state from "../../state.ts";
import { known, version, want } from "./data.ts";
import { DayBar } from "./day-bar.tsx";
import { GridPainter, type GridContent } from "./grid-painter.ts";
import { place } from "./place.ts";
import { Trouble } from "./trouble.tsx";

/** Between two wishes while one scrolls, ms. */
const WISH_EVERY = 150;
/** So much of the frame is before now when one comes to it. */
const BEFORE_NOW = 0.12;

/** All channels along the time. */
export function GridGuide({ channels }: { channels: readonly Channel[] }) {
  const frame = useRef<HTMLDivElement>(null);
  const painter = useRef<GridPainter | null>(null);
  const day = useSignal(dayStart(place.time ?? state.now.value));
  const size = useWindowSize();
  const empty = useSignal(false);
  const now = state.now.value;
  const metrics = useMemo(() => metricsFor(size.width, size.height), [size.width, size.height]);
  const axis = useRef(axisFrom(now, metrics.minute));
  if (axis.current.minute !== metrics.minute || isOutOfDate(axis.current, now))
    axis.current = axisFrom(now, metrics.minute);
  const reminded = useMemo(() => {
    const all = reminders.value;
    return (channel: string, { programme }: Cell): boolean =>
      programme !== null && all.some((one) => isSame(one, channel, programme.startsAt));
  }, [reminders.value]);
  const content: GridContent = {
    channels,
    axis: axis.current,
    metrics,
    now,
    reminded,
    cells: (channel) => known().cells(channel),
  };
  const latest = useRef(content);
  latest.current = content;
  const wish = useRef(0);

  /** What is in sight is kept as the place to come back to, and wished for. */
  function onSeen(seen: Drawn): void {
    wish.current ||= window.setTimeout(() => {
      wish.current = 0;
      const grid = painter.current;
      if (grid === null) return;
      look(grid.seen);
    }, WISH_EVERY);
    void seen;
  }

  function look({ firstRow, lastRow, from, to }: Drawn): void {
    const all = latest.current.channels;
    place.time = Math.max(from, latest.current.axis.from);
    place.top = firstRow;
    day.value = dayStart(place.time);
    const ids = (a: number, b: number): string[] => all.slice(Math.max(0, a), b).map(({ id }) => id);
    const beyond = Math.max(4, lastRow - firstRow);
    const near = [
      ...ids(firstRow, lastRow + 1),
      ...ids(lastRow + 1, lastRow + beyond),
      ...ids(firstRow - 4, firstRow),
    ];
    const drawn = drawnTime({ from, to }, latest.current.axis);
    want(near, drawn.from, drawn.to);
    empty.value = ids(firstRow, lastRow + 1).every((id) => {
      const cells = known().cells(id);
      return cells.length > 0 && cells.every(({ kind }) => kind === "gap");
    });
  }

  useLayoutEffect(() => {
    const root = frame.current;
    if (root === null) return;
    const part = (name: string): HTMLElement => {
      const found = root.querySelector<HTMLElement>(`.guide-${name}`);
      if (found === null) throw new Error(`the grid has no ${name}`);
      return found;
    };
    const to = {
      frame: root,
      area: part("area"),
      corner: part("corner"),
      marks: part("marks"),
      line: part("line"),
      names: part("names"),
      body: part("body"),
    };
    const grid = (painter.current = new GridPainter(to, latest.current, onSeen));
    const onScroll = (): void => grid.later();
    root.addEventListener("scroll", onScroll, { passive: true });
    const watcher = new ResizeObserver(() => grid.resized());
    watcher.observe(root);
    const { time, top } = place;
    if (time === null) grid.scrollTo(grid.leftFor(state.now.value, BEFORE_NOW), 0);
    else grid.scrollTo(grid.leftFor(time), top * latest.current.metrics.row);
    look(grid.seen);
    return () => {
      painter.current = null;
      grid.stop();
      clearTimeout(wish.current);
      wish.current = 0;
      watcher.disconnect();
      root.removeEventListener("scroll", onScroll);
    };
  }, []);

  const shape = [channels.map(({ id }) => id).join(), axis.current, metrics, language.value] as const;
  const drawn = useRef(shape);
  useLayoutEffect(() => {
    const grid = painter.current;
    if (grid === null) return;
    const anew = shape.some((one, index) => one !== drawn.current[index]);
    const moves = axis.current !== drawn.current[1];
    drawn.current = shape;
    const { time, top } = place;
    grid.show(content, anew);
    // The same time stays at the left, wherever it now is.
    if (moves && time !== null) grid.scrollTo(grid.leftFor(time), top * metrics.row);
  });
  useEffect(() => {
    if (painter.current !== null) look(painter.current.seen);
  }, [version.value, shape[0]]);
  useFocusBack(frame, painter);

  function open(element: Element): void {
    const named = element.closest<HTMLElement>("[data-watch]")?.dataset.watch;
    const channel = channels.find(({ id }) => id === named);
    if (channel !== undefined) return places.openChannel(channel);
    const found = painter.current?.find(element);
    if (found == null) return;
    const { programme, kind, from, to } = found.cell;
    if (programme !== null) state.openSheet({ name: "programme", channel: found.channel.id, programme });
    else if (kind === "gap" && from <= now && now < to) places.openChannel(found.channel);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const grid = painter.current;
    if (grid === null || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return open(event.target as Element);
    }
    const { firstRow, lastRow, from } = grid.seen;
    const cells = (row: number): readonly Cell[] => known().cells(channels[row]?.id ?? "");
    const onCell = (event.target as Element).closest(".guide-cell") !== null;
    const start = { row: firstRow, time: Math.max(from, from <= now && now < grid.seen.to ? now : from) };
    const cursor = onCell && grid.cursor !== null ? grid.cursor : start;
    const ground = {
      rows: channels.length,
      page: Math.max(1, lastRow - firstRow - 1),
      from: axis.current.from,
      to: axis.current.to,
      now,
      cellAt: (row: number, time: number) => cellAt(cells(row), time),
    };
    // the first key after scrolling only shows where one is
    const to = onCell ? moved(event.key, cursor, ground) : moved(event.key, cursor, ground) && cursor;
    if (to === null) return;
    event.preventDefault();
    if (to === "up") frame.current?.parentElement?.querySelector<HTMLElement>("[data-action=now]")?.focus();
    else if (to === "left") document.querySelector<HTMLElement>(".tabs [aria-current]")?.focus();
    else grid.moveTo(to, cellAt(cells(to.row), to.time));
  }

  function toNow(): void {
    const grid = painter.current;
    grid?.scrollTo(grid.leftFor(state.now.value, BEFORE_NOW));
  }

  function toDay(start: number): void {
    const grid = painter.current;
    if (grid === null) return;
    if (start === dayStart(now)) return toNow();
    grid.scrollTo(grid.leftFor(sameTimeOn(start, Math.max(grid.leftTime, axis.current.from))));
  }

  return (
    <>
      <DayBar day={day.value} choose={toDay} toNow={toNow} />
      {empty.value && (
        <p class="note guide-empty" role="status">
          {tg("empty")}
        </p>
      )}
      <div
        ref={frame}
        class="guide-frame"
        role="grid"
        aria-label={tg("grid")}
        aria-rowcount={channels.length}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={(event) => open(event.target as Element)}
        onFocusIn={(event) => painter.current?.take(event.target as Element)}
      >
        <div class="guide-area" role="presentation">
          <div class="guide-times" aria-hidden="true">
            <div class="guide-corner" />
            <div class="guide-marks" />
          </div>
          <div class="guide-line" aria-hidden="true" />
          <div class="guide-names" aria-hidden="true" />
          <div class="guide-body" role="rowgroup" />
        </div>
      </div>
      <Trouble />
    </>
  );
}

function useWindowSize(): { width: number; height: number } {
  const size = useSignal({ width: window.innerWidth, height: window.innerHeight });
  useEffect(() => {
    const onResize = (): void => void (size.value = { width: window.innerWidth, height: window.innerHeight });
    window.addEventListener("resize", onResize);
    return () => window.removeEventListener("resize", onResize);
  }, []);
  return size.value;
}

/** When the sheet closes, the keys are where they were. */
function useFocusBack(
  frame: { readonly current: HTMLElement | null },
  painter: { readonly current: GridPainter | null },
): void {
  const open = state.sheet.value.length > 0;
  const was = useRef(open);
  useEffect(() => {
    const closed = was.current && !open;
    was.current = open;
    if (!closed || painter.current?.cursor == null) return;
    frame.current?.querySelector<HTMLElement>(".guide-cell[tabindex='0']")?.focus({ preventScroll: true });
  }, [open]);
}
