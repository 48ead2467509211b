import type { OnlineState } from "../../protocol/online.ts";
import { diagnosisText } from "../online-text.ts";
import { note, ok, warning, type Finding } from "./finding.ts";

const DAY = 86_400_000;
/** A certificate is renewed long before this is left of it. */
const SHORT = 10 * DAY;

/** Whether the box is found from anywhere, as its daemon says. @param now epoch milliseconds */
export function onlineFindings(state: OnlineState, now: number): Finding[] {
  if (!state.enabled && state.providers.length === 0 && state.certificate === null)
    return [note("cloud", "Off: phones reach the box at home. `tellyport online enable` changes that.")];
  return [
    ...(state.enabled ? [cloudFinding(state), doorFinding(state)] : []),
    ...state.providers.map(({ name, state: how, message }) =>
      how === "failed" || how === "stopped" ? warning(`name ${name}`, message) : ok(`name ${name}`, message),
    ),
    ...(state.certificate === null ? [] : [certificateFinding(state.certificate, now)]),
  ];
}

function cloudFinding({ cloud, name, problem, registration }: OnlineState): Finding {
  if (cloud === null)
    return note("cloud", "None is named: `tellyport online enable --cloud ADDRESS` does that.");
  if (problem !== null) return warning("cloud", problem.message);
  if (registration === "registered") return ok("cloud", `${name ?? "registered"} at ${cloud}`);
  return note("cloud", `${cloud} has not answered yet: look again in a minute.`);
}

function doorFinding({ addresses, diagnosis }: OnlineState): Finding {
  if (addresses.away !== null) return ok("from away", addresses.away);
  return warning("from away", diagnosisText(diagnosis));
}

function certificateFinding(
  { names, notAfter, problem }: NonNullable<OnlineState["certificate"]>,
  now: number,
): Finding {
  const left = notAfter === null ? 0 : Date.parse(notAfter) - now;
  const until =
    notAfter === null ? "There is none yet" : `${names.join(", ")}, until ${notAfter.slice(0, 10)}`;
  if (problem !== null) return warning("certificate", `${until}. ${problem.message}`);
  if (notAfter === null) return note("certificate", `${until}: it is being ordered.`);
  if (left < SHORT)
    return warning(
      "certificate",
      `${until}, and it was not renewed: check the clock, and that the box reaches the internet (\`tellyport online status\`).`,
    );
  return ok("certificate", until);
}
