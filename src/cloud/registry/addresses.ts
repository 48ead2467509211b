import { TellyportError } from "../../kernel/errors.ts";
import type { Registration, UpdateAction, WithdrawAction } from "../../protocol/registration.ts";
import type { Sql } from "../store/ports.ts";
import { accept, rowOf } from "./accept.ts";
import { canonical, familyOf, FAMILIES } from "./address-policy.ts";
import type { RegistryDeps } from "./deps.ts";
import type { DialBacks } from "./dial-backs.ts";
import { answered, NOTHING, reported, type Report } from "./door-steps.ts";
import { readDoor, writeDoor, type Door } from "./doors.ts";
import type { Sender } from "./enrolment.ts";
import { judge } from "./judge.ts";
import { noteChanged } from "./outbox.ts";
import { registrationOf } from "./registration.ts";

/** An address at home that stays the same is written down again after so long. */
const LAN_NOTED_MS = 3600_000;

/**
 * A box says where it is. What it says is written down at once; its address is published only when it has answered there, and if
 * nothing newer was said meanwhile.
 */
export async function update(
  deps: RegistryDeps,
  dialBacks: DialBacks,
  action: UpdateAction,
  sender: Sender,
): Promise<Registration> {
  const { store, clock, names, policy } = deps;
  const { observed } = sender;
  if (observed === null) throw new TellyportError("registration-invalid", "The request has no address.");
  const { iss, seq, port } = action;
  const family = familyOf(observed);
  const now = clock.now();
  const claimed = action.address === null ? null : canonical(action.address);
  if (action.address !== null && claimed === null)
    throw new TellyportError("registration-invalid", "The request names an address that is none.");
  const lan = lanOf(action.lan, policy.isLan);
  const verdict = judge({ observed, claimed, port }, policy);
  const report: Report = { observed, port, seq, now };

  const { ask, registration, changed } = await store.transaction(async (sql) => {
    const box = await accept(sql, action, now);
    const isNewLan = box["lan"] !== lan;
    // Its age need not be known to the minute.
    if (isNewLan || now - Number(box["lan_at"] ?? 0) >= LAN_NOTED_MS)
      await sql.query("UPDATE boxes SET lan = $2, lan_at = $3 WHERE id = $1", [iss, lan, now]);
    const before = await readDoor(sql, iss, family);
    const step = reported(before, verdict, report);
    await writeDoor(sql, iss, family, step.door);
    const dirty = [...(isNewLan ? [names.lan(iss)] : []), ...changedNames(deps, iss, before, step.door)];
    await noteChanged(sql, store, names.zone, dirty, now);
    const registration = step.ask ? null : await registrationOf(sql, names, box, observed);
    return { ask: step.ask, registration, changed: dirty.length > 0 };
  });
  if (changed) store.wake();
  if (!ask || port === null) return registration ?? (await read(deps, iss, observed));

  const good = await dialBacks.ask({ boxId: iss, publicKey: sender.publicKey, address: observed, port });
  const after = await store.transaction(async (sql) => {
    // Takes the box's turn, as its own requests do.
    const [box] = await sql.query(
      "UPDATE boxes SET seq = seq WHERE id = $1 AND state = 'active' AND blocked IS NULL RETURNING *",
      [iss],
    );
    if (box === undefined) return null;
    const before = await readDoor(sql, iss, family);
    let dirty: string[] = [];
    if (before.seq === seq) {
      const door = answered(before, good, { observed, port, now: clock.now() });
      await writeDoor(sql, iss, family, door);
      dirty = changedNames(deps, iss, before, door);
      await noteChanged(sql, store, names.zone, dirty, now);
    }
    return { registration: await registrationOf(sql, names, box, observed), changed: dirty.length > 0 };
  });
  if (after === null)
    throw new TellyportError("box-unknown", "The box was taken off the register meanwhile.");
  if (after.changed) store.wake();
  return after.registration;
}

/** Nothing of a box is published any more, but for its names. */
export async function withdraw(
  deps: RegistryDeps,
  action: WithdrawAction,
  observed: string | null,
): Promise<Registration> {
  const { store, clock, names } = deps;
  const now = clock.now();
  const registration = await store.transaction(async (sql) => {
    const box = await accept(sql, action, now);
    await closeDoors(sql, action.iss, action.seq);
    await sql.query("UPDATE boxes SET lan = '[]', lan_at = NULL WHERE id = $1", [action.iss]);
    const { iss } = action;
    await noteChanged(sql, store, names.zone, [names.below(iss), names.wide(iss), names.lan(iss)], now);
    return registrationOf(sql, names, box, observed);
  });
  store.wake();
  return registration;
}

/** What a dial-back that is under way may still say counts for nothing. */
async function closeDoors(sql: Sql, box: string, seq: number): Promise<void> {
  for (const family of FAMILIES) {
    const door = await readDoor(sql, box, family);
    if (door.reportedAt === 0) continue;
    await writeDoor(sql, box, family, { ...door, ...NOTHING, state: "closed", port: null, seq });
  }
}

function changedNames({ names }: RegistryDeps, box: string, before: Door, after: Door): string[] {
  return before.published === after.published ? [] : [names.below(box), names.wide(box)];
}

async function read(
  { store, names }: RegistryDeps,
  box: string,
  observed: string | null,
): Promise<Registration> {
  return store.transaction(async (sql) => {
    const row = await rowOf(sql, box);
    if (row === undefined) throw new TellyportError("box-unknown", "No such box is registered here.");
    return registrationOf(sql, names, row, observed);
  });
}

/** What of the addresses that a box names may stand at `lan.`, as the row keeps it. */
function lanOf(addresses: readonly string[], isLan: (address: string) => boolean): string {
  const good = addresses.map(canonical).filter((address) => address !== null && isLan(address));
  return JSON.stringify([...new Set(good)].sort());
}
