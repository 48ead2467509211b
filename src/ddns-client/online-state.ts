import { isIPv6 } from "node:net";
import type { OnlineState } from "../protocol/online.ts";
import type { Registration } from "../protocol/registration.ts";
import type { OnlineSettings } from "./online.ts";
import { providerState } from "./provider-updates.ts";
import type { OnlineSession } from "./session.ts";

const NO_DOOR: OnlineState["doors"]["ipv4"] = { state: "none", address: null, port: null };
const NO_ROUTER: OnlineState["router"] = {
  protocol: null,
  address: null,
  port: null,
  until: null,
  refusal: null,
};

/** What there is to tell of the way into the internet. @param session null: the box is not online */
export function onlineState(
  { enabled, cloud, openPorts, port }: OnlineSettings,
  session: OnlineSession | null,
): OnlineState {
  const registrar = session?.registrar?.state ?? null;
  const registration = registrar?.registration ?? null;
  return {
    enabled,
    cloud: cloud === "" ? null : cloud,
    openPorts,
    port,
    registration: registrar?.kind ?? "off",
    problem: registrar?.kind === "failed" ? trouble(registrar.problem) : null,
    name: registration?.name ?? null,
    lanName: registration?.lanName ?? null,
    alias: registration?.alias ?? null,
    hosts: registration?.hosts ?? [],
    doors: registration?.doors ?? { ipv4: NO_DOOR, ipv6: NO_DOOR },
    router: session?.wayOut.router() ?? NO_ROUTER,
    diagnosis: session?.wayOut.diagnosis(registration) ?? { kind: "unknown", reason: null },
    certificate: certificateState(session),
    providers: session?.providers.map(providerState) ?? [],
    addresses:
      session === null || registration === null
        ? { home: null, away: null }
        : addressesOf(registration, session.certificate?.state().names ?? [], session.httpsPort()),
  };
}

/**
 * Where phones reach the box by a name that its certificate has. Where both doors are open, they share a port or the first is told:
 * a page's origin has the port in it.
 * @param names of the certificate; none: there is none
 * @param port of the https listener; null: there is none
 */
export function addressesOf(
  { name, lanName, alias, doors }: Pick<Registration, "name" | "lanName" | "alias" | "doors">,
  names: readonly string[],
  port: number | null,
): OnlineState["addresses"] {
  const open = [doors.ipv4, doors.ipv6].find(({ state }) => state === "direct");
  // A new alias, or a name at another cloud, is not in the certificate at once: browsers would warn.
  const away = [alias, name].find((one) => one !== null && names.includes(one)) ?? null;
  const isAtHome = names.includes(lanName) || names.includes(`*.${name}`);
  return {
    home: port === null || !isAtHome ? null : originAt(lanName, port),
    away: away === null || open === undefined || open.port === null ? null : originAt(away, open.port),
  };
}

/** @param host a name or an address */
function originAt(host: string, port: number): string {
  return new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`).origin;
}

function certificateState(session: OnlineSession | null): OnlineState["certificate"] {
  const state = session?.certificate?.state();
  if (state === undefined) return null;
  const { names, issuer, notAfter, renewAt, problem } = state;
  return {
    names: [...names],
    issuer,
    notAfter: time(notAfter),
    renewAt: time(renewAt),
    problem: problem === null ? null : trouble(problem),
  };
}

function trouble({ code, message }: { readonly code: string; readonly message: string }) {
  return { code, message };
}

/** @param at ms since 1970 */
function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
