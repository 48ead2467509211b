import type { AuditEvent } from "../../protocol/audit-events.ts";

/** One thing to write down. Never a code, token, grant, key or PIN, nor a part of one. */
export interface AuditNote {
  readonly event: AuditEvent;
  /** Whom it is about; its name is looked up and kept with it. */
  readonly client?: string | undefined;
  /** How the client is called where it is no client (yet): who asked to be paired. */
  readonly name?: string | undefined;
  readonly address?: string | null | undefined;
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Where what happens is written down for the owner. It never throws and never waits: what is done is done. */
export interface AuditPort {
  note(note: AuditNote): void;
}

/** For tests and for parts that stand alone. */
export const NO_AUDIT: AuditPort = { note: () => undefined };
