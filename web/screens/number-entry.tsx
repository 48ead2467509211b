import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../src/protocol/api.ts";
import { t } from "../i18n/index.ts";
import { mayGoOn, numbered, typedMore } from "../player/channel-number.ts";

/** Milliseconds for the next digit; less where none can follow. */
const NEXT_DIGIT = 1800;
const NO_DIGIT = 700;

export interface NumberEntry {
  /** Empty: nobody is typing. */
  readonly typed: string;
  readonly channel: Channel | null;
  readonly digit: (digit: string) => void;
  /** Nothing typed: null. */
  readonly confirm: (() => void) | null;
  readonly erase: (() => void) | null;
}

/** A channel's number as it is typed, digit by digit; tunes after a moment, or when that is confirmed. */
export function useNumberEntry(channels: readonly Channel[], tune: (channel: Channel) => void): NumberEntry {
  const typed = useSignal("");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef({ channels, tune });
  latest.current = { channels, tune };
  const done = (): void => {
    const channel = numbered(latest.current.channels, typed.value);
    clear();
    if (channel !== null) latest.current.tune(channel);
  };
  const clear = (): void => {
    clearTimeout(timer.current);
    typed.value = "";
  };
  useEffect(() => clear, []);
  return {
    typed: typed.value,
    channel: numbered(channels, typed.value),
    digit(digit) {
      typed.value = typedMore(typed.value, digit);
      clearTimeout(timer.current);
      // a number that is no channel's stays long enough to be read
      const short = numbered(channels, typed.value) !== null && !mayGoOn(channels, typed.value);
      timer.current = setTimeout(done, short ? NO_DIGIT : NEXT_DIGIT);
    },
    confirm: typed.value === "" ? null : done,
    erase: typed.value === "" ? null : clear,
  };
}

/** What is typed, over the picture. */
export function NumberSign({ entry: { typed, channel } }: { entry: NumberEntry }) {
  if (typed === "") return null;
  return (
    <p class="number-sign" role="status" data-number={typed} data-known={channel !== null}>
      <strong>{typed}</strong>
      <span class="clip">{channel?.name ?? t("player.number.none")}</span>
    </p>
  );
}
