import { dnsUnavailable } from "../../kernel/dns-connection.ts";
import { TellyportError } from "../../kernel/errors.ts";
import type { TsigError } from "../../protocol/dns/tsig.ts";
import type { UpdateAnswer } from "../../protocol/dns/update.ts";

/** What the failures of a name server are told with. */
export interface NameServerContext {
  /** `ns1.example:53` */
  readonly server: string;
  readonly zone: string;
  readonly keyName: string;
}

/** Somebody has to change something. @param why and cure: whole sentences without the server */
export function dnsRefused(
  why: string,
  detail: Record<string, unknown> = {},
  cause?: unknown,
): TellyportError {
  return new TellyportError("dns-refused", why, { detail, cause });
}

/** What cannot be published at all is refused before any server is asked. */
export function unpublishable(error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  return dnsRefused(`This cannot be published: ${error.message}.`, {}, error);
}

/** @returns null when it has happened */
export function updateFailure(
  answer: UpdateAnswer,
  context: NameServerContext,
  now: number,
): TellyportError | null {
  const { server } = context;
  switch (answer.kind) {
    case "done":
      return null;
    case "unreadable":
      return dnsUnavailable(server, "gave an answer that is none to the update");
    case "refused":
      if (answer.rcode === "SERVFAIL") return dnsUnavailable(server, "could not make the update (SERVFAIL)");
      return dnsRefused(refusal(answer.rcode, context), { rcode: answer.rcode });
    case "key-refused":
      return dnsRefused(keyRefusal(answer.error, context, answer.serverTime, now), { error: answer.error });
    case "not-trusted":
      return dnsRefused(distrust(answer.error, context), { error: answer.error });
  }
}

/** @see RFC 2136 §2.2, RFC 8945 §5.2 */
function refusal(rcode: string, { server, zone, keyName }: NameServerContext): string {
  switch (rcode) {
    case "REFUSED":
      return `The name server ${server} refuses updates of ${zone} with the key "${keyName}". Let that key update A, AAAA, CNAME, TXT and CAA there (BIND: update-policy; Knot: acl; PowerDNS: TSIG-ALLOW-DNSUPDATE), and check that key and clock are the same on both sides.`;
    case "NOTAUTH":
      return `The name server ${server} is not the primary of ${zone}, or does not know the key "${keyName}". Check the server's address, the zone and the key.`;
    case "NOTZONE":
      return `The name server ${server} has another zone than ${zone} for these names. Check the zone.`;
    case "NOTIMP":
      return `The name server ${server} takes no dynamic updates. Turn them on (PowerDNS: dnsupdate=yes), or publish in another way.`;
    default:
      return `The name server ${server} refuses the update of ${zone} (${rcode}). Its log says why.`;
  }
}

function keyRefusal(
  error: TsigError,
  { server, keyName }: NameServerContext,
  serverTime: number | null,
  now: number,
): string {
  switch (error) {
    case "BADKEY":
      return `The name server ${server} does not know the key "${keyName}". Check its name and algorithm on both sides.`;
    case "BADTIME": {
      const apart = serverTime === null ? "" : ` by ${Math.abs(Math.round(now - serverTime))} s`;
      return `The clocks of this machine and of the name server ${server} differ${apart}. Set both by NTP.`;
    }
    case "BADSIG":
    case "BADTRUNC":
      return `The secret of the key "${keyName}" is another at the name server ${server}. Give both sides the same.`;
  }
}

function distrust(error: TsigError | "unsigned", { server, keyName }: NameServerContext): string {
  if (error === "unsigned")
    return `The name server ${server} answered without a signature, which is not believed. Have it ask for the key "${keyName}".`;
  if (error === "BADTIME")
    return `The clocks of this machine and of the name server ${server} differ. Set both by NTP.`;
  return `The answer of the name server ${server} has a wrong signature (${error}). Check who answers at that address, and the key "${keyName}".`;
}
