import { createHash, randomBytes } from "node:crypto";
import { TellyportError } from "../../kernel/errors.ts";
import type { DropHostAction, HostAction, Registration } from "../../protocol/registration.ts";
import { accept } from "./accept.ts";
import type { RegistryDeps } from "./deps.ts";
import { labelsOf, releaseLabel, takeLabel } from "./label-table.ts";
import { noteChanged } from "./outbox.ts";
import { registrationOf } from "./registration.ts";

/** Dynamic hosts of one box. */
const MOST_HOSTS = 4;
const TOKEN_BYTES = 16;

/** A dynamic host's name, and what updates it. */
export interface NewHost {
  /** The whole name, which is the user too. */
  readonly name: string;
  /** 128 bits, base64url; it is nowhere else. */
  readonly token: string;
}

/** Makes a dynamic host, or a new token for one that there is. */
export async function addHost({ store, clock, names }: RegistryDeps, action: HostAction): Promise<NewHost> {
  const { iss: box, label } = action;
  const now = clock.now();
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const hash = createHash("sha256").update(token).digest("hex");
  await store.transaction(async (sql) => {
    await accept(sql, action, now);
    const had = await labelsOf(sql, box, "host");
    if (had.includes(label)) {
      await sql.query("UPDATE hosts SET token_hash = $2 WHERE label = $1", [label, hash]);
      return;
    }
    if (had.length >= MOST_HOSTS)
      throw new TellyportError(
        "too-many-hosts",
        `A box has ${MOST_HOSTS} such names at the most. Remove one.`,
      );
    await takeLabel(sql, names, { label, kind: "host", box, now });
    await sql.query(
      "INSERT INTO hosts (label, token_hash, ipv4, ipv6, blocked, seen_at) VALUES ($1, $2, NULL, NULL, 0, $3)",
      [label, hash, now],
    );
  });
  return { name: names.below(label), token };
}

/** Gives a dynamic host up; one that is not there is given up already. */
export async function dropHost(
  { store, clock, names }: RegistryDeps,
  action: DropHostAction,
  observed: string | null,
): Promise<Registration> {
  const { iss: box, label } = action;
  const now = clock.now();
  const registration = await store.transaction(async (sql) => {
    const row = await accept(sql, action, now);
    if ((await labelsOf(sql, box, "host")).includes(label)) {
      await releaseLabel(sql, label, now);
      await noteChanged(sql, store, names.zone, names.ofLabel(label), now);
    }
    return registrationOf(sql, names, row, observed);
  });
  store.wake();
  return registration;
}
