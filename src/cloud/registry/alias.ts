import type { AliasAction, Registration } from "../../protocol/registration.ts";
import { accept } from "./accept.ts";
import type { RegistryDeps } from "./deps.ts";
import { labelsOf, releaseLabel, takeLabel } from "./label-table.ts";
import { noteChanged } from "./outbox.ts";
import { registrationOf } from "./registration.ts";

/** Gives a box the name that people say, in place of the one that it has; null takes it away. */
export async function alias(
  { store, clock, names }: RegistryDeps,
  action: AliasAction,
  observed: string | null,
): Promise<Registration> {
  const { iss: box, label } = action;
  const now = clock.now();
  const registration = await store.transaction(async (sql) => {
    const row = await accept(sql, action, now);
    const had = await labelsOf(sql, box, "alias");
    const given = had.filter((one) => one !== label);
    for (const one of given) await releaseLabel(sql, one, now);
    const taken = label === null || had.includes(label) ? [] : [label];
    for (const one of taken) await takeLabel(sql, names, { label: one, kind: "alias", box, now });
    const dirty = [...given, ...taken].flatMap((one) => names.ofLabel(one));
    await noteChanged(sql, store, names.zone, dirty, now);
    return registrationOf(sql, names, row, observed);
  });
  store.wake();
  return registration;
}
