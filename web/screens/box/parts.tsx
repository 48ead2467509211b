import { useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { connection } from "../../here.ts";
import { t } from "../../i18n/index.ts";
import { tb } from "../../i18n/box.ts";
import { Trouble, useCall, type Call } from "../access/parts.tsx";

/** Milliseconds after which an answer is late. */
const LATE = 5000;

export interface Asked<T> {
  /** The last answer; null: there is none yet. */
  readonly value: Signal<T | null>;
  readonly call: Call;
  /** Asks now. */
  readonly ask: () => void;
}

/**
 * Asks the box for something, and again and again while somebody looks.
 * @param every ms between an answer and the next question; null: once
 */
export function useAsked<T>(path: string, every: number | null = null): Asked<T> {
  const value = useSignal<T | null>(null);
  const call = useCall();
  const ask = (): void =>
    void call.run(async () => {
      value.value = await connection.call<T>("GET", path);
    });
  useEffect(() => {
    ask();
    if (every === null) return;
    const timer = setInterval(() => {
      // who fails keeps the words for it on the screen until it works again
      if (!document.hidden && !call.busy.value) void quietly();
    }, every);
    return () => clearInterval(timer);
  }, [path, every]);
  const quietly = async (): Promise<void> => {
    const before = call.problem.value;
    await call.run(async () => {
      call.problem.value = before;
      value.value = await connection.call<T>("GET", path);
      call.problem.value = null;
    });
  };
  return { value, call, ask };
}

/** What is asked for, once it is here; until then bones of it, and why it does not come. */
export function Shown<T>(props: { asked: Asked<T>; children: (value: T) => ComponentChildren }) {
  const { value, call, ask } = props.asked;
  const found = value.value;
  if (found === null) return <Waiting call={call} again={ask} />;
  return (
    <>
      {call.problem.value !== null && (
        <p class="note" role="status" data-stale>
          {tb("stale")}
        </p>
      )}
      {props.children(found)}
    </>
  );
}

/** Nothing is there yet. */
export function Waiting({ call, again }: { call: Call; again: () => void }) {
  const late = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => (late.value = true), LATE);
    return () => clearTimeout(timer);
  }, []);
  if (call.problem.value !== null)
    return (
      <>
        <Trouble call={call} />
        <button data-action="again" onClick={again}>
          {t("app.retry")}
        </button>
      </>
    );
  return (
    <div class="box-waiting" data-waiting>
      <p role="status" class="quiet-text">
        {late.value ? tb("slow") : t("app.loading")}
      </p>
      <div class="bones" aria-hidden="true">
        {[0, 1, 2].map((one) => (
          <div key={one} class="box-card skeleton">
            <span class="bone wide" />
            <span class="bone" />
          </div>
        ))}
      </div>
    </div>
  );
}

/** Figures for the curious, out of the way of everybody else. */
export function More({ children, words }: { children: ComponentChildren; words?: string }) {
  const open = useSignal(false);
  return (
    <div class="more">
      <button
        class="link"
        data-action="details"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        {words ?? tb("more")}
      </button>
      {open.value && children}
    </div>
  );
}

/** Labels and values; what is null is left out. */
export function Facts({ rows }: { rows: readonly (readonly [label: string, value: string | null])[] }) {
  return (
    <dl>
      {rows.map(([label, value]) =>
        value === null ? null : (
          <>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </>
        ),
      )}
    </dl>
  );
}

/** How full something is. */
export function Meter({ used, of, label }: { used: number; of: number; label: string }) {
  const percent = of > 0 ? Math.min(100, Math.round((used / of) * 100)) : 0;
  return <progress class={percent >= 95 ? "full" : ""} max={100} value={percent} aria-label={label} />;
}

/** Something that is on or off. */
export function Toggle(props: {
  name: string;
  words: string;
  note?: string;
  on: boolean;
  disabled?: boolean;
  change: (on: boolean) => void;
}) {
  return (
    <button
      class="check"
      type="button"
      role="switch"
      data-action={props.name}
      aria-checked={props.on}
      disabled={props.disabled}
      onClick={() => props.change(!props.on)}
    >
      <span class="about">
        <span>{props.words}</span>
        {props.note && <span class="label">{props.note}</span>}
      </span>
    </button>
  );
}
