import { join, resolve } from "node:path";
import type { TSchema } from "typebox";
import { TellyportError, isTellyportError, messageOf, systemCode } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { faultsOf, type ConfigFault } from "./faults.ts";
import type { SchemaNode } from "./schema-node.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

/** What the owner changed at run time, in the state directory. */
export const OWNER_SETTINGS = "settings.yaml";

/** What was applied at the first start, in the state directory; of what is written there, what this release knows. */
export interface ProvisionedFile {
  readonly file: string;
  readonly knownOf: (value: Record<string, unknown>) => Record<string, unknown>;
}

/** What the state directory says of a configuration. */
export interface StateValues {
  readonly provisioned: Record<string, unknown>;
  readonly owner: Record<string, unknown>;
  readonly leftOut: readonly ConfigFault[];
}
/** Where it is not asked. */
export const NO_STATE: StateValues = { provisioned: {}, owner: {}, leftOut: [] };

/**
 * What the state directory says of the configuration. A release wrote it, perhaps a newer one, on a disk that may fail: what this
 * one does not take is left out and told, and keeps no box from starting.
 * @throws TellyportError `state-unusable`
 */
export async function readState(
  schema: TSchema,
  provisioned: ProvisionedFile | undefined,
  directory: string,
): Promise<StateValues> {
  const leftOut: ConfigFault[] = [];
  const read = async (
    name: string,
    known: (value: Record<string, unknown>) => Record<string, unknown>,
  ): Promise<Record<string, unknown>> => {
    const path = join(directory, name);
    let file: YamlFile | null;
    try {
      file = await readYaml(path, true, (cause) => stateUnreadable(directory, cause));
    } catch (error) {
      if (!isTellyportError(error, "config-invalid")) throw error;
      leftOut.push({ key: "", message: error.message, line: null });
      return {};
    }
    const taken = takenOf(schema, known(file?.value ?? {}), file?.lineOf);
    leftOut.push(...taken.faults.map((fault) => ({ ...fault, message: `${path}: ${fault.message}` })));
    return taken.value;
  };
  // Without keys that are not the owner's: a newer release may have written some that this one does not know.
  const owner = await read(OWNER_SETTINGS, (value) => keepOwnersKeys(schema, value));
  const first = provisioned === undefined ? {} : await read(provisioned.file, provisioned.knownOf);
  return { provisioned: first, owner, leftOut };
}

/** What of a value a schema takes, and what is wrong with the rest. */
function takenOf(
  schema: TSchema,
  value: Record<string, unknown>,
  lineOf?: YamlFile["lineOf"],
): { value: Record<string, unknown>; faults: ConfigFault[] } {
  const faults: ConfigFault[] = [];
  let taken = value;
  for (;;) {
    const found = faultsOf(schema, taken, lineOf);
    if (found.length === 0) return { value: taken, faults };
    faults.push(...found);
    const before = JSON.stringify(taken);
    for (const { key } of found) taken = without(taken, key.split("."));
    // What is wrong stands at no key of its own.
    if (JSON.stringify(taken) === before) taken = {};
  }
}

/** @param path of a key; of an element of a list, the list goes */
function without(
  value: Record<string, unknown>,
  [key = "", ...rest]: readonly string[],
): Record<string, unknown> {
  const { [key]: child, ...others } = value;
  return rest.length > 0 && isRecord(child) ? { ...others, [key]: without(child, rest) } : others;
}

/** The owner's settings are the state directory's: whoever may not read them must use that directory otherwise. */
function stateUnreadable(directory: string, cause: unknown): TellyportError {
  return new TellyportError(
    "state-unusable",
    `The state directory ${resolve(directory)} cannot be used (${systemCode(cause) ?? messageOf(cause)}). Run this as the user that it belongs to, or name another with --state.`,
    { cause },
  );
}

function keepOwnersKeys(schema: SchemaNode, value: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const given = value[key];
    if (given === undefined) continue;
    if (child.owner === true) out[key] = given;
    else if (isRecord(given)) {
      const kept = keepOwnersKeys(child, given);
      if (Object.keys(kept).length > 0) out[key] = kept;
    }
  }
  return out;
}
