import type { OnlineState } from "../protocol/online.ts";
import type { Registration } from "../protocol/registration.ts";
import type { BoxCertificateSource, CertificateState } from "./certificates/index.ts";
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

/** What the box shows to who asks for it by name. */
export interface Served {
  /** Whether there is a certificate for a name, from wherever. */
  readonly hasCertificate: (name: string) => boolean;
  /** The owner's own; null: none is named. */
  readonly own: Pick<BoxCertificateSource, "state"> | null;
}

/** What there is to tell of the way into the internet. @param session null: the box is not online */
export function onlineState(
  { enabled, cloud, openPorts, port }: OnlineSettings,
  session: OnlineSession | null,
  { hasCertificate, own }: Served,
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
    diagnosis: session?.wayOut.diagnosis(registrar?.kind === "registered" ? registration : null) ?? {
      kind: "unknown",
      reason: null,
    },
    certificate: certificateState((own ?? session?.certificate)?.state()),
    providers: session?.providers.map(providerState) ?? [],
    addresses:
      session === null || registration === null
        ? { home: null, away: null }
        : addressesOf(registration, session.httpsPort(), hasCertificate),
  };
}

/**
 * Where phones reach the box by a name that it has a certificate for. Where both doors are open, they share a port or the first is told:
 * a page's origin has the port in it.
 * @param port of https; null: there is none, so that whoever is at an open door has a certificate of his own, as a proxy does
 */
export function addressesOf(
  { lanName, alias, name, doors: { ipv4, ipv6 } }: Pick<Registration, "name" | "lanName" | "alias" | "doors">,
  port: number | null,
  hasCertificate: Served["hasCertificate"],
): OnlineState["addresses"] {
  const open = [ipv4, ipv6].find(({ state }) => state === "direct")?.port ?? null;
  const isGood = (one: string): boolean => port === null || hasCertificate(one);
  const away = [...(alias === null ? [] : [alias]), name].find(isGood);
  return {
    home: port !== null && hasCertificate(lanName) ? originAt(lanName, port) : null,
    away: open === null || away === undefined ? null : originAt(away, open),
  };
}

function originAt(name: string, port: number): string {
  return new URL(`https://${name}:${port}`).origin;
}

function certificateState(state: CertificateState | undefined): OnlineState["certificate"] {
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
