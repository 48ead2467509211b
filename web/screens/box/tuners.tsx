import type { NamedSource, Tuner } from "../../../src/protocol/api.ts";
import { Problem } from "../../api/problem.ts";
import { signalOf, sourceOf, standingOf, type TunerStanding } from "../../box/reception.ts";
import { figure, hasBoxWords, someNames, tb } from "../../i18n/box.ts";
import { problemWords, t } from "../../i18n/index.ts";
import { SheetBody } from "../sheet.tsx";
import { Facts, More, Shown, useAsked } from "./parts.tsx";

/** Milliseconds between two looks: signals move while one turns the dish. */
const LOOK = 2000;
/** Channels of a multiplex that are named. */
const NAMED = 6;

interface TunersAnswer {
  readonly tuners: readonly Tuner[];
  readonly sources?: readonly NamedSource[];
  readonly notReceived?: readonly { readonly place: string; readonly code: string }[];
}

/** Each tuner, what it does and how well it receives; and what was named and is not there. */
export function TunersPage() {
  const asked = useAsked<TunersAnswer>("/api/v1/tuners", LOOK);
  return (
    <SheetBody title={t("settings.tuners")}>
      <Shown asked={asked}>
        {({ tuners, sources = [], notReceived = [] }) => (
          <>
            {tuners.length === 0 && (
              <div class="box-card" data-empty>
                <h3>{tb("tuners.none")}</h3>
                <p class="quiet-text">{tb("tuners.none.cure")}</p>
              </div>
            )}
            <ul class="cards">
              {tuners.map((tuner) => (
                <TunerCard key={tuner.id} tuner={tuner} />
              ))}
            </ul>
            {sources.length > 0 && <Sources sources={sources} />}
            {notReceived.length > 0 && (
              <section>
                <h3>{tb("not-received.title")}</h3>
                <Facts
                  rows={notReceived.map(({ place, code }) => [place, problemWords(new Problem(code)).what])}
                />
              </section>
            )}
          </>
        )}
      </Shown>
    </SheetBody>
  );
}

function TunerCard({ tuner }: { tuner: Tuner }) {
  const { id, name, place, services, error } = tuner;
  const standing = standingOf(tuner);
  const trouble = error === null ? null : problemWords(new Problem(error));
  const isOn = tuner.multiplex !== null;
  return (
    <li class="box-card" data-tuner={id} data-standing={standing.kind}>
      <h3>{name}</h3>
      <p class={standing.kind === "failed" || standing.kind === "degraded" ? "warn-text" : "quiet-text"}>
        {standingWords(standing)}
      </p>
      {trouble !== null && (
        <p class="problem" data-code={error}>
          <strong>{trouble.what}</strong> {trouble.wayOn}
        </p>
      )}
      {isOn && (
        <Facts
          rows={[
            [tb("tuners.place"), place ?? null],
            [
              tb("tuners.services"),
              services.length === 0 ? null : servicesWords(services.map((one) => one.name)),
            ],
          ]}
        />
      )}
      <SignalLine tuner={tuner} />
      {isOn && (
        <More>
          <Facts rows={figuresOf(tuner)} />
        </More>
      )}
    </li>
  );
}

function standingWords(standing: TunerStanding): string {
  switch (standing.kind) {
    case "watched":
      return tb("tuners.watched", {
        names: someNames(standing.viewers.map((name) => name || tb("somebody"))),
      });
    case "busy":
      return tb(`tuners.use.${standing.use}`);
    case "linger":
      return tb("tuners.use.linger");
    default:
      return tb(`tuners.state.${standing.kind}`);
  }
}

function servicesWords(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(", ");
  const rest = names.length - NAMED;
  return rest > 0 ? `${shown} ${tb("and-more", { count: rest })}` : shown;
}

function SignalLine({ tuner }: { tuner: Tuner }) {
  const view = signalOf(tuner);
  if (view === null) return null;
  const { level, margin, code } = view;
  const cure = `signal.cure.${code}`;
  return (
    <div class="signal" data-level={level}>
      <span class="bars" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <p>
        <strong>{tb(`signal.${level}`)}</strong>
        {margin !== null && level !== "none" && (
          <span class="quiet-text">
            {" · "}
            {tb(margin < 0 ? "signal.lacks" : "signal.margin", { db: Math.abs(margin) })}
          </span>
        )}
        {hasBoxWords(cure) && <span class="advice">{tb(cure)}</span>}
      </p>
    </div>
  );
}

function figuresOf({ signal, counters, timings }: Tuner): [string, string | null][] {
  const { strength = null, cnr = null, quality, bitErrorRatio, uncorrectedBlocks } = signal ?? {};
  const lock = timings?.lock ?? null;
  return [
    [tb("figures.strength"), strength === null ? null : `${figure(strength, 1)} dBm`],
    [tb("figures.cnr"), cnr === null ? null : `${figure(cnr, 1)} dB`],
    [tb("figures.quality"), quality == null ? null : `${figure(quality * 100)} %`],
    [tb("figures.errors"), bitErrorRatio == null ? null : bitErrorRatio.toExponential(0)],
    [tb("figures.blocks"), uncorrectedBlocks == null ? null : figure(uncorrectedBlocks)],
    [tb("figures.packets"), figure(counters.packets)],
    [tb("figures.gaps"), figure(counters.continuityErrors)],
    [tb("figures.damaged"), figure(counters.transportErrors)],
    [tb("figures.lock"), lock === null ? null : `${figure(lock)} ms`],
  ];
}

function Sources({ sources }: { sources: readonly NamedSource[] }) {
  return (
    <section>
      <h3>{tb("sources.title")}</h3>
      <ul class="cards">
        {sources.map((source) => {
          const { kind, at } = sourceOf(source);
          const missing = source.problems.length > 0;
          return (
            <li key={source.name} class="box-card" data-source={source.name} data-missing={missing}>
              <p>
                <strong>{tb(`source.${kind}`)}</strong>{" "}
                <span class={missing ? "warn-text" : "quiet-text"}>
                  {tb(missing ? "sources.missing" : "sources.fine")}
                </span>
              </p>
              {at !== "" && kind !== "dvb" && <p class="label clip">{at}</p>}
              {missing && (
                <>
                  <p>{tb(`source.cure.${kind}`)}</p>
                  <More words={tb("sources.box-says")}>
                    {source.problems.map((text) => (
                      <p key={text} class="label" lang="en">
                        {text}
                      </p>
                    ))}
                  </More>
                </>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
