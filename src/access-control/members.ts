import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { Emitter } from "../kernel/events.ts";
import type { Log } from "../kernel/log.ts";
import type { Database } from "../kernel/store/database.ts";
import type { ClientLimits } from "../protocol/client-limits.ts";
import type { Principal, Role } from "../protocol/principal.ts";
import type { AuditPort } from "./audit/port.ts";
import { cleanName } from "./clean-name.ts";
import { isActive, type ClientRecord, type Clients } from "./clients.ts";
import type { Grants } from "./grants.ts";
import type { AccessLimits } from "./limits.ts";
import type { ViewingRules } from "./rules/viewing-rules.ts";
import type { Sessions } from "./sessions.ts";

/** Why what a client has running must end. */
export interface ClientEnded {
  readonly client: string;
  readonly reason: "revoked" | "role-changed" | "stay-over";
}

export interface MembersDeps {
  database: Database;
  clients: Clients;
  sessions: Sessions;
  grants: Grants;
  ended: Emitter<ClientEnded>;
  clock: Clock;
  limits: AccessLimits;
  log: Log;
  audit: AuditPort;
  rules: Pick<ViewingRules, "check" | "set" | "forget" | "limitsOf">;
}

/** What an owner changes of a client. */
export interface ClientChange {
  readonly name?: string;
  readonly role?: Role;
  /** Takes the place of all limits. */
  readonly limits?: ClientLimits;
  /** ISO 8601. */
  readonly endsAt?: string;
}

/** Who may be what: the rules of the list of clients. */
export class Members {
  readonly #deps: MembersDeps;

  constructor(deps: MembersDeps) {
    this.#deps = deps;
  }

  list(): ClientRecord[] {
    return this.#deps.clients.active(this.#deps.clock.now());
  }

  /** @param id of a client, or `self`. @throws TellyportError `client-not-found` */
  find(id: string, asking: Principal): ClientRecord {
    const record = this.#deps.clients.get(id === "self" ? asking.client : id);
    if (record === undefined || !isActive(record, this.#deps.clock.now())) {
      throw new TellyportError("client-not-found", "There is no such client. It may have been removed.");
    }
    return record;
  }

  /**
   * @throws TellyportError `client-not-found`; `last-owner` for any other role than owner on the only one;
   *   `secure-origin-required` when one without a key should become owner; `body-invalid` for a name of blanks; `limits-invalid` for
   *   limits or a stay that do not fit, or are of no use in its role
   */
  change(id: string, change: ClientChange, asking: Principal): ClientRecord {
    const { audit, clients, clock, database, limits, log, rules } = this.#deps;
    let record = this.find(id, asking);
    const name = change.name === undefined ? undefined : cleanName(change.name);
    if (name === "")
      throw new TellyportError("body-invalid", "The name needs a letter.", { detail: { field: "name" } });
    const { role } = change;
    const newRole = role !== undefined && role !== record.role ? role : undefined;
    if (newRole === "owner" && record.kind !== "key") {
      throw new TellyportError(
        "secure-origin-required",
        "A phone that paired over plain http, or keeps no key, cannot be an owner. Pair it again at the box's https address.",
      );
    }
    if (newRole !== undefined && this.#isLastOwner(record)) {
      throw lastOwner();
    }
    const endsAt = change.endsAt === undefined ? undefined : this.#stayOf(role ?? record.role, change.endsAt);
    if (change.limits !== undefined) rules.check(role ?? record.role, change.limits);
    // All of it is good: from here on it is done. The limits first: whoever becomes a kid is never one with less strict ones.
    const limited =
      change.limits === undefined ? [] : differences(rules.limitsOf(record.id, record.role), change.limits);
    if (change.limits !== undefined) rules.set(record.id, change.limits);
    const before = record;
    record = database.transaction(() => {
      let changed = record;
      if (name !== undefined) changed = clients.rename(changed, name);
      if (endsAt !== undefined && newRole === undefined) changed = clients.changeStay(changed, endsAt);
      if (newRole !== undefined) {
        const stay = newRole === "guest" ? (endsAt ?? clock.now() + limits.guest) : null;
        changed = clients.changeRole(changed, newRole, stay);
      }
      const detail = {
        ...changesOf(before, changed),
        ...(limited.length > 0 && { limits: limited.join(", ") }),
      };
      if (Object.keys(detail).length > 0)
        audit.note({
          event: "client-changed",
          client: record.id,
          name: before.name,
          detail: { ...detail, by: asking.client },
        });
      return changed;
    });
    if (newRole !== undefined) {
      if (change.limits === undefined) rules.forget(record.id);
      log.info({ client: record.id, role: newRole, by: asking.client }, "client-role-changed");
      this.#endRunning({ client: record.id, reason: "role-changed" });
    }
    return record;
  }

  /** @returns epoch ms. @throws TellyportError `limits-invalid` */
  #stayOf(role: Role, endsAt: string): number {
    const { clock, limits } = this.#deps;
    const at = Date.parse(endsAt);
    const invalid = (message: string): TellyportError =>
      new TellyportError("limits-invalid", message, { detail: { field: "endsAt" } });
    if (role !== "guest") throw invalid("Only a guest's stay has an end. Make it a guest first.");
    if (!(at > clock.now())) throw invalid("endsAt: that is over already.");
    if (at > clock.now() + limits.guest)
      throw invalid(`endsAt: a guest stays ${Math.floor(limits.guest / 86_400_000)} days at most.`);
    return at;
  }

  /**
   * Revokes a client, at once: its tokens, its session, its grants, what it has running. An owner may remove anybody, and
   * everybody itself; the last owner goes by its own wish, or at the box, never by another client. A box without an owner
   * opens offers at the box alone.
   * @throws TellyportError `client-not-found`, `role-forbidden`, `last-owner`
   */
  remove(id: string, asking: Principal): ClientRecord {
    const record = this.find(id, asking);
    const self = record.id === asking.client;
    if (!self && asking.role !== "owner") {
      throw new TellyportError("role-forbidden", "Only an owner removes other clients.");
    }
    if (!self && asking.client !== LOCAL_PRINCIPAL.client && this.#isLastOwner(record)) {
      throw lastOwner();
    }
    this.revoke(record, asking.client);
    return record;
  }

  /** @param by who did it, for the log */
  revoke(record: ClientRecord, by: string): void {
    const { audit, clients, clock, database, log, sessions } = this.#deps;
    database.transaction(() => {
      clients.revoke(record, clock.now());
      sessions.end(record.id);
      audit.note({ event: "client-revoked", client: record.id, detail: { by } });
    });
    log.info({ client: record.id, by }, "client-revoked");
    this.#endRunning({ client: record.id, reason: "revoked" });
  }

  /**
   * Revokes the asking user's other clients, or all of the box but the asking one: somebody's phone is in other hands. In one
   * transaction; none is left when it returns.
   * @returns how many
   * @throws TellyportError `role-forbidden` when anybody but an owner means everybody
   */
  endOthers(everybody: boolean, asking: Principal): number {
    const { audit, clients, clock, database, log, sessions } = this.#deps;
    if (everybody && asking.role !== "owner") {
      throw new TellyportError("role-forbidden", "Only an owner removes other people's clients.");
    }
    const others = this.list().filter(
      ({ id, user }) => id !== asking.client && (everybody || user === asking.user),
    );
    if (others.length === 0) return 0;
    database.transaction(() => {
      for (const { id } of others) sessions.end(id);
      for (const record of others) clients.revoke(record, clock.now());
      const names = others.map(({ name }) => name).join(", ");
      audit.note({
        event: "others-ended",
        client: asking.client,
        detail: { ended: others.length, everybody, names },
      });
    });
    log.info({ ended: others.length, everybody, by: asking.client }, "others-ended");
    for (const { id } of others) this.#endRunning({ client: id, reason: "revoked" });
    return others.length;
  }

  /** Ends what runs for a client whose session ended, without removing it. */
  endRunning(record: ClientRecord): void {
    this.#endRunning({ client: record.id, reason: "revoked" });
  }

  /** Ends what runs for a client whose time is over. */
  endStay(client: string): void {
    this.#endRunning({ client, reason: "stay-over" });
  }

  #endRunning(event: ClientEnded): void {
    this.#deps.grants.endClient(event.client);
    this.#deps.ended.emit(event);
  }

  #isLastOwner(record: ClientRecord): boolean {
    const { clients, clock } = this.#deps;
    return record.role === "owner" && clients.owners(clock.now()).every((owner) => owner.id === record.id);
  }
}

function lastOwner(): TellyportError {
  return new TellyportError(
    "last-owner",
    "The box would have no owner left. Make another client owner first.",
  );
}

/** What is new of a client, and what was before. */
function changesOf(before: ClientRecord, after: ClientRecord): Record<string, string> {
  const stay = after.notAfter !== null && after.notAfter !== before.notAfter && after.role === before.role;
  return {
    ...(stay && { endsAt: new Date(after.notAfter).toISOString() }),
    ...(after.name !== before.name && { name: after.name }),
    ...(after.role !== before.role && { role: after.role, roleBefore: before.role }),
  };
}

const LIMITS = [
  "channels",
  "hours",
  "maximumAge",
  "minutesPerDay",
  "unrated",
] as const satisfies readonly (keyof ClientLimits)[];

/** Names of the limits that are others now. */
function differences(before: ClientLimits = {}, after: ClientLimits): string[] {
  return LIMITS.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

/** The box's own command line: whoever may open its socket. */
export const LOCAL_PRINCIPAL: Principal = {
  client: "local",
  user: "local",
  terminalType: "tv",
  role: "owner",
  payer: "local",
};
