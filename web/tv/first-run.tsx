import { useEffect } from "preact/hooks";
import { problemWords } from "../i18n/index.ts";
import { tt } from "../i18n/tv.ts";
import * as state from "../state.ts";
import { Frame } from "./frame.tsx";
import { OfferPane } from "./offer-pane.tsx";
import * as offering from "./offering.ts";
import { scannedAddress } from "./scanned-address.ts";

const STEPS = ["scan", "confirm", "watch"] as const;

/** A box without an owner: the first phone becomes it. */
export function FirstRun() {
  useEffect(() => {
    offering.show(true);
    return () => offering.hide();
  }, []);
  const offer = offering.offer.value;
  const problem = offering.problem.value;
  return (
    <Frame name="tv-first" title={tt("first.title", { box: state.box.value?.name ?? "" })}>
      <div class="tv-columns two">
        <ol class="tv-steps tv-still">
          {STEPS.map((step, index) => (
            <li key={step}>
              <span class="tv-number">{index + 1}</span>
              <span class="about">
                <strong>{tt(`first.${step}`)}</strong>
                <span class="quiet-text">{tt(`first.${step}.about`)}</span>
              </span>
            </li>
          ))}
        </ol>
        <OfferPane
          offer={offer}
          scanned={
            offer === null ? undefined : scannedAddress(offer.url, state.box.value?.https?.port ?? null)
          }
          heading={false}
        />
      </div>
      {problem !== null && (
        <p class="problem" role="alert" data-code={problem.code}>
          {problemWords(problem).what}
        </p>
      )}
    </Frame>
  );
}
