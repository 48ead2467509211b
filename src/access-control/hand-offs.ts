import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { HandOff } from "../protocol/access-api.ts";
import { handOffFragment } from "../protocol/pairing.ts";
import { isActive, type ClientRecord, type Clients } from "./clients.ts";
import type { AccessLimits } from "./limits.ts";
import type { Proof } from "./proof.ts";

/** Used passes, at the most, that are remembered to tell a replay: the oldest of more are like unknown ones. */
const USED_REMEMBERED = 256;

/** A client's pass for its next origin or browser: 128 bits, good once, for this client's own place alone. */
export interface Pass {
  readonly id: string;
  readonly parent: string;
  /** HMAC key of its claim, 16 bytes. */
  readonly secretKey: Buffer;
  /** Monotonic ms. */
  readonly expires: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  used: boolean;
}

export interface HandOffsDeps {
  clients: Clients;
  clock: Clock;
  limits: AccessLimits;
  random: (bytes: number) => Buffer;
}

/**
 * The passes of all clients, used ones until their end. In memory only: a restart of the daemon voids them, and the client
 * makes another.
 */
export class HandOffs {
  readonly #deps: HandOffsDeps;
  readonly #passes = new Map<string, Pass>();

  constructor(deps: HandOffsDeps) {
    this.#deps = deps;
  }

  /**
   * @param waiting how many claims with passes of this client wait for an owner's yes: they count as open
   * @throws TellyportError `pairing-too-many`
   */
  issue(parent: ClientRecord, waiting: number): HandOff {
    const { clock, limits, random } = this.#deps;
    this.#expire();
    const open = [...this.#passes.values()].filter((pass) => pass.parent === parent.id && !pass.used);
    if (open.length + waiting >= limits.handOffsPerClient) {
      const ends = open.map((pass) => pass.expires);
      const soonest = ends.length > 0 ? Math.min(...ends) - clock.monotonic() : limits.claimLifetime;
      throw new TellyportError(
        "pairing-too-many",
        `${limits.handOffsPerClient} hand-offs of this phone are open already. Use one of them, or wait until one runs out.`,
        { retryAfterMs: soonest },
      );
    }
    const pass: Pass = {
      id: random(8).toString("base64url"),
      parent: parent.id,
      secretKey: random(16),
      expires: clock.monotonic() + limits.handOffLifetime,
      expiresAt: clock.now() + limits.handOffLifetime,
      used: false,
    };
    this.#passes.set(pass.id, pass);
    return {
      id: pass.id,
      fragment: handOffFragment(pass.id, pass.secretKey.toString("base64url")),
      expiresAt: new Date(pass.expiresAt).toISOString(),
    };
  }

  /** Whether there is such a pass, used or not. */
  has(id: string | undefined): boolean {
    this.#expire();
    return id !== undefined && this.#passes.has(id);
  }

  /**
   * Holds a proof against the pass that a claim names: the same work, and null, where there is none, and where its parent may
   * itself no longer use the box.
   */
  match(id: string | undefined, proof: Proof): { pass: Pass; parent: ClientRecord } | null {
    const { clients, clock } = this.#deps;
    this.#expire();
    const pass = id === undefined ? undefined : this.#passes.get(id);
    const right = proof.fits(pass?.secretKey);
    const parent = pass === undefined ? undefined : clients.get(pass.parent);
    if (!right || pass === undefined || parent === undefined || !isActive(parent, clock.now())) return null;
    return { pass, parent };
  }

  /** From now on it is a replay. */
  use(pass: Pass): void {
    pass.used = true;
    const used = [...this.#passes.values()].filter((one) => one.used);
    for (const one of used.slice(0, Math.max(0, used.length - USED_REMEMBERED))) this.#passes.delete(one.id);
  }

  /** Voids a client's passes. */
  endOf(client: string): void {
    for (const pass of this.#passes.values()) if (pass.parent === client) this.#passes.delete(pass.id);
  }

  #expire(): void {
    const now = this.#deps.clock.monotonic();
    for (const pass of this.#passes.values()) if (now >= pass.expires) this.#passes.delete(pass.id);
  }
}
