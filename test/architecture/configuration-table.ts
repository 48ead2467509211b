import { ConfigSchema } from "../../src/kernel/config/schema.ts";

/** What this file reads of a JSON schema. */
export interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly owner?: boolean;
  readonly provision?: boolean;
}

/** `docs/configuration.md` below its introduction: a table for each section of the schema, a row for each key. */
export function configurationTables(root: Node = ConfigSchema): string {
  const sections = Object.entries(root.properties ?? {}).filter(([, { type }]) => type === "object");
  const alone = Object.entries(root.properties ?? {}).filter(([, { type }]) => type !== "object");
  const tables = sections.map(([name, section]) =>
    [
      `## ${name}`,
      "",
      `${section.description}.`,
      "",
      "| key | value | default | meaning |",
      "| --- | --- | --- | --- |",
      ...rowsOf(name, section),
    ].join("\n"),
  );
  const keys = alone.map(([name, node]) => row(name, node));
  const head = ["| key | value | default | meaning |", "| --- | --- | --- | --- |"];
  return [...(keys.length === 0 ? [] : [[...head, ...keys].join("\n")]), ...tables].join("\n\n");
}

/** Every key of the schema, `http.port`; of the members of a list `tuners.satip.servers[].host`. */
export function configurationKeys(key = "", node: Node = ConfigSchema): string[] {
  const below = members(key, node);
  return below.length === 0 ? [key] : below.flatMap(([name, child]) => configurationKeys(name, child));
}

function rowsOf(key: string, node: Node): string[] {
  return members(key, node).flatMap(([name, child]) => {
    const below = rowsOf(name, child);
    const isSection = child.type === "object" && child.properties !== undefined;
    return isSection && name !== key ? [sectionRow(name, child), ...below] : [row(name, child), ...below];
  });
}

/** What stands below a key: members of a section, or of each entry of a list. */
function members(key: string, node: Node): (readonly [string, Node])[] {
  const prefix = key === "" ? "" : `${key}.`;
  if (node.properties !== undefined)
    return Object.entries(node.properties).map(([name, child]) => [prefix + name, child] as const);
  return node.items?.properties === undefined ? [] : members(`${key}[]`, node.items);
}

function row(key: string, node: Node): string {
  const owner = node.owner === true ? " The owner may change it at run time." : "";
  const first = node.provision === true ? " An installer may give its first value." : "";
  const meaning = `${node.description ?? ""}.${owner}${first}`;
  return `| \`${key}\` | ${valueOf(node)} | ${defaultOf(node)} | ${cell(meaning)} |`;
}

function sectionRow(key: string, node: Node): string {
  return `| \`${key}\` | section | ${node.default === undefined ? "not there" : "there"} | ${cell(`${node.description ?? ""}.`)} |`;
}

function valueOf(node: Node): string {
  if (node.anyOf?.every((one) => "const" in one) === true)
    return node.anyOf.map((one) => `\`${String(one.const)}\``).join(", ");
  switch (node.type) {
    case "integer":
      return `whole number${rangeOf(node)}`;
    case "number":
      return `number${rangeOf(node)}`;
    case "boolean":
      return "`true`, `false`";
    case "array":
      return "list";
    case "object":
      return "names and values";
    default:
      return "text";
  }
}

function rangeOf({ minimum, maximum }: Node): string {
  if (minimum === undefined) return "";
  return maximum === undefined ? ` from ${minimum}` : `, ${minimum} to ${maximum}`;
}

function defaultOf(node: Node): string {
  const value = node.default;
  if (value === undefined) return "none";
  return value === "" ? "empty" : `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
