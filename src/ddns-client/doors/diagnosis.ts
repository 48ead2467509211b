import { addressBytes, isWithin } from "../../kernel/safe-fetch/address-bytes.ts";
import { addressClass, parsePrefix } from "../../kernel/safe-fetch/address-class.ts";
import type { ClosedReason, Reachability } from "../../protocol/reachability.ts";
import type { RefusalReason } from "./door-protocol.ts";
import type { MappingState } from "./mapping-state.ts";

/** What became of a connection that the cloud made to the box; null: it made none. */
export type DialBack = "answered" | "unanswered" | null;

/** All that the box knows of its way into the internet. */
export interface Findings {
  /** The box's own addresses: those of IPv4 that are not loopback, and the lasting one of IPv6. */
  readonly own: { readonly ipv4: readonly string[]; readonly ipv6: string | null };
  /** The router, as the mapper sees it; null: nobody asked it. */
  readonly router: Pick<MappingState, "status" | "externalAddress" | "externalPort" | "refusals"> | null;
  /** Whether the router is asked to let phones in. */
  readonly isAsked: boolean;
  /** By servers of the internet; null: it was not asked, or none answered yet. */
  readonly stun: { readonly ipv4: string | null; readonly ipv6: string | null };
  /** By the cloud, which was asked something; null: it was not, or does not answer. */
  readonly observed: { readonly ipv4: string | null; readonly ipv6: string | null };
  readonly dialBack: { readonly ipv4: DialBack; readonly ipv6: DialBack };
  /** Whether the internet was asked for in earnest by now: before that, silence says nothing. */
  readonly isSettled: boolean;
}

export interface Diagnosis {
  /** What a person is told. */
  readonly kind: Reachability;
  /** The same of IPv4 alone; null: the box has no IPv4. */
  readonly ipv4: Exclude<Reachability, "ipv6-only-open"> | null;
  /** Null: the box has no IPv6 address of the internet. */
  readonly ipv6: "open" | "firewall" | "unknown" | null;
  /** Of `single-nat-closed`. */
  readonly reason: ClosedReason | null;
}

/** Between a home and its provider. @see RFC 6333 §5.7 */
const DS_LITE = parsePrefix("192.0.0.0/29");

/** Why a box is reached, or not; the same for the same findings. */
export function diagnose(findings: Findings): Diagnosis {
  const { dialBack, own } = findings;
  const ipv6 =
    own.ipv6 === null
      ? null
      : dialBack.ipv6 === "answered"
        ? "open"
        : dialBack.ipv6 === "unanswered"
          ? "firewall"
          : "unknown";
  const { kind: ipv4, reason } = ofIpv4(findings);
  return { kind: overall(ipv4, ipv6, findings), ipv4, ipv6, reason };
}

function overall(ipv4: Diagnosis["ipv4"], ipv6: Diagnosis["ipv6"], findings: Findings): Reachability {
  const isReached = ipv4 === "open" || ipv4 === "single-nat-mapped";
  if (isReached) return ipv4;
  if (ipv6 === "open") return "ipv6-only-open";
  if (ipv4 !== null && ipv4 !== "offline" && ipv4 !== "unknown") return ipv4;
  const isSeen = findings.stun.ipv6 ?? findings.observed.ipv6;
  if (ipv6 === "firewall") return "firewall";
  if (ipv6 === "unknown" && isSeen !== null) return "unknown";
  return findings.isSettled ? "offline" : "unknown";
}

interface OfIpv4 {
  readonly kind: Diagnosis["ipv4"];
  readonly reason: ClosedReason | null;
}
const only = (kind: Diagnosis["ipv4"]): OfIpv4 => ({ kind, reason: null });

function ofIpv4(findings: Findings): OfIpv4 {
  const { own, router, isAsked, stun, observed, dialBack, isSettled } = findings;
  if (own.ipv4.length === 0) return only(null);
  const seen = stun.ipv4 ?? observed.ipv4;
  // Somebody signed for it from outside: whatever else is the case.
  const isDirect = dialBack.ipv4 === "answered";
  const isOwn = seen !== null && own.ipv4.includes(seen);
  if (isDirect) return only(isOwn ? "open" : "single-nat-mapped");
  const before = beforeTheBox(own.ipv4) ?? beforeTheRouter(router?.externalAddress ?? null, seen);
  if (before !== null) return only(before);
  if (seen === null) return only(isSettled ? "offline" : "unknown");
  if (isOwn) return only(dialBack.ipv4 === "unanswered" ? "firewall" : "open");
  const isRefused = (reason: RefusalReason): boolean =>
    router?.refusals.some((refusal) => refusal.reason === reason) ?? false;
  // It says that it has no address of the internet, and not which one it has.
  if (router?.externalAddress == null && isRefused("no-address")) return only("carrier-grade-nat");
  if (router?.status === "open")
    return only(dialBack.ipv4 === "unanswered" ? "firewall" : "single-nat-mapped");
  if (router === null || router.status === "looking" || router.status === "no-router") return only("unknown");
  // Its address was asked for, and no door: that it says nothing is no reason yet.
  const reason: ClosedReason = !isAsked
    ? "mapping-off"
    : router.status === "refused"
      ? "mapping-refused"
      : router.status === "silent"
        ? "router-silent"
        : "mapping-off";
  return { kind: "single-nat-closed", reason };
}

/** Whether the box itself stands behind the provider's NAT. */
function beforeTheBox(addresses: readonly string[]): "carrier-grade-nat" | "ds-lite" | null {
  const kinds = addresses.map(kindOf);
  // One of the internet, or of a home, beside it: that one is the way.
  if (kinds.some((kind) => kind === "global" || kind === "private")) return null;
  return kinds.includes("ds-lite") ? "ds-lite" : kinds.includes("shared") ? "carrier-grade-nat" : null;
}

/** Whether there is another NAT before the router's. */
function beforeTheRouter(
  external: string | null,
  seen: string | null,
): "carrier-grade-nat" | "ds-lite" | "double-nat" | null {
  if (external === null) return null;
  const kind = kindOf(external);
  if (kind === "ds-lite") return "ds-lite";
  if (kind === "shared") return "carrier-grade-nat";
  if (kind === "private") return "double-nat";
  // Providers have used other people's addresses behind their NAT.
  return seen !== null && seen !== external ? "carrier-grade-nat" : null;
}

function kindOf(address: string): ReturnType<typeof addressClass> | "ds-lite" {
  const bytes = addressBytes(address);
  const isDsLite = bytes !== null && isWithin(bytes, DS_LITE.prefix, DS_LITE.bits);
  return isDsLite ? "ds-lite" : addressClass(address);
}
