import { stringify } from "yaml";
import type { Node } from "./configuration-table.ts";

/** What stands in a template for keys that have no default; null: it would exclude another one, and stays a remark. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  "tuners.dvb.satellites[].orbital": "19.2E",
  "tuners.dvb.satellites[].port": 1,
  "tuners.dvb.satellites[].uncommittedPort": 1,
  "tuners.dvb.satellites[].toneBurst": "A",
  "tuners.satip.servers[].host": "192.168.1.5",
  "tuners.satip.satellites[].orbital": "19.2E",
  "tuners.satip.satellites[].source": 1,
  "guide.xmltv[].url": "https://epg.example/guide.xml.gz",
  "guide.xmltv[].path": null,
  "online.dyndns2.server": "https://dyndns.example/nic/update",
  "online.dyndns2.hosts": ["box.example"],
  "online.dyndns2.user": "box",
  "online.dyndns2.passwordFile": "/etc/tellyport/dyndns2.password",
  "online.rfc2136.server": "ns.example",
  "online.rfc2136.zone": "example",
  "online.rfc2136.name": "box",
  "online.rfc2136.keyName": "tellyport",
  "online.rfc2136.secretFile": "/etc/tellyport/tsig.secret",
  // the cloud's
  "zone.nameServers[].name": "ns1.box.example",
  "publisher.rfc2136.server": "192.0.2.1",
  "publisher.rfc2136.keyName": "tellyport",
  "publisher.pdnsHttp.url": "http://127.0.0.1:8081",
};
const WIDTH = 100;

/**
 * A configuration in which nothing is said: every key behind a `#`, with its default and its meaning. Remarks begin with `# `,
 * keys with `#` and a letter or a hyphen, so that {@link uncommented} can tell them apart.
 */
export function configurationTemplate(head: string, root: Node): string {
  const lines = keysBelow("", root, "");
  return `${remark(head, "").join("\n")}\n${lines.join("\n")}\n`;
}

/** The same with every key in force. */
export function uncommented(template: string): string {
  return template.replace(/^( *)#([\w-])/gm, "$1$2");
}

function keysBelow(prefix: string, node: Node, indent: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const key = prefix === "" ? name : `${prefix}.${name}`;
    if (child.type === "object" && child.properties !== undefined)
      return [
        ...(indent === "" ? [""] : []),
        ...remark(
          `${child.description ?? ""}.${child.default === undefined ? " In force only where it is there." : ""}`,
          indent,
        ),
        `${indent}#${name}:`,
        ...keysBelow(key, child, `${indent}  `),
      ];
    return keyLines(key, name, child, indent);
  });
}

function keyLines(key: string, name: string, node: Node, indent: string): string[] {
  const owner = node.owner === true ? " The owner may change it at run time." : "";
  const about = `${node.description ?? ""}. ${valueOf(node)}.${owner}`;
  const members = node.items?.properties;
  if (members !== undefined) {
    const inner = keysBelow(`${key}[]`, node.items ?? {}, `${indent}    `);
    const first = inner.findIndex((line) => /^ *#\w/.test(line));
    const entry = inner.map((line, i) => (i === first ? line.replace(/^( *)  #/, "$1#- ") : line));
    // An entry's later keys stand where the first one's do, behind its hyphen.
    return [...remark(`${about} Default: none. An entry:`, indent), `${indent}#${name}:`, ...entry];
  }
  const value = node.default ?? EXAMPLES[key];
  if (value === undefined) {
    if (!Object.hasOwn(EXAMPLES, key)) throw new Error(`${key} has no default: give it an example`);
  }
  if (value === null || value === undefined) return remark(`${name}: ${about}`, indent);
  const said = node.default === undefined ? " No default." : "";
  return [...remark(`${about}${said}`, indent), `${indent}#${name}: ${flow(value)}`];
}

const flow = (value: unknown): string =>
  stringify(value, { collectionStyle: "flow", lineWidth: 0, defaultStringType: "PLAIN" }).trim();

function valueOf(node: Node): string {
  if (node.anyOf?.every((one) => "const" in one) === true)
    return `One of ${node.anyOf.map((one) => String(one.const)).join(", ")}`;
  const { minimum, maximum } = node;
  const range =
    minimum === undefined
      ? ""
      : maximum === undefined
        ? `, ${minimum} or more`
        : `, ${minimum} to ${maximum}`;
  const kinds: Readonly<Record<string, string>> = {
    integer: `Whole number${range}`,
    number: `Number${range}`,
    boolean: "true or false",
    array: "List",
    object: "Names and values",
  };
  return kinds[node.type ?? ""] ?? "Text";
}

/** Words in lines of {@link WIDTH}, each behind `# `. */
function remark(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.replaceAll("`", "").split(" ")) {
    if (line !== "" && indent.length + 2 + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line].map((one) => `${indent}# ${one}`);
}
