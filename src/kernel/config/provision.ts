import { join } from "node:path";
import type { TSchema } from "typebox";
import { stringify } from "yaml";
import { writeFileAtomic } from "../atomic-file.ts";
import { isRecord } from "../is-record.ts";
import { check } from "./faults.ts";
import { withEmptySections } from "./schema-node.ts";
import { readYaml } from "./yaml-file.ts";
import { section } from "./parts.ts";
import { ConfigSchema } from "./schema.ts";

/** Where installers put what a new box begins with. */
export const DEFAULT_PROVISION_PATH = "/etc/tellyport/provision.yaml";
/** In the state directory: what of that file was applied. It stands between the configuration and the owner's settings. */
export const PROVISIONED = "provisioned.yaml";

/** What this file reads of a schema. */
interface Marked {
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly description?: string;
  readonly provision?: boolean;
}

/** The part of a schema that a provisioning file may say; null: nothing of it. */
function provisionable(schema: TSchema): TSchema | null {
  const { properties = {}, description = "", provision = false }: Marked = schema;
  if (provision) return schema;
  const kept = Object.entries(properties).flatMap(([key, child]) => {
    const part = provisionable(child);
    return part === null ? [] : [[key, part] as const];
  });
  return kept.length === 0 ? null : section(Object.fromEntries(kept), description);
}

/** What `provision.yaml` may say: keys of the configuration, those marked `provision`. */
export const ProvisionSchema: TSchema = provisionable(ConfigSchema) ?? section({}, "");

export interface Provision {
  /** Sections and keys, as in the configuration. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where in the file a key stands, from 1. */
  readonly lineOf: (path: readonly string[]) => number | null;
}

/**
 * Reads and checks a provisioning file.
 * @param optional a missing one is none; else it is an error
 * @throws TellyportError `config-unreadable`, `config-invalid` (every fault with its line, and the nearest known key)
 */
export async function readProvision(path: string, optional: boolean): Promise<Provision | null> {
  const file = await readYaml(path, optional);
  if (file === null) return null;
  const values = withEmptySections(ProvisionSchema, file.value);
  check(ProvisionSchema, values, `${path}: `, file.lineOf);
  return { values, lineOf: file.lineOf };
}

/** Puts checked values in force, wholly or not at all; on disk when it resolves. @throws a system error */
export async function keepProvision(directory: string, values: Provision["values"]): Promise<void> {
  await writeFileAtomic(join(directory, PROVISIONED), stringify(values));
}

/** Of values that were applied, those that this release knows: another one may have written them. */
export function knownOf(value: Record<string, unknown>): Record<string, unknown> {
  return onlyKnown(ProvisionSchema, value);
}

function onlyKnown({ properties = {} }: Marked, value: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(properties)) {
    const given = value[key];
    if (given === undefined) continue;
    const below: Marked = child;
    out[key] = below.properties !== undefined && isRecord(given) ? onlyKnown(below, given) : given;
  }
  return out;
}
