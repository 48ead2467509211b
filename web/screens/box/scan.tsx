import type { Scan, ScannedService, ScanOptions, ScanRequest, Tuner } from "../../../src/protocol/api.ts";
import { Problem } from "../../api/problem.ts";
import { connection } from "../../here.ts";
import { timeLeft } from "../../box/scan-view.ts";
import { ago, minutesWords } from "../../i18n/access.ts";
import { figure, someNames, tb } from "../../i18n/box.ts";
import { problemWords, t } from "../../i18n/index.ts";
import * as state from "../../state.ts";
import { Sure, Trouble, useCall, type Call } from "../access/parts.tsx";
import { SheetBody } from "../sheet.tsx";
import { Facts, Meter, More, Shown, useAsked } from "./parts.tsx";
import { ScanChoices } from "./scan-choices.tsx";

/** Milliseconds between two looks. */
const LOOK = 1500;
/** Channels that are named of a list of changes. */
const NAMED = 30;

/** The channel scan: what is known, what to scan, how far it is, what came of it. */
export function ScanPage() {
  const scan = useAsked<Scan>("/api/v1/scan", LOOK);
  const options = useAsked<ScanOptions>("/api/v1/scan/options");
  const call = useCall();
  const drive = (method: "POST" | "DELETE", body?: ScanRequest): void =>
    void call.run(async () => {
      scan.value.value = await connection.call<Scan>(
        method,
        "/api/v1/scan",
        body === undefined ? {} : { body },
      );
      if (method === "DELETE") options.ask();
    });
  const running = scan.value.value?.state === "running";
  return (
    <SheetBody title={t("settings.scan")}>
      <Shown asked={scan}>
        {(found) =>
          running ? (
            <Running scan={found} call={call} cancel={() => drive("DELETE")} />
          ) : (
            <>
              <Outcome scan={found} />
              <Shown asked={options}>
                {(known) => (
                  <>
                    <p class="quiet-text">{tb("scan.about")}</p>
                    <Facts
                      rows={[
                        [tb("scan.known"), figure(state.channels.value?.length ?? known.services)],
                        [
                          tb("scan.last"),
                          found.scannedAt ? ago(found.scannedAt, state.now.value) : tb("scan.never"),
                        ],
                      ]}
                    />
                    <ScanChoices options={known} call={call} start={(request) => drive("POST", request)} />
                    <Viewers />
                    <Trouble call={call} />
                  </>
                )}
              </Shown>
            </>
          )
        }
      </Shown>
    </SheetBody>
  );
}

/** A scan takes no tuner from anybody: that is worth saying when somebody watches. */
function Viewers() {
  const asked = useAsked<{ tuners: readonly Tuner[] }>("/api/v1/tuners");
  const names = [...new Set((asked.value.value?.tuners ?? []).flatMap(({ viewers = [] }) => viewers))];
  if (names.length === 0) return null;
  return (
    <p class="note" data-viewers={names.length}>
      {tb("scan.others", { names: someNames(names.map((name) => name || tb("somebody"))) })}
    </p>
  );
}

function Running({ scan, call, cancel }: { scan: Scan; call: Call; cancel: () => void }) {
  const { percent, found, places = [], waiting = false, startedAt } = scan;
  const left = startedAt ? timeLeft(percent, connection.boxNow() - Date.parse(startedAt)) : null;
  const [place] = places;
  return (
    <>
      <div class="box-card" data-scan="running">
        <h3>{tb("scan.running")}</h3>
        <Meter used={percent} of={100} label={tb("scan.percent", { percent })} />
        <p class="apart">
          <span>{tb("scan.percent", { percent })}</span>
          <span class="quiet-text">{leftWords(left)}</span>
        </p>
        <p role="status">
          <strong>{tb("scan.found", { tv: found.tv, radio: found.radio })}</strong>
        </p>
        {waiting ? (
          <p class="warn-text">{tb("scan.waiting")}</p>
        ) : (
          place !== undefined && <p class="label clip">{tb("scan.at", { place })}</p>
        )}
      </div>
      <Viewers />
      <Sure
        name="cancel-scan"
        words={tb("scan.cancel")}
        question={tb("scan.cancel.sure")}
        yes={tb("scan.cancel.yes")}
        no={tb("scan.cancel.no")}
        call={call}
        onYes={cancel}
      />
    </>
  );
}

function leftWords(left: number | null): string {
  if (left === null) return tb("scan.left.unknown");
  const minutes = Math.round(left / 60_000);
  return minutes < 1 ? tb("scan.left.soon") : tb("scan.left", { time: minutesWords(minutes) });
}

/** What came of the last scan since the box started. */
function Outcome({ scan }: { scan: Scan }) {
  if (scan.state === "cancelled")
    return (
      <p class="note" role="status" data-scan="cancelled">
        {tb("scan.cancelled")}
      </p>
    );
  if (scan.state === "failed") {
    const { what, wayOn } = problemWords(new Problem(scan.error ?? "internal"));
    return (
      <p class="problem" role="alert" data-scan="failed">
        <strong>{tb("scan.failed")}</strong> {what}. {wayOn}
      </p>
    );
  }
  if (scan.state !== "finished") return null;
  const { added, gone, changed, unchanged } = scan.diff ?? { added: [], gone: [], changed: [], unchanged: 0 };
  const groups = [
    ["new", tb("scan.new", { count: added.length }), added],
    ["gone", tb("scan.gone", { count: gone.length }), gone],
    ["changed", tb("scan.changed", { count: changed.length }), changed.map(({ service }) => service)],
  ] as const;
  const nothing = groups.every(([, , services]) => services.length === 0);
  return (
    <div class="box-card" data-scan="finished">
      <h3>{tb("scan.finished")}</h3>
      <p>
        {tb("scan.tv", { count: scan.found.tv })}
        {" · "}
        {tb("scan.radio", { count: scan.found.radio })}
      </p>
      {nothing && <p class="quiet-text">{tb("scan.same.all")}</p>}
      {groups.map(
        ([name, words, services]) =>
          services.length > 0 && (
            <More key={name} words={words}>
              <p class="label" data-diff={name}>
                {namesOf(services)}
              </p>
            </More>
          ),
      )}
      {!nothing && unchanged > 0 && <p class="label">{tb("scan.same", { count: unchanged })}</p>}
      <button class="primary" data-action="to-line-up" onClick={() => state.openSheet({ name: "line-up" })}>
        {tb("scan.line-up")}
      </button>
    </div>
  );
}

function namesOf(services: readonly ScannedService[]): string {
  const names = services.slice(0, NAMED).map(({ name }) => name);
  const rest = services.length - names.length;
  return rest > 0 ? `${names.join(", ")} ${tb("and-more", { count: rest })}` : names.join(", ");
}
