import { useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { asProblem, type Problem } from "../../api/problem.ts";
import { problemWords, t } from "../../i18n/index.ts";
import { ta } from "../../i18n/access.ts";

export interface Call {
  readonly busy: Signal<boolean>;
  readonly problem: Signal<Problem | null>;
  /** Runs one thing at a time. @returns whether it was done; if not, `problem` says why */
  run(work: () => Promise<unknown>): Promise<boolean>;
}

/** Something that is asked of the box, and what became of it. */
export function useCall(): Call {
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  return {
    busy,
    problem,
    async run(work) {
      if (busy.value) return false;
      busy.value = true;
      problem.value = null;
      try {
        await work();
        return true;
      } catch (error) {
        problem.value = asProblem(error);
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}

/** What went wrong, if anything did. */
export function Trouble({ call }: { call: Call }) {
  const problem = call.problem.value;
  if (problem === null) return null;
  const { what, wayOn } = problemWords(problem);
  return (
    <p class="problem" role="alert" data-code={problem.code}>
      <strong>{what}</strong> {wayOn}
    </p>
  );
}

/** Nothing is there yet: it comes, or it does not. */
export function Coming({ call, again }: { call: Call; again: () => void }) {
  if (call.problem.value === null) return <p role="status">{ta("coming")}</p>;
  return (
    <>
      <Trouble call={call} />
      <button data-action="again" onClick={again}>
        {t("app.retry")}
      </button>
    </>
  );
}

export interface Option<T> {
  readonly value: T;
  readonly words: string;
  readonly note?: string;
  readonly disabled?: boolean;
}

/** One of several, each a button. @param props.name also what tests know it by */
export function Options<T extends string | number | null>(props: {
  name: string;
  label: string;
  options: readonly Option<T>[];
  chosen: T | undefined;
  choose: (value: T) => void;
  wide?: boolean;
}) {
  return (
    <div class={props.wide ? "options wide" : "options"} role="group" aria-label={props.label}>
      {props.options.map(({ value, words, note, disabled }) => (
        <button
          key={value}
          data-option={`${props.name}-${value ?? "none"}`}
          aria-pressed={props.chosen === value}
          disabled={disabled}
          onClick={() => props.choose(value)}
        >
          <span>{words}</span>
          {note && <span class="label">{note}</span>}
        </button>
      ))}
    </div>
  );
}

/** A button that asks once more before it does what cannot be undone. */
export function Sure(props: {
  name: string;
  words: string;
  question: string;
  yes: string;
  /** Default: cancel. */
  no?: string;
  call: Call;
  onYes: () => void;
  children?: ComponentChildren;
}) {
  const asking = useSignal(false);
  if (!asking.value)
    return (
      <button class="danger" data-action={props.name} onClick={() => (asking.value = true)}>
        {props.words}
      </button>
    );
  return (
    <div class="sure" role="alert">
      <p>{props.question}</p>
      {props.children}
      <div class="pair-of-buttons">
        <button data-action={`${props.name}-no`} onClick={() => (asking.value = false)}>
          {props.no ?? ta("cancel")}
        </button>
        <button
          class="danger"
          data-action={`${props.name}-yes`}
          disabled={props.call.busy.value}
          onClick={props.onYes}
        >
          {props.yes}
        </button>
      </div>
      <Trouble call={props.call} />
    </div>
  );
}
