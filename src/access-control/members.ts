import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { Emitter } from "../kernel/events.ts";
import type { LineLog } from "../kernel/log-sparingly.ts";
import type { Database } from "../kernel/store/database.ts";
import type { ClientLimits } from "../protocol/client-limits.ts";
import type { Principal, Role } from "../protocol/principal.ts";
import { roleFor } from "./applicant.ts";
import type { AuditPort } from "./audit/port.ts";
import { cleanName } from "./clean-name.ts";
import { isActive, type ClientRecord, type Clients } from "./clients.ts";
import type { Grants } from "./grants.ts";
import type { AccessLimits } from "./limits.ts";
import { changedWith, removedWith } from "./lines.ts";
import { isLimited } from "./rules/limits.ts";
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
  log: LineLog;
  audit: AuditPort;
  rules: Pick<ViewingRules, "check" | "set" | "forget" | "tell" | "limitsOf">;
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

/** What became of it. */
export interface Changed {
  readonly client: ClientRecord;
  /** Others of its line whose role or stay changed with it. */
  readonly others: readonly ClientRecord[];
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

  /** Those whose role would change with a client's, if it were a kid's: none has more. */
  changedWith(client: ClientRecord): ClientRecord[] {
    return changedWith(client, "kid", this.list());
  }

  /**
   * Changes a client; a role and the end of a stay with all of its line that {@link changedWith} names, limits of its whole
   * line as always. In one transaction.
   * @throws TellyportError `client-not-found`; `last-owner` for any other role than owner on the only one, or the only line of
   *   them; `secure-origin-required` when one without a key should become owner; `body-invalid` for a name of blanks;
   *   `limits-invalid` for limits or a stay that do not fit, or are of no use in its role
   */
  change(id: string, change: ClientChange, asking: Principal): Changed {
    const { clients, clock, limits, log, rules } = this.#deps;
    const record = this.find(id, asking);
    const name = change.name === undefined ? undefined : cleanName(change.name);
    if (name === "")
      throw new TellyportError("body-invalid", "The name needs a letter.", { detail: { field: "name" } });
    const { role = record.role } = change;
    const isNew = role !== record.role;
    if (isNew) this.#requireRole(record, role);
    const endsAt = change.endsAt === undefined ? undefined : this.#stayOf(role, change.endsAt);
    if (change.limits !== undefined) rules.check(role, change.limits);
    // All of it is good: from here on it is done.
    const others = isNew || endsAt !== undefined ? changedWith(record, role, this.list()) : [];
    const stay = role === "guest" ? (endsAt ?? clock.now() + limits.guest) : null;
    const begins = isNew && (isLimited(role) || isLimited(record.role));
    const nextOf = (one: ClientRecord): Role => (isNew ? roleFor(one.kind, role) : one.role);
    const changing = [record, ...others].filter((one) => nextOf(one) !== one.role);
    const limited =
      change.limits === undefined ? [] : differences(rules.limitsOf(record.id, record.role), change.limits);
    const after = this.#stop(changing, "role-changed", () => {
      // The limits first: whoever becomes a kid is never one with less strict ones.
      if (change.limits !== undefined) rules.set(record.id, change.limits);
      else if (begins) rules.forget(record.id);
      return [record, ...others].map((before) => {
        let now = before;
        if (name !== undefined && before === record) now = clients.rename(now, name);
        const next = nextOf(before);
        if (next !== before.role) now = clients.changeRole(now, next, next === "guest" ? stay : null);
        else if (endsAt !== undefined && next === "guest") now = clients.changeStay(now, endsAt);
        this.#noteChange(before, now, before === record ? limited : [], asking);
        return now;
      });
    });
    if (change.limits !== undefined || begins) rules.tell();
    const both = [record, ...others].map((before, index) => ({ before, now: after[index] ?? before }));
    for (const { before, now } of both)
      if (now.role !== before.role)
        log.info({ client: now.id, role: now.role, by: asking.client }, "client-role-changed");
    const different = both.filter(
      ({ before, now }) => now.role !== before.role || now.notAfter !== before.notAfter,
    );
    return {
      client: after[0] ?? record,
      others: different.map(({ now }) => now).filter((one) => one.id !== record.id),
    };
  }

  /** @throws TellyportError `secure-origin-required`, `last-owner` */
  #requireRole(record: ClientRecord, role: Role): void {
    if (role === "owner" && record.kind !== "key") {
      throw new TellyportError(
        "secure-origin-required",
        "A phone that paired over plain http, or keeps no key, cannot be an owner. Pair it again at the box's https address.",
      );
    }
    const gone = [record, ...changedWith(record, role, this.list())];
    if (record.role === "owner" && this.#isWithoutOwner(gone)) {
      throw lastOwner();
    }
  }

  /** @param limited the limits that are others now */
  #noteChange(before: ClientRecord, now: ClientRecord, limited: readonly string[], asking: Principal): void {
    const limits = limited.join(", ");
    const detail = { ...changesOf(before, now), ...(limits !== "" && { limits }) };
    if (Object.keys(detail).length === 0) return;
    this.#deps.audit.note({
      event: "client-changed",
      client: before.id,
      name: before.name,
      detail: { ...detail, by: asking.client },
    });
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

  /** Those that go when an owner removes a client. */
  removedWith(client: ClientRecord, asking: Principal): ClientRecord[] {
    const gone = removedWith(client, asking.client, this.#deps.clients.all());
    return this.list().filter(({ id }) => gone.has(id));
  }

  /**
   * Revokes a client, at once: its tokens, its session, its grants, what it has running. An owner may remove anybody, with
   * what came of it by hand-off, for whoever stole a phone may have a browser by it; and everybody itself, alone, for that is
   * how one moves from one browser to another. The last owner goes by its own wish, or at the box, never by another client. A
   * box without an owner opens offers at the box alone.
   * @param alone whether what came of it by hand-off stays
   * @returns who is gone, the one that was meant first
   * @throws TellyportError `client-not-found`, `role-forbidden`, `last-owner`
   */
  remove(id: string, alone: boolean, asking: Principal): readonly [ClientRecord, ...ClientRecord[]] {
    const { audit, clients, clock, log, sessions } = this.#deps;
    const record = this.find(id, asking);
    const self = record.id === asking.client;
    if (!self && asking.role !== "owner") {
      throw new TellyportError("role-forbidden", "Only an owner removes other clients.");
    }
    const others = self || alone ? [] : this.removedWith(record, asking);
    const gone = [record, ...others] as const;
    if (!self && asking.client !== LOCAL_PRINCIPAL.client && this.#isWithoutOwner(gone)) {
      throw lastOwner();
    }
    const by = asking.client;
    this.#stop(gone, "revoked", () => {
      for (const one of gone) {
        clients.revoke(one, clock.now());
        sessions.end(one.id);
        const detail = one === record ? { by } : { by, with: record.name };
        audit.note({ event: "client-revoked", client: one.id, name: one.name, detail });
      }
    });
    for (const { id: client } of gone)
      log.info({ client, by, ...(client !== record.id && { with: record.id }) }, "client-revoked");
    return gone;
  }

  /**
   * Revokes the asking user's other clients, or all of the box but the asking one: somebody's phone is in other hands. In one
   * transaction; none is left when it returns.
   * @returns how many
   * @throws TellyportError `role-forbidden` when anybody but an owner means everybody
   */
  endOthers(everybody: boolean, asking: Principal): number {
    const { audit, clients, clock, log, sessions } = this.#deps;
    if (everybody && asking.role !== "owner") {
      throw new TellyportError("role-forbidden", "Only an owner removes other people's clients.");
    }
    const others = this.list().filter(
      ({ id, user }) => id !== asking.client && (everybody || user === asking.user),
    );
    if (others.length === 0) return 0;
    this.#stop(others, "revoked", () => {
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

  /**
   * Changes what clients may, in one transaction, and ends what they have running: also where that cannot be written. They may
   * then what they did, and whoever wanted them stopped is told; but nothing goes on as if he had not asked.
   */
  #stop<T>(clients: readonly ClientRecord[], reason: ClientEnded["reason"], change: () => T): T {
    try {
      return this.#deps.database.transaction(change);
    } finally {
      for (const { id } of clients) this.#endRunning({ client: id, reason });
    }
  }

  #endRunning(event: ClientEnded): void {
    this.#deps.grants.endClient(event.client);
    this.#deps.ended.emit(event);
  }

  /** Whether no owner is left when these are none any more. */
  #isWithoutOwner(gone: readonly ClientRecord[]): boolean {
    const { clients, clock } = this.#deps;
    return clients.owners(clock.now()).every((owner) => gone.some(({ id }) => id === owner.id));
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
