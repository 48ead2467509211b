import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { Database } from "../kernel/store/database.ts";
import type { Claims } from "./claims.ts";
import type { Clients } from "./clients.ts";
import type { AccessLimits } from "./limits.ts";

export interface RoomDeps {
  claims: Claims;
  clients: Clients;
  clock: Clock;
  database: Database;
  limits: AccessLimits;
}

/** Who is in already, and whether there is room for one more. */
export class Room {
  readonly #deps: RoomDeps;

  constructor(deps: RoomDeps) {
    this.#deps = deps;
    this.clear();
  }

  /** Whether the box has an owner. */
  claimed(): boolean {
    const { claims, clients, clock } = this.#deps;
    const owners = clients.owners(clock.now());
    if (owners.length === 0) return false;
    // Who never collected its tokens is none, even where there is no room to write that down.
    const abandoned = claims.abandoned(clock.now());
    return owners.some(({ id }) => !abandoned.includes(id));
  }

  /** @param parent id of the client whose user is to have one more; null: a user of its own */
  has(parent: string | null): boolean {
    const { clients, clock, limits } = this.#deps;
    const active = clients.active(clock.now());
    const user = parent === null ? undefined : clients.get(parent)?.user;
    const alike = user === undefined ? 0 : active.filter((client) => client.user === user).length;
    return active.length < limits.clients && alike < limits.clientsPerUser;
  }

  /** @throws TellyportError `pairing-too-many` */
  require(parent: string | null): void {
    if (this.has(parent)) return;
    const { clients, clientsPerUser } = this.#deps.limits;
    const most = parent === null ? "" : `, or ${clientsPerUser} of this user,`;
    throw new TellyportError(
      "pairing-too-many",
      `${clients} clients${most} are paired, and that is the limit. Remove one first: tellyport clients revoke.`,
    );
  }

  /** Clients that are the box's own screen. */
  screens(): string[] {
    const { clients, clock } = this.#deps;
    return clients
      .active(clock.now())
      .filter(({ screen }) => screen)
      .map(({ id }) => id);
  }

  /** Forgets those who never collected their tokens, when the time for that is over. */
  clear(): void {
    const { claims, clients, clock, database, limits } = this.#deps;
    const now = clock.now();
    if (!claims.hasExpired(now, limits.retryGrace)) return;
    // Whoever never collected tokens must not count as an owner.
    database.transaction(() => {
      for (const client of claims.expire(now, limits.retryGrace)) clients.forget(client);
    });
  }
}
