/** Ways of asking a router, those first that are better to have. */
export type DoorProtocolName = "pcp" | "nat-pmp" | "igd";

/** A port of the router, or a hole in its firewall, that leads to the box. */
export interface DoorLease {
  readonly protocol: DoorProtocolName;
  /** The box's address, to which it leads. */
  readonly client: string;
  readonly internalPort: number;
  readonly externalPort: number;
  /** Null: the router did not say. */
  readonly externalAddress: string | null;
  /** s; 0: for good */
  readonly lifetime: number;
  /** Of an IGD's pinhole. */
  readonly pinhole?: number;
}

/** Why a router said no. `no-address`: it has no address of the internet itself. */
export type RefusalReason = "not-allowed" | "no-address" | "no-room" | "other";

export interface DoorRefusal {
  readonly protocol: DoorProtocolName;
  readonly reason: RefusalReason;
  /** The router's own, with the code: `PCP 2 NOT_AUTHORIZED`. */
  readonly words: string;
}

/** What a router said when it was asked whether it is there. */
export interface RouterWord {
  readonly protocol: DoorProtocolName;
  /** Its address towards the internet; null when it did not say, or has none. */
  readonly externalAddress: string | null;
  /** What it could not answer, if so. */
  readonly refusal: DoorRefusal | null;
}

export interface DoorWish {
  readonly internalPort: number;
  readonly externalPort: number;
  /** s */
  readonly lifetime: number;
}

export type OpenAnswer =
  | { readonly kind: "open"; readonly lease: DoorLease }
  /** Another port may do. */
  | { readonly kind: "taken"; readonly refusal: DoorRefusal }
  | {
      readonly kind: "refused";
      readonly refusal: DoorRefusal;
      readonly externalAddress: string | null;
    }
  | { readonly kind: "silent" };

export type CheckAnswer =
  /** Null: it did not say. */
  | { readonly kind: "same"; readonly externalAddress: string | null }
  /** The router forgot it, or gave the port to another one. */
  | { readonly kind: "lost" }
  | { readonly kind: "silent" };

/** One way of asking one router. None of these fails; each ends in bounded time, and soon when the signal fires. */
export interface DoorProtocol {
  readonly name: DoorProtocolName;
  /** How often {@link check} is worth it, ms. */
  readonly pollMs: number;
  /** Null: the router does not speak it. */
  probe(signal: AbortSignal): Promise<RouterWord | null>;
  /** Opens a door, or keeps an open one open. @param held the one that is renewed */
  open(wish: DoorWish, held: DoorLease | null, signal: AbortSignal): Promise<OpenAnswer>;
  /** Whether it is open still. */
  check(lease: DoorLease, signal: AbortSignal): Promise<CheckAnswer>;
  close(lease: DoorLease, signal: AbortSignal): Promise<void>;
}
