import type { Clock } from "../kernel/clock.ts";
import type { LineLog } from "../kernel/log-sparingly.ts";
import type { Database } from "../kernel/store/database.ts";
import { toBase32 } from "../protocol/base64url.ts";
import type { Applicant } from "./applicant.ts";
import type { AuditNote, AuditPort } from "./audit/port.ts";
import type { Claims } from "./claims.ts";
import type { ClientRecord, Clients } from "./clients.ts";
import type { AccessLimits } from "./limits.ts";

export interface AdmitDeps {
  database: Database;
  claims: Claims;
  clients: Clients;
  clock: Clock;
  limits: AccessLimits;
  random: (bytes: number) => Buffer;
  log: LineLog;
  audit: AuditPort;
}

/** Makes the client, on disk when it returns, and its claim, by which it collects its tokens. */
export function admit(deps: AdmitDeps, applicant: Applicant): void {
  const { audit, clients, claims, clock, database, limits, log, random } = deps;
  const { admission, kind, name, origin, role } = applicant;
  const { by } = admission;
  const { address } = origin;
  const now = clock.now();
  const id = toBase32(random(10));
  const parent = admission.parent === null ? undefined : clients.get(admission.parent);
  const client: ClientRecord = {
    id,
    name,
    role,
    terminalType: applicant.terminalType,
    kind,
    jwk: applicant.key,
    thumbprint: applicant.thumbprint,
    user: parent?.user ?? id,
    payer: parent?.payer ?? (role === "guest" ? (admission.payer ?? id) : id),
    pairedAt: now,
    lastSeenAt: null,
    lastAddress: address,
    lastHome: applicant.home,
    handedOverFrom: admission.parent,
    screen: admission.screen ?? false,
    notAfter: parent === undefined ? (role === "guest" ? now + limits.guest : null) : parent.notAfter,
    revokedAt: null,
  };
  database.transaction(() => {
    clients.write(client);
    claims.write({
      secretHash: applicant.secretHash,
      client: id,
      nonce: applicant.nonce,
      refresh: applicant.refresh,
      expiresAt: now + limits.claimLifetime,
      deliveredAt: null,
    });
    admission.use?.();
    audit.note({ ...noteOf(applicant), client: id, name, address });
  });
  log.info({ client: id, role, kind, by, address }, "client-paired");
}

/** However a client comes in, that is one thing, which owners are told once. */
function noteOf({ admission, kind, role }: Applicant): Pick<AuditNote, "event" | "detail"> {
  const { by, parent } = admission;
  if (by === "recovery-code") return { event: "owner-recovered", detail: { role, kind, by: "code" } };
  if (parent !== null) return { event: "handed-over", detail: { role, kind, from: parent } };
  return { event: "client-paired", detail: { role, kind, by } };
}
