import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { TellyportError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { schemaAt, type SchemaNode } from "./schema-node.ts";
import type { YamlFile } from "./yaml-file.ts";

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
export function faultsOf(
  schema: TSchema,
  value: unknown,
  lineOf: YamlFile["lineOf"] = () => null,
): ConfigFault[] {
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
      return 'must be a list: [first, second], or a line that begins with "- " for each';
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
