import { SaxesParser } from "saxes";

interface ElementType {
  readonly content: RegExp;
  readonly text: boolean;
  readonly attributes: Map<string, { required: boolean; values: string[] | null }>;
}

/** Element types of a DTD, by name: each content model becomes a regular expression over `<child>` names. */
export function dtdOf(source: string): Map<string, ElementType> {
  const dtd = new Map<string, ElementType>();
  const declarations = source.replace(/<!--[\s\S]*?-->/g, "");
  for (const [, name = "", model = ""] of declarations.matchAll(/<!ELEMENT\s+([\w-]+)\s+([^>]+)>/g)) {
    const pattern = model
      .trim()
      .replace(/^EMPTY$/, "")
      .replace(/\s/g, "")
      .replace(/#PCDATA\|?/, "")
      .replace(/\(\)/g, "")
      .replace(/[a-z][a-z-]*/g, (child) => `(?:<${child}>)`)
      .replaceAll(",", "");
    dtd.set(name, {
      content: new RegExp(`^(?:${pattern})$`),
      text: model.includes("#PCDATA"),
      attributes: new Map(),
    });
  }
  for (const [, name = "", list = ""] of declarations.matchAll(/<!ATTLIST\s+([\w-]+)\s+([^>]+)>/g)) {
    for (const [, attribute = "", type = "", use = ""] of list.matchAll(
      /([\w-]+)\s+(CDATA|\([^)]*\))\s+(#REQUIRED|#IMPLIED|"[^"]*")/g,
    )) {
      const values =
        type === "CDATA"
          ? null
          : type
              .slice(1, -1)
              .split("|")
              .map((one) => one.trim());
      dtd.get(name)?.attributes.set(attribute, { required: use === "#REQUIRED", values });
    }
  }
  return dtd;
}

/** What is wrong with a document by the DTD; empty: valid. */
export function faultsOf(dtd: Map<string, ElementType>, document: string): string[] {
  const faults: string[] = [];
  const open: { name: string; children: string; text: boolean }[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => faults.push(error.message));
  parser.on("opentag", ({ name, attributes }) => {
    const type = dtd.get(name);
    if (type === undefined) faults.push(`${name} is not declared`);
    for (const [attribute, value] of Object.entries(attributes)) {
      const declared = type?.attributes.get(attribute);
      if (declared === undefined) faults.push(`${name} has no ${attribute}`);
      else if (declared.values?.includes(value) === false) faults.push(`${name} ${attribute}=${value}`);
    }
    for (const [attribute, { required }] of type?.attributes ?? [])
      if (required && !(attribute in attributes)) faults.push(`${name} without ${attribute}`);
    const parent = open.at(-1);
    if (parent === undefined) {
      if (name !== "tv") faults.push(`the root is ${name}`);
    } else parent.children += `<${name}>`;
    open.push({ name, children: "", text: false });
  });
  parser.on("text", (text) => {
    const parent = open.at(-1);
    if (parent !== undefined && text.trim() !== "") parent.text = true;
  });
  parser.on("closetag", () => {
    const closed = open.pop();
    const type = closed && dtd.get(closed.name);
    if (closed === undefined || type === undefined) return;
    if (!type.content.test(closed.children)) faults.push(`${closed.name} holds ${closed.children}`);
    if (closed.text && !type.text) faults.push(`${closed.name} holds text`);
  });
  parser.write(document).close();
  return faults;
}
