import { useEffect } from "preact/hooks";
import { problemWords } from "../i18n/index.ts";
import { tt } from "../i18n/tv.ts";
import { Icon } from "../screens/icon.tsx";
import * as state from "../state.ts";
import { Frame } from "./frame.tsx";
import { Idle } from "./idle.tsx";
import { OfferPane } from "./offer-pane.tsx";
import * as offering from "./offering.ts";
import { toList } from "./place.ts";
import { watching } from "./screen-state.ts";
import { Watchers } from "./watchers.tsx";

/** The box's own screen: who watches, and the way in for one more. */
export function TvHome() {
  const offer = offering.offer.value;
  // whoever goes to watch leaves no code behind
  useEffect(() => () => offering.hide(), []);
  const problem = offering.problem.value;
  const idle = watching.value?.length === 0 && offer === null;
  return (
    <Frame
      name="tv-home"
      actions={
        <>
          <button class="primary" data-action="watch" data-first="" onClick={toList}>
            <Icon name="tv" /> {tt("home.watch")}
          </button>
          <button
            data-action={offer === null ? "add" : "hide"}
            onClick={() => (offer === null ? offering.show() : offering.hide())}
          >
            <Icon name={offer === null ? "phone" : "close"} />{" "}
            {tt(offer === null ? "offer.add" : "offer.hide")}
          </button>
        </>
      }
      foot={<Foot idle={idle} />}
      clock={!idle}
    >
      <div class={offer === null ? "tv-columns" : "tv-columns two"}>
        {idle ? <Idle /> : <Watchers list={watching.value} />}
        {offer !== null && <OfferPane offer={offer} />}
      </div>
      <div class="tv-said" role="status" aria-live="polite">
        {offering.paired.value && <p data-paired="">{tt("offer.paired")}</p>}
        {problem !== null && (
          <p class="problem" data-code={problem.code}>
            {problemWords(problem).what}
          </p>
        )}
      </div>
    </Frame>
  );
}

/** Whether it is found from anywhere, and what to do next. */
function Foot({ idle }: { idle: boolean }) {
  const list = state.watchable.value;
  const away = state.box.value?.addresses?.away ?? null;
  return (
    <p class="tv-foot">
      {list !== null && list.length === 0 && (
        <strong data-todo="channels">
          <Icon name="search" /> {tt("todo.channels")}
        </strong>
      )}
      {!idle && (
        <span data-anywhere={away === null ? "no" : "yes"}>
          <Icon name="elsewhere" /> {tt(away === null ? "home.only" : "home.anywhere")}
        </span>
      )}
    </p>
  );
}
