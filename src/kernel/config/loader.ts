import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { isRecord } from "../is-record.ts";
import { check, type ConfigFault } from "./faults.ts";
import { withEmptySections } from "./schema-node.ts";
import { NO_STATE, readState, type ProvisionedFile } from "./state-values.ts";
import { readYaml } from "./yaml-file.ts";

export type ConfigOrigin = "default" | "file" | "provision" | "owner" | "command line";

export interface Loaded<Config> {
  readonly config: Config;
  /** One row a leaf, in the schema's order: `http.port`, its value, where it comes from. */
  readonly values: readonly {
    readonly key: string;
    readonly value: unknown;
    readonly origin: ConfigOrigin;
  }[];
  /** The file that was read, or null. */
  readonly path: string | null;
  /** What the state directory says that this release does not take: it counts as not said. */
  readonly leftOut: readonly ConfigFault[];
}

export interface LoadOptions {
  /** A file that must exist; default that of the program, if it is there. */
  readonly path?: string | undefined;
  /** Values from the command line; they win over everything, undefined over what the file says. */
  readonly overrides?: Record<string, unknown>;
  /** Leave out what the state directory holds: what was provisioned, and the owner's settings. */
  readonly withoutState?: boolean;
}

/** What a program's configuration may say. Its schema has `state.directory`. */
export interface ConfigKind<S extends TSchema> {
  readonly schema: S;
  /** Where installers put the file; a missing one is no error there, only where a path was given. */
  readonly defaultPath: string;
  readonly stateDirectory: (config: Static<S>) => string;
  readonly provisioned?: ProvisionedFile;
}

/**
 * Reads and checks a configuration: defaults, then the file, then what was provisioned, then the owner's settings, then the
 * command line.
 * @throws TellyportError `config-unreadable`, `state-unusable`, `config-invalid` (every fault with its key, and the nearest known key)
 */
export async function load<S extends TSchema>(
  kind: ConfigKind<S>,
  options: LoadOptions = {},
): Promise<Loaded<Static<S>>> {
  const { schema } = kind;
  const path = options.path ?? kind.defaultPath;
  const read = await readYaml(path, options.path === undefined);
  const file = withEmptySections(schema, read?.value ?? {});
  check(schema, file, `${path}: `, read?.lineOf);
  const directory = kind.stateDirectory(completed(schema, merge(file, options.overrides ?? {})));
  const { provisioned, owner, leftOut } =
    options.withoutState === true ? NO_STATE : await readState(schema, kind.provisioned, directory);
  const given = merge(merge(merge(file, provisioned), owner), options.overrides ?? {});
  check(schema, given, "");
  const config = completed(schema, given);
  const values = leaves(config as Record<string, unknown>).map(({ key, value }) => ({
    key,
    value,
    origin: originOf(key, [
      ["command line", options.overrides ?? {}],
      ["owner", owner],
      ["provision", provisioned],
      ["file", file],
    ]),
  }));
  return { config, values, path: read === null ? null : path, leftOut };
}

/** A checked configuration with what it leaves out. */
function completed<S extends TSchema>(schema: S, value: Record<string, unknown>): Static<S> {
  return Value.Default(schema, structuredClone(value)) as Static<S>;
}

/** `over` on top of `under`; lists and plain values replace, sections merge, undefined takes a key away. */
function merge(under: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = out[key];
    if (value === undefined) delete out[key];
    else out[key] = isRecord(value) && isRecord(below) ? merge(below, value) : value;
  }
  return out;
}

/** `http.port` and its value, of each; a section without keys is one of them. */
export function leaves(
  value: Readonly<Record<string, unknown>>,
  prefix = "",
): { key: string; value: unknown }[] {
  return Object.entries(value).flatMap(([key, child]) =>
    isRecord(child) && Object.keys(child).length > 0
      ? leaves(child, `${prefix}${key}.`)
      : [{ key: prefix + key, value: child }],
  );
}

function originOf(
  key: string,
  layers: readonly (readonly [ConfigOrigin, Record<string, unknown>])[],
): ConfigOrigin {
  for (const [origin, layer] of layers) {
    let here: unknown = layer;
    for (const step of key.split(".")) here = isRecord(here) ? here[step] : undefined;
    if (here !== undefined) return origin;
  }
  return "default";
}
