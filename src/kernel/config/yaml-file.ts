import { readFile } from "node:fs/promises";
import { LineCounter, isCollection, isMap, isNode, isPair, parseDocument, type Node } from "yaml";
import { TellyportError, messageOf, systemCode } from "../errors.ts";
import { isRecord } from "../is-record.ts";

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
