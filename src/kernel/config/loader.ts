import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { TellyportError, isTellyportError, messageOf, systemCode } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { nearest } from "./nearest.ts";
import { parseYamlText } from "./yaml-file.ts";

/** What the owner changed at run time, in the state directory. */
export const OWNER_SETTINGS = "settings.yaml";

/** What this file reads of a JSON schema. */
interface SchemaNode {
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly SchemaNode[];
  readonly const?: unknown;
  readonly items?: SchemaNode;
  readonly properties?: Record<string, SchemaNode>;
  /** Of what has keys of the owner's own. */
  readonly patternProperties?: Record<string, SchemaNode>;
  readonly owner?: boolean;
  /** What a value must be, in words, where the schema's own say too little. */
  readonly rule?: string;
}

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
  /** What was applied at the first start, in the state directory; of what is written there, what this release knows. */
  readonly provisioned?: {
    readonly file: string;
    readonly knownOf: (value: Record<string, unknown>) => Record<string, unknown>;
  };
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
    options.withoutState === true ? NO_STATE : await readState(kind, directory);
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

interface StateValues {
  readonly provisioned: Record<string, unknown>;
  readonly owner: Record<string, unknown>;
  readonly leftOut: readonly ConfigFault[];
}
const NO_STATE: StateValues = { provisioned: {}, owner: {}, leftOut: [] };

/**
 * What the state directory says of the configuration. A release wrote it, perhaps a newer one, on a disk that may fail: what this
 * one does not take is left out and told, and keeps no box from starting.
 * @throws TellyportError `state-unusable`
 */
async function readState<S extends TSchema>(
  { schema, provisioned }: ConfigKind<S>,
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
    const taken = takenOf(schema, known(withEmptySections(schema, file?.value ?? {})), file?.lineOf);
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

/** A section under whose name nothing stands (`mock:`) is one with all of its defaults, and not null. */
export function withEmptySections(
  schema: SchemaNode,
  value: Record<string, unknown>,
): Record<string, unknown> {
  const filled = Object.entries(value).map(([key, child]): [string, unknown] => {
    const below = schema.properties?.[key];
    if (below?.type !== "object") return [key, child];
    if (child === null) return [key, {}];
    return [key, isRecord(child) ? withEmptySections(below, child) : child];
  });
  return Object.fromEntries(filled);
}

/** A checked configuration with what it leaves out. */
function completed<S extends TSchema>(schema: S, value: Record<string, unknown>): Static<S> {
  return Value.Default(schema, structuredClone(value)) as Static<S>;
}

/** The owner's settings are the state directory's: whoever may not read them must use that directory otherwise. */
function stateUnreadable(directory: string, cause: unknown): TellyportError {
  return new TellyportError(
    "state-unusable",
    `The state directory ${resolve(directory)} cannot be used (${systemCode(cause) ?? messageOf(cause)}). Run this as the user that it belongs to, or name another with --state.`,
    { cause },
  );
}

function fileUnreadable(path: string, cause: unknown): TellyportError {
  const code = systemCode(cause) ?? messageOf(cause);
  const cure =
    code === "EACCES"
      ? `Let the daemon's user read it: chmod 644 ${path}, and its folder 755.`
      : "Give the path of a readable file.";
  return new TellyportError("config-unreadable", `${path} cannot be read (${code}). ${cure}`, { cause });
}

/** A file that holds keys, and where they stand. */
export interface YamlFile {
  readonly value: Record<string, unknown>;
  readonly lineOf: (path: readonly string[]) => number | null;
}

/**
 * @param optional null comes of one that is not there; else it is an error
 * @throws TellyportError `config-invalid`, or as `unreadable` makes it: by default `config-unreadable`
 */
export async function readYaml(
  path: string,
  optional: boolean,
  unreadable: (cause: unknown) => TellyportError = (cause) => fileUnreadable(path, cause),
): Promise<YamlFile | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (optional && systemCode(error) === "ENOENT") return null;
    throw unreadable(error);
  }
  try {
    const { value, lineOf } = parseYamlText(text);
    if (value === null || value === undefined) return { value: {}, lineOf };
    if (isRecord(value)) return { value, lineOf };
  } catch (error) {
    throw new TellyportError(
      "config-invalid",
      `${path} is not valid YAML: ${(messageOf(error).split("\n")[0] ?? "").replace(/[:.]?$/, ".")}`,
      { cause: error },
    );
  }
  throw new TellyportError(
    "config-invalid",
    `${path} holds no keys. A configuration looks like "http:" and, indented below it, "port: 8080".`,
  );
}

/**
 * Checks a (partial) configuration against the schema.
 * @param lineOf where a key stands in the file that `where` names; default: it is not told
 * @throws TellyportError `config-invalid`, its detail `{faults: [{key, message, line?}]}`
 */
export function check(schema: TSchema, value: unknown, where: string, lineOf?: YamlFile["lineOf"]): void {
  const faults = faultsOf(schema, value, lineOf);
  if (faults.length > 0) throw faulty(where, faults);
}

/** What of a (partial) configuration the schema does not take. */
function faultsOf(schema: TSchema, value: unknown, lineOf: YamlFile["lineOf"] = () => null): ConfigFault[] {
  const completed: unknown = Value.Default(schema, structuredClone(value));
  const faults = new Map<string, string>();
  for (const error of Value.Errors(schema, completed)) {
    const key = error.instancePath.slice(1).replaceAll("/", ".");
    if (error.keyword === "boolean") faults.set(key, unknownKey(schema, key));
    else if (error.keyword !== "additionalProperties" && !faults.has(key))
      faults.set(key, `${key === "" ? "the configuration" : key} ${allowed(schema, key) ?? error.message}`);
  }
  return [...faults].map(([key, message]) => ({ key, message, line: lineOf(key.split(".")) }));
}

/** One thing that is wrong with a configuration. */
export interface ConfigFault {
  readonly key: string;
  readonly message: string;
  /** In the file, from 1; null: it has none. */
  readonly line: number | null;
}

/** @param where which file, `${path}: ` */
export function faulty(where: string, faults: readonly ConfigFault[]): TellyportError {
  const all = faults
    .map(({ message, line }) => (line === null ? message : `line ${line}: ${message}`))
    .join("; ");
  return new TellyportError("config-invalid", `${where}${all}${/[?.]$/.test(all) ? "" : "."}`, {
    detail: { faults: faults.map(({ line, ...fault }) => (line === null ? fault : { ...fault, line })) },
  });
}

function unknownKey(root: SchemaNode, key: string): string {
  const parent = key.split(".").slice(0, -1);
  const word = key.split(".").at(-1) ?? "";
  const known = Object.keys(schemaAt(root, parent)?.properties ?? {});
  const near = nearest(word, known);
  return near === null
    ? `${key} is not a key that Tellyport knows (here it knows ${known.join(", ")})`
    : `${key} is not a key that Tellyport knows: did you mean ${[...parent, near].join(".")}?`;
}

/** What a key may hold, in words. */
function allowed(root: SchemaNode, key: string): string | null {
  const schema = schemaAt(root, key === "" ? [] : key.split("."));
  if (schema === null) return null;
  if (schema.rule !== undefined) return schema.rule;
  if (schema.anyOf?.every((one) => "const" in one))
    return `must be one of ${schema.anyOf.map((one) => String(one.const)).join(", ")}`;
  switch (schema.type) {
    case "integer":
      return `must be a whole number${rangeOf(schema)}`;
    case "number":
      return `must be a number${rangeOf(schema)}`;
    case "boolean":
      return "must be true or false";
    case "string":
      return "must be text";
    case "array":
      return "must be a list";
    case "object":
      return `must be {} or hold keys of its own: ${Object.keys(schema.properties ?? {}).join(", ")}`;
    default:
      return null;
  }
}

function rangeOf({ minimum, maximum }: SchemaNode): string {
  if (minimum === undefined) return "";
  return maximum === undefined ? ` of ${minimum} or more` : ` from ${minimum} to ${maximum}`;
}

function schemaAt(root: SchemaNode, path: readonly string[]): SchemaNode | null {
  let schema: SchemaNode | undefined = root;
  for (const step of path) {
    schema =
      /^\d+$/.test(step) && schema.items !== undefined
        ? schema.items
        : (schema.properties?.[step] ?? Object.values(schema.patternProperties ?? {})[0]);
    if (schema === undefined) return null;
  }
  return schema;
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
