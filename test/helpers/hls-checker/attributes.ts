/** Attribute lists, by the letter. @see draft-pantos-hls-rfc8216bis §4.2 */

export type AttributeType =
  "integer" | "hex" | "float" | "signed" | "quoted" | "enumerated" | "resolution" | "quoted-or-none" | "free";

export interface AttributeRule {
  readonly type: AttributeType;
  readonly required?: boolean;
  /** What an enumerated string may be. */
  readonly values?: readonly string[];
}

export type AttributeRules = Readonly<Record<string, AttributeRule>>;
/** Values without their quotes. */
export type Attributes = ReadonlyMap<string, string>;

const QUOTED = /^"[^"\r\n]*"$/;
const FORMS: Record<AttributeType, RegExp> = {
  integer: /^\d{1,20}$/,
  hex: /^0[xX][0-9A-F]+$/,
  float: /^\d+(\.\d+)?$/,
  signed: /^-?\d+(\.\d+)?$/,
  quoted: QUOTED,
  enumerated: /^[^",\s]+$/,
  resolution: /^[1-9]\d*x[1-9]\d*$/,
  "quoted-or-none": /^(?:"[^"\r\n]*"|NONE)$/,
  // Client-defined ones (X-…): quoted, hexadecimal or a number.
  free: /^(?:"[^"\r\n]*"|0[xX][0-9A-F]+|\d+(\.\d+)?)$/,
};

/**
 * Reads `NAME=value,NAME="value"`. Anything else than the standard's form is told to `fault`, and read as well as it goes.
 * @param rules known attributes; a name that ends with `*` stands for all with that beginning
 */
export function readAttributes(
  text: string,
  rules: AttributeRules,
  fault: (what: string) => void,
): Attributes {
  const found = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    const match = /^([A-Z0-9-]+)=("[^"\r\n]*"|[^",]*)/.exec(text.slice(at));
    if (match === null) {
      fault(`no attribute begins at "${text.slice(at, at + 30)}"`);
      return found;
    }
    const [whole, name = "", value = ""] = match;
    at += whole.length;
    if (at < text.length && text[at] !== ",") {
      fault(`${name} is not followed by a comma`);
      return found;
    }
    if (at === text.length - 1) fault(`a comma behind the last attribute, ${name}`);
    at++;
    if (found.has(name)) fault(`${name} stands there twice`);
    const rule = ruleOf(rules, name);
    if (rule === undefined) fault(`the attribute ${name} is not known`);
    else if (!FORMS[rule.type].test(value)) fault(`${name}=${value} is no ${rule.type}`);
    else if (rule.values !== undefined && !rule.values.includes(value))
      fault(`${name}=${value} is none of ${rule.values.join(", ")}`);
    found.set(name, value.replace(/^"|"$/g, ""));
  }
  for (const [name, rule] of Object.entries(rules))
    if (rule.required === true && !found.has(name)) fault(`${name} is missing`);
  return found;
}

function ruleOf(rules: AttributeRules, name: string): AttributeRule | undefined {
  const exact = rules[name];
  if (exact !== undefined) return exact;
  const pattern = Object.keys(rules).find((key) => key.endsWith("*") && name.startsWith(key.slice(0, -1)));
  return pattern === undefined ? undefined : rules[pattern];
}
