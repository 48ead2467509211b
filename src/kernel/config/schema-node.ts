import { isRecord } from "../is-record.ts";

/** What is read of a JSON schema here. */
export interface SchemaNode {
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

/** The schema of a key; null: it has none. */
export function schemaAt(root: SchemaNode, path: readonly string[]): SchemaNode | null {
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
