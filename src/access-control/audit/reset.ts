import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";
import type { Database } from "../../kernel/store/database.ts";
import { AuditLog } from "./log.ts";

/** The first entry of a box that was made a new one: its next owner sees that it had another. */
export function noteReset(deps: { database: Database; clock: Clock; log: Log }): void {
  new AuditLog({ ...deps, nameOf: () => null }).note({ event: "box-reset" });
}
