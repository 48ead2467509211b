/** Who is asking, once proven. The same for every route, room and ledger. */

export const ROLES = ["owner", "viewer", "kid", "guest"] as const;
export type Role = (typeof ROLES)[number];

export const TERMINAL_TYPES = ["mobile", "internet", "tv"] as const;
/** What kind of terminal a client is (requirement C2). */
export type TerminalType = (typeof TERMINAL_TYPES)[number];

export interface Principal {
  /** Id of the paired client; `local` for the box's own command line. */
  readonly client: string;
  /** Whose viewing this is: the user that the client belongs to. */
  readonly user: string;
  readonly terminalType: TerminalType;
  readonly role: Role;
  /** Whose account is charged for bytes and seconds: the user, or for a guest the user who invited. */
  readonly payer: string;
  /** It was paired for the home network alone, and what it watches goes nowhere else; default false. */
  readonly homeOnly?: true;
  /** It is the box's own screen, and asks from the box itself: whoever holds its remote control stands at the box; default false. */
  readonly screen?: true;
}
