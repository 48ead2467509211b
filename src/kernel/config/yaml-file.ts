import { LineCounter, isCollection, isMap, isNode, isPair, parseDocument, type Node } from "yaml";

/** A YAML text, and where in it things stand. */
export interface ParsedYaml {
  readonly value: unknown;
  /** The line, from 1, of a key (`["http", "port"]`) or list entry; of the nearest above it where it is not there. */
  readonly lineOf: (path: readonly string[]) => number | null;
}

/** @throws YAMLParseError the first of what is wrong */
export function parseYamlText(text: string): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  if (fault !== undefined) throw fault;
  return {
    value: document.toJS() as unknown,
    lineOf: (path) => {
      const at = offsetOf(document.contents, path);
      return at === null ? null : lines.linePos(at).line;
    },
  };
}

/** Where the key of a path begins. */
function offsetOf(root: Node | null, path: readonly string[]): number | null {
  let node: unknown = root;
  let found: number | null = null;
  for (const step of path) {
    if (!isCollection(node)) break;
    const items: readonly unknown[] = node.items;
    const entry = isMap(node)
      ? items.find((one) => isPair(one) && String(one.key) === step)
      : items[Number(step)];
    if (entry === undefined) break;
    const place: unknown = isPair(entry) ? entry.key : entry;
    if (isNode(place)) found = place.range?.[0] ?? found;
    node = isPair(entry) ? entry.value : entry;
  }
  return found;
}
