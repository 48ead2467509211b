import type { OnlineState } from "../protocol/online.ts";
import { reachabilityWords } from "../protocol/reachability.ts";
import { dateTime, printable, wrap } from "./text.ts";

type Door = OnlineState["doors"]["ipv4"];

/** How a door stands, in words; what follows in brackets is its address. */
const DOORS: Record<Door["state"], string> = {
  direct: "open: the box answered from the internet",
  unverified: "closed: nobody answered there, so it is not published",
  differs: "not published: the box and the cloud see different addresses",
  "not-public": "not published: it is not an address of the internet",
  closed: "closed: no port leads to the box",
  unstable: "held back: it changed too often within an hour",
  none: "none",
};
const REGISTRATION: Record<OnlineState["registration"], string> = {
  off: "off",
  starting: "is being registered",
  registered: "registered",
  failed: "not registered",
};
const PROTOCOLS: Readonly<Record<string, string>> = { pcp: "PCP", "nat-pmp": "NAT-PMP", igd: "UPnP" };
const LABEL_WIDTH = 13;

/** What `tellyport online` says to a person. @param columns of the terminal; undefined: 80 */
export function onlineText(state: OnlineState, columns: number | undefined): string {
  const width = Math.max(40, columns ?? 80) - LABEL_WIDTH;
  const rows: [string, string | null][] = [
    ["Online", online(state)],
    ["Name", state.name],
    ["Alias", state.alias],
    ["Other names", state.hosts.length === 0 ? null : state.hosts.join(", ")],
    ...state.providers.map(({ name, message }): [string, string] => ["Other name", `${name}: ${message}`]),
    ["At home", state.addresses.home],
    ["From away", state.enabled ? (state.addresses.away ?? "not reached") : null],
    ["IPv4", door(state, state.doors.ipv4)],
    ["IPv6", door(state, state.doors.ipv6)],
    ["Router", router(state)],
    ["Certificate", certificate(state)],
    ["Trouble", state.problem?.message ?? null],
    ["Why", reason(state)],
  ];
  return rows
    .filter((row): row is [string, string] => row[1] !== null)
    .map(
      ([label, text]) =>
        `${label.padEnd(LABEL_WIDTH)}${wrap(printable(text), width, " ".repeat(LABEL_WIDTH))}\n`,
    )
    .join("");
}

function online({ enabled, cloud, registration }: OnlineState): string {
  if (!enabled) return "no: `tellyport online enable` changes that";
  return cloud === null ? "yes, without a cloud" : `${REGISTRATION[registration]} at ${cloud}`;
}

function door({ enabled }: OnlineState, { state, address, port }: Door): string | null {
  if (!enabled || state === "none") return null;
  const where = address === null ? "" : ` (${address}${port === null ? "" : ` port ${port}`})`;
  return DOORS[state] + where;
}

function router({
  enabled,
  openPorts,
  router: { protocol, address, port, until, refusal },
}: OnlineState): string | null {
  if (!enabled) return null;
  if (!openPorts) return "is not asked to let phones in (`tellyport online enable --open-ports`)";
  if (protocol === null)
    return refusal ?? "understands neither PCP nor NAT-PMP nor UPnP, or has them switched off";
  const name = PROTOCOLS[protocol] ?? protocol;
  const from = address === null ? "" : ` from ${address}`;
  if (port === null) return `refuses by ${name}${refusal === null ? "" : `: ${refusal}`}`;
  return `lets phones in${from} by ${name}, at port ${port}${until === null ? "" : `, until ${dateTime(new Date(until))}`}`;
}

/** What stands in the way, and what can be done. */
function reason({ enabled, diagnosis: { kind, reason: why } }: OnlineState): string | null {
  if (!enabled) return null;
  return diagnosisText({ kind, reason: why });
}

/** What stands between the box and the internet, and what can be done. */
export function diagnosisText({ kind, reason }: OnlineState["diagnosis"]): string {
  const { title, advice } = reachabilityWords(kind, reason, "en");
  return advice === "" ? `${title}.` : `${title}. ${advice}`;
}

function certificate({ certificate: one }: OnlineState): string | null {
  if (one === null) return null;
  const { issuer, notAfter, names, problem } = one;
  const trouble = problem === null ? "" : `. ${problem.message}`;
  if (notAfter === null) return problem === null ? "none yet" : `none yet. ${problem.message}`;
  return `${issuer ?? "unknown authority"}, until ${dateTime(new Date(notAfter))}, for ${names.join(", ")}${trouble}`;
}
