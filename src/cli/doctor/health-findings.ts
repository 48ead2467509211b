import type { Box } from "../../protocol/api.ts";
import type { SystemState } from "../../protocol/system.ts";
import { absent, noTuner, type TunersAnswer } from "../no-tuner.ts";
import { note, ok, problem, warning, type Finding } from "./finding.ts";

/** What was seen of the daemon's own page. */
export interface PageSeen {
  /** What was asked, last. */
  readonly url: string;
  /** Why that did not answer as it should; null: all did. */
  readonly failure: string | null;
}

/** What was seen of the daemon of this machine. */
export type Seen =
  | { readonly kind: "silent"; readonly message: string }
  | {
      readonly kind: "answers";
      readonly system: Pick<SystemState, "version" | "ready">;
      readonly tuners: TunersAnswer;
      /** Why it can keep nothing new; absent: it can. */
      readonly stateDoubt?: Box["stateDoubt"];
      /** Its own page over the network; null: it does not say where that is. */
      readonly page: PageSeen | null;
    };

/** Whether a release may be called good, a line for each thing that has to be. */
export function healthFindings(seen: Seen): Finding[] {
  if (seen.kind === "silent") return [problem("daemon", seen.message)];
  const { system, tuners, page, stateDoubt } = seen;
  return [
    ok("daemon", `it answers, release ${system.version}`),
    system.ready === false
      ? problem(
          "ready",
          "It is starting still: give it more time with --timeout, and look at its log when that is of no use.",
        )
      : ok("ready", "everything has been started"),
    stateFinding(stateDoubt),
    tunerFinding(tuners),
    pageFinding(page),
  ];
}

/** No other release would mend a disk: a box that goes on without one is not gone back for. */
function stateFinding(doubt: Box["stateDoubt"]): Finding {
  return doubt === undefined
    ? ok("state", "what is new is kept")
    : warning(
        "state",
        `Nothing new is kept (${doubt}): pairings, settings and channels of now are lost at the next start. \`tellyport doctor\` says what to do.`,
      );
}

function pageFinding(page: PageSeen | null): Finding {
  if (page === null) return note("http", "Its page was not asked: this release does not say where it is.");
  return page.failure === null
    ? ok("http", `${page.url} gives its page, and /healthz answers`)
    : problem(
        "http",
        `${page.url} does not answer as it should (${page.failure}): see \`http.address\` and \`http.port\`, and the daemon's log. A page that is missing comes with the release: install it anew.`,
      );
}

/** A box that was told of no tuner has none, and is as it was made; one whose tuners are gone or fail is not well. */
function tunerFinding(answer: TunersAnswer): Finding {
  const { tuners, sources } = answer;
  const why = noTuner(answer);
  if (why !== null) {
    const isExpected = sources !== undefined && sources.length === 0;
    return isExpected
      ? note("tuner", "None, and none is expected: the configuration names none under `tuners`.")
      : problem("tuner", why);
  }
  const working = tuners.filter(({ state }) => state !== "failed");
  if (working.length > 0)
    return ok(
      "tuner",
      `${working.length} of ${tuners.length}: ${working.map(({ name }) => name).join(", ")}`,
    );
  const said = [...absent(sources), "`tellyport tuners` and `tellyport doctor` say more."];
  return problem("tuner", `None of ${tuners.length} works. ${said.join(" ")}`);
}
