import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { OfferState } from "../../src/protocol/access-api.ts";
import { asProblem } from "../api/problem.ts";
import { connection } from "../here.ts";
import { tt } from "../i18n/tv.ts";
import { t } from "../i18n/index.ts";
import { Icon } from "../screens/icon.tsx";
import { duration } from "../screens/time-bar.tsx";
import * as state from "../state.ts";
import { isBack } from "./remote.ts";

/** Milliseconds for which it is said what became of it. */
const SAID = 4000;

/** What became of a question. */
type Outcome = "yes" | "no" | "wrong" | "over";

/**
 * Somebody waits for a yes. It goes by itself when the box has another answer, or none in time; Back leaves it to others.
 */
export function Question() {
  const asked = useSignal<OfferState | null>(null);
  const outcome = useSignal<Outcome | null>(null);
  const put = useRef(new Set<string>());
  const chosen = useRef<"number" | "none" | null>(null);
  const now = state.offer.value;
  useEffect(() => {
    if (now === null) {
      if (asked.value !== null && outcome.value === null) outcome.value = "over";
    } else if (now.state === "waiting" && !put.current.has(now.id)) {
      if (asked.value?.id !== now.id) chosen.current = outcome.value = null;
      asked.value = now;
    } else if (now.id === asked.value?.id && outcome.value === null) {
      if (now.state === "paired") outcome.value = "yes";
      else if (now.state !== "refused") outcome.value = "over";
      else outcome.value = chosen.current === "number" ? "wrong" : "no";
    }
  }, [now]);
  useEffect(() => {
    if (outcome.value === null) return;
    const timer = setTimeout(() => (asked.value = outcome.value = null), SAID);
    return () => clearTimeout(timer);
  }, [outcome.value]);

  const offer = asked.value;
  if (offer === null || offer.claim === null) return null;
  const decide = (match: string | null): void => {
    chosen.current = match === null ? "none" : "number";
    connection
      .call("POST", `/api/v1/offers/${offer.id}/decision`, { body: { match } })
      .then(() => connection.call<OfferState>("GET", `/api/v1/offers/${offer.id}`))
      .then((found) => (state.offer.value = found))
      .catch((error: unknown) => {
        // without the network it is asked again; all else is decided
        if (asProblem(error).status > 0) outcome.value = "over";
      });
  };
  return (
    <Dialog
      key={offer.id}
      offer={offer}
      claim={offer.claim}
      outcome={outcome.value}
      decide={decide}
      onOver={() => (outcome.value ??= "over")}
      onBack={() => {
        put.current.add(offer.id);
        asked.value = null;
      }}
    />
  );
}

function Dialog(props: {
  offer: OfferState;
  claim: NonNullable<OfferState["claim"]>;
  outcome: Outcome | null;
  decide: (match: string | null) => void;
  onOver: () => void;
  onBack: () => void;
}) {
  const { offer, claim, outcome } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const busy = useSignal(false);
  const left = useSignal(secondsOf(offer));
  useEffect(() => {
    dialog.current?.showModal();
    // what is pressed by mistake lets nobody in
    dialog.current?.querySelector<HTMLElement>("[data-action=deny]")?.focus();
    const timer = setInterval(() => {
      left.value = secondsOf(offer);
      if (left.value <= 0) props.onOver();
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  const choose = (match: string | null) => (): void => {
    busy.value = true;
    props.decide(match);
  };
  return (
    <dialog
      ref={dialog}
      class="tv-question"
      data-question={offer.id}
      data-outcome={outcome ?? undefined}
      aria-labelledby="question-title"
      onCancel={(event) => {
        event.preventDefault();
        props.onBack();
      }}
      onKeyDown={(event) => {
        if (!isBack(event)) return;
        event.preventDefault();
        props.onBack();
      }}
    >
      {outcome !== null ? (
        <p class="tv-outcome" role="status">
          <Icon name={outcome === "yes" ? "check" : "close"} />
          {tt(outcome === "over" ? "question.over" : `question.${outcome}.done`, { name: claim.name })}
        </p>
      ) : (
        <>
          <h2 id="question-title">{tt("question.title", { name: claim.name })}</h2>
          <p class={claim.home ? "quiet-text" : "away"}>
            {tt(claim.home ? "question.home" : "question.away", { role: t(`role.${offer.role}`) })}
          </p>
          <p>{tt("question.which")}</p>
          <div class="tv-numbers" role="group" aria-label={tt("question.which")}>
            {claim.choices.map((number) => (
              <button key={number} data-number={number} disabled={busy.value} onClick={choose(number)}>
                {number}
              </button>
            ))}
          </div>
          <button data-action="deny" disabled={busy.value} onClick={choose(null)}>
            {tt("question.no")}
          </button>
          <p class="label" role="timer">
            {tt("left", { time: duration(Math.max(0, left.value)) })} · {tt("question.later")}
          </p>
        </>
      )}
    </dialog>
  );
}

function secondsOf(offer: OfferState): number {
  return Math.round((Date.parse(offer.expiresAt) - connection.boxNow()) / 1000);
}
