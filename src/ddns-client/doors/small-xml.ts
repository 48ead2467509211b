import { SaxesParser } from "saxes";

/** An element of a small document. */
export interface XmlElement {
  /** Without its namespace's prefix. */
  readonly name: string;
  /** Between its tags, without blanks at its ends; only of what has no elements in it. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** Characters that are read at all. */
export const LONGEST_XML = 256 * 1024;
const MOST_ELEMENTS = 4000;
const DEEPEST = 24;
const LONGEST_TEXT = 1024;

interface Open {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

/** Reads a router's document; null when it is not well-formed, or larger than any of them is. Entities of its own are none. */
export function parseSmallXml(xml: string): XmlElement | null {
  if (xml.length > LONGEST_XML) return null;
  const parser = new SaxesParser();
  const root: Open = { name: "", text: "", children: [] };
  const open: Open[] = [root];
  let elements = 0;
  let isFine = true;
  const take = (part: string): void => {
    const last = open.at(-1)!;
    last.text = (last.text + part).slice(0, LONGEST_TEXT);
  };
  parser.on("error", () => (isFine = false));
  parser.on("text", take);
  parser.on("cdata", take);
  parser.on("opentag", ({ name }) => {
    if (++elements > MOST_ELEMENTS || open.length > DEEPEST) isFine = false;
    if (isFine) open.push({ name: name.replace(/^.*:/s, ""), text: "", children: [] });
  });
  parser.on("closetag", () => {
    if (!isFine || open.length < 2) return;
    const { name, text, children } = open.pop()!;
    open.at(-1)!.children.push({ name, text: children.length > 0 ? "" : text.trim(), children });
  });
  parser.write(xml).close();
  return isFine && open.length === 1 ? (root.children[0] ?? null) : null;
}

/** Text of the first child of that name; empty when there is none. */
export function childText(element: XmlElement, name: string): string {
  return element.children.find((child) => child.name === name)?.text ?? "";
}

/** Every element of that name, the given one and those in it, in the order of the document. */
export function elementsNamed(element: XmlElement, name: string): XmlElement[] {
  const below = element.children.flatMap((child) => elementsNamed(child, name));
  return element.name === name ? [element, ...below] : below;
}

/** Characters with a meaning in XML as entities. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
