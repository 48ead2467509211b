import { randomBytes, randomInt } from "node:crypto";
import type { AccessEvents, AuditEntry, OfferState } from "../../src/protocol/access-api.ts";
import { ALARMS, AUDIT_EVENTS, type AuditEvent } from "../../src/protocol/audit-events.ts";
import type { ChangedClient, Client, Offer, PairingClaim, Tokens } from "../../src/protocol/api.ts";
import { CODE_ALPHABET, handOffFragment, pairingFragment } from "../../src/protocol/pairing.ts";
import { Refusal } from "./refusal.ts";

/** A client, with what its tokens are bound to. */
export interface Paired extends Omit<Client, "current"> {
  user: string;
  thumbprint: string;
  refresh: string;
  cookie: string;
}

interface OpenOffer extends OfferState {
  readonly code: string;
  readonly secret: Buffer;
  match: string;
  wrongNumber?: boolean;
}

interface Pass {
  readonly secret: Buffer;
  readonly from: Paired;
  used: boolean;
}

/** What somebody may redeem: its key for the proof, and who comes of it. */
export interface Redeemable {
  readonly key: Buffer | string;
  readonly role: Tokens["role"];
  readonly offer: OpenOffer | null;
  readonly pass: Pass | null;
}

const MINUTE = 60_000;
const letters = (count: number): string =>
  Array.from({ length: count }, () => CODE_ALPHABET[randomInt(CODE_ALPHABET.length)]).join("");
const inMinutes = (count: number): string => new Date(Date.now() + count * MINUTE).toISOString();
type Role = Tokens["role"];

/** Who may watch, and how that changes: the routes of access-api.ts, without their limits of attempts. */
export class FakeAccess {
  readonly clients = new Map<string, Paired>();
  readonly offers = new Map<string, OpenOffer>();
  readonly passes = new Map<string, Pass>();
  readonly audit: AuditEntry[] = [];
  recovery: { codes: string[]; madeAt: string | null } = { codes: [], madeAt: new Date(0).toISOString() };
  pin: string | null = null;
  /** Wrong PINs until it is locked. */
  tries = 3;
  readonly unlocked = new Map<string, string>();
  /** Whether changes are told by events; without them the screens must ask. */
  tells = true;
  readonly #tell: <K extends keyof AccessEvents>(event: K, data: AccessEvents[K]) => void;

  constructor(tell: <K extends keyof AccessEvents>(event: K, data: AccessEvents[K]) => void) {
    this.#tell = (event, data) => void (this.tells && tell(event, data));
  }

  /** Writes down what happened. @param alarm whether owners are told at once */
  note(event: AuditEvent, entry: Partial<AuditEntry> = {}, alarm = false): AuditEntry {
    const written: AuditEntry = {
      id: this.audit.length + 1,
      at: new Date().toISOString(),
      event,
      client: null,
      name: null,
      address: null,
      count: 1,
      detail: {},
      ...entry,
    };
    this.audit.push(written);
    if (alarm) this.#tell("notice", written);
    return written;
  }

  /** @returns null when the route is none of these */
  answer(route: string, url: URL, body: string, asking: Paired): { status: number; body?: object } | null {
    const [method = "", path = ""] = route.split(" ");
    const [, area = "", id = "", what = ""] = path.split("/");
    const read = <T>(): T => JSON.parse(body || "{}") as T;
    const owner = (): void => {
      if (asking.role !== "owner") throw new Refusal(403, "role-forbidden");
    };
    switch (`${method} ${area}${id && "/:id"}${what && `/${what}`}`) {
      case "POST offers":
        owner();
        return { status: 201, body: this.#openOffer(read<{ role?: Role }>().role ?? "viewer", url.origin) };
      case "GET offers":
        owner();
        return { status: 200, body: { offers: [...this.offers.values()].map(stateOf) } };
      case "GET offers/:id":
        owner();
        return { status: 200, body: stateOf(this.#offer(id)) };
      case "DELETE offers/:id":
        owner();
        this.#settle(this.#offer(id), "closed");
        return { status: 204 };
      case "POST offers/:id/decision":
        owner();
        this.#decide(this.#offer(id), read<{ match: string | null }>().match);
        return { status: 204 };
      case "GET clients":
        owner();
        return {
          status: 200,
          body: {
            clients: [...this.clients.values()].map((one) => ({
              ...shown(one, asking),
              removedWith: this.#openedFrom(one.id).map((other) => other.id),
            })),
          },
        };
      case "GET clients/:id":
        if (id !== "self") return null;
        return { status: 200, body: shown(asking, asking) };
      case "PATCH clients/:id":
        owner();
        return { status: 200, body: this.#change(id, read(), asking) };
      case "DELETE clients/:id":
        return this.#remove(id === "self" ? asking.id : id, asking, url.searchParams.has("alone"));
      case "POST clients/:id":
        if (id !== "end-others") return null;
        return {
          status: 200,
          body: this.#endOthers(asking, read<{ everybody?: boolean }>().everybody ?? false),
        };
      case "POST clients/:id/unlock":
        return { status: 200, body: this.#unlock(asking, read<{ pin: string }>().pin) };
      case "GET parental-pin":
        return { status: 200, body: { set: this.pin !== null } };
      case "PUT parental-pin":
        owner();
        this.pin = read<{ pin: string | null }>().pin;
        return { status: 204 };
      case "POST hand-offs":
        return { status: 201, body: this.#handOff(asking) };
      case "POST recovery-codes":
        owner();
        this.recovery = {
          codes: Array.from({ length: 10 }, () => letters(20)),
          madeAt: new Date().toISOString(),
        };
        return {
          status: 201,
          body: { codes: this.recovery.codes.map((one) => one.match(/.{4}/g)?.join("-")) },
        };
      case "GET recovery-codes":
        owner();
        return { status: 200, body: { left: this.recovery.codes.length, madeAt: this.recovery.madeAt } };
      case "GET audit":
        owner();
        return { status: 200, body: { entries: this.#entries(url.searchParams) } };
      default:
        return null;
    }
  }

  /** What a claim names, if it is one of ours. @throws Refusal when it is, and no longer good */
  redeemable(claim: PairingClaim): Redeemable[] {
    if (claim.offer === "recovery")
      return this.recovery.codes.map((key) => ({ key, role: "owner", offer: null, pass: null }));
    const pass = this.passes.get(claim.offer ?? "");
    if (pass?.used === true) throw new Refusal(410, "hand-off-used");
    if (pass !== undefined) return [{ key: pass.secret, role: pass.from.role, offer: null, pass }];
    return [...this.offers.values()]
      .filter((offer) => offer.state === "open" && (claim.offer === undefined || offer.id === claim.offer))
      .map((offer) => ({
        key: claim.offer === undefined ? offer.code : offer.secret,
        role: offer.role,
        offer,
        pass: null,
      }));
  }

  /** A claim proved right. @returns the number that the new client shows, if the owner is asked */
  redeemed(by: Redeemable, claim: PairingClaim, home: boolean): string | null {
    if (by.pass !== null) by.pass.used = true;
    if (claim.offer === "recovery") this.recovery.codes = this.recovery.codes.filter((one) => one !== by.key);
    const { offer } = by;
    if (offer === null) return null;
    const choices = [...new Set(Array.from({ length: 30 }, () => String(randomInt(10, 100))))].slice(0, 3);
    offer.match = choices[randomInt(3)] as string;
    offer.state = "waiting";
    const { name, terminalType } = claim;
    offer.claim = { name, terminalType, address: home ? "192.168.1.23" : "203.0.113.9", home, choices };
    this.#tell("offer", stateOf(offer));
    return offer.match;
  }

  #openOffer(role: Role, origin: string): Offer {
    const id = `offer-${randomBytes(6).toString("hex")}`;
    const offer: OpenOffer = {
      id,
      role,
      expiresAt: inMinutes(5),
      state: "open",
      claim: null,
      code: letters(8),
      secret: randomBytes(16),
      match: "",
    };
    this.offers.set(id, offer);
    this.note("offer-opened", { detail: { role } });
    const url = `${origin}/${pairingFragment(id, offer.secret.toString("base64url"))}`;
    return { id, role, code: offer.code, url, expiresAt: offer.expiresAt };
  }

  #offer(id: string): OpenOffer {
    const offer = this.offers.get(id);
    if (offer === undefined) throw new Refusal(404, "offer-not-found");
    return offer;
  }

  #decide(offer: OpenOffer, match: string | null): void {
    if (offer.state !== "waiting") throw new Refusal(404, "offer-not-found");
    offer.wrongNumber = match !== null && match !== offer.match;
    this.#settle(offer, match === offer.match ? "paired" : "refused");
  }

  #settle(offer: OpenOffer, state: OfferState["state"]): void {
    offer.state = state;
    offer.claim = null;
    this.#tell("offer", stateOf(offer));
  }

  #change(id: string, change: Partial<Paired>, asking: Paired): ChangedClient {
    const client = this.clients.get(id);
    if (client === undefined) throw new Refusal(404, "client-not-found");
    const owners = [...this.clients.values()].filter(({ role }) => role === "owner");
    if (
      client.role === "owner" &&
      change.role !== undefined &&
      change.role !== "owner" &&
      owners.length === 1
    )
      throw new Refusal(409, "last-owner");
    if (change.limits?.hours?.some(({ from, to }) => from >= to) === true)
      throw new Refusal(400, "limits-invalid");
    Object.assign(client, change);
    if (change.role === "guest") client.endsAt ??= inMinutes(7 * 24 * 60);
    this.note("client-changed", { client: id, name: client.name });
    return { ...shown(client, asking), changed: [] };
  }

  #openedFrom(id: string): Paired[] {
    return [...this.clients.values()].filter((one) => one.handedOverFrom === id);
  }

  #remove(id: string, asking: Paired, alone: boolean): { status: number; body: object } {
    if (asking.role !== "owner" && id !== asking.id) throw new Refusal(403, "role-forbidden");
    const client = this.clients.get(id);
    if (client === undefined) throw new Refusal(404, "client-not-found");
    const gone = [client, ...(alone || id === asking.id ? [] : this.#openedFrom(id))];
    for (const one of gone) this.clients.delete(one.id);
    return { status: 200, body: { removed: gone.map((one) => ({ id: one.id, name: one.name })) } };
  }

  #endOthers(asking: Paired, everybody: boolean): { ended: number } {
    const ended = [...this.clients.values()].filter(
      ({ id, user }) => id !== asking.id && (everybody || user === asking.user),
    );
    for (const { id } of ended) this.clients.delete(id);
    return { ended: ended.length };
  }

  #unlock(asking: Paired, pin: string): { until: string } {
    if (this.pin === null) throw new Refusal(409, "pin-missing");
    if (this.tries === 0) throw new Refusal(429, "pin-locked", undefined, 120_000);
    if (pin !== this.pin) {
      this.tries--;
      throw new Refusal(403, "pin-wrong", undefined, this.tries === 0 ? 60_000 : undefined);
    }
    const until = inMinutes(30);
    this.unlocked.set(asking.id, until);
    return { until };
  }

  #handOff(asking: Paired): object {
    const id = `pass-${randomBytes(6).toString("hex")}`;
    const secret = randomBytes(16);
    this.passes.set(id, { secret, from: asking, used: false });
    return { id, fragment: handOffFragment(id, secret.toString("base64url")), expiresAt: inMinutes(10) };
  }

  #entries(query: URLSearchParams): AuditEntry[] {
    const before = Number(query.get("before") ?? Infinity);
    const kinds: readonly string[] = query.get("alarms") === "true" ? ALARMS : AUDIT_EVENTS;
    const found = this.audit.filter(({ id, event }) => id < before && kinds.includes(event)).reverse();
    return found.slice(0, Number(query.get("limit") ?? 100));
  }
}

function stateOf({ id, role, expiresAt, state, claim }: OpenOffer): OfferState {
  return { id, role, expiresAt, state, claim };
}

function shown(client: Paired, asking: Paired): Client {
  const { user: _user, thumbprint: _thumbprint, refresh: _refresh, cookie: _cookie, ...rest } = client;
  return { ...rest, current: client.id === asking.id };
}
