/** Reads Prometheus' text format 0.0.4, strictly: a line that is none throws. */

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** `name` is the family's, but for the lines of a histogram. */
  readonly samples: { name: string; labels: Record<string, string>; value: number }[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";

export function readExposition(text: string): Map<string, Family> {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, Family>();
  const helps = new Map<string, string>();
  let current: Family | null = null;
  for (const line of text.split("\n").slice(0, -1)) {
    const help = new RegExp(`^# HELP (${NAME}) (.*)$`).exec(line);
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`).exec(line);
    if (help !== null) {
      const [, name = "", words = ""] = help;
      if (helps.has(name)) throw new Error(`${name} is explained twice`);
      helps.set(name, unescape(words, false));
    } else if (type !== null) {
      const [, name = "", kind = ""] = type;
      if (families.has(name)) throw new Error(`${name} has two types`);
      current = { name, type: kind, help: helps.get(name) ?? "", samples: [] };
      families.set(name, current);
    } else {
      const sample = readSample(line);
      if (current === null || !namesOf(current).includes(sample.name))
        throw new Error(`${sample.name} stands apart from its type`);
      const key = JSON.stringify([sample.name, sample.labels]);
      if (current.samples.some(({ name, labels }) => JSON.stringify([name, labels]) === key))
        throw new Error(`${line} is there twice`);
      if (current.type === "counter" && !(sample.value >= 0)) throw new Error(`${line} is no count`);
      current.samples.push(sample);
    }
  }
  return families;
}

function namesOf({ name, type }: Family): string[] {
  return type === "histogram" ? ["_bucket", "_sum", "_count"].map((suffix) => name + suffix) : [name];
}

function readSample(line: string): { name: string; labels: Record<string, string>; value: number } {
  const name = new RegExp(`^${NAME}`).exec(line)?.[0];
  if (name === undefined) throw new Error(`no metric: ${line}`);
  const labels: Record<string, string> = {};
  let rest = line.slice(name.length);
  if (rest.startsWith("{")) {
    rest = rest.slice(1);
    while (!rest.startsWith("}")) {
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,?)/.exec(rest);
      if (label === null) throw new Error(`no label: ${line}`);
      const [whole, key = "", value = "", comma] = label;
      if (key in labels) throw new Error(`a label twice: ${line}`);
      labels[key] = unescape(value, true);
      rest = rest.slice(whole.length);
      if (comma === "" && !rest.startsWith("}")) throw new Error(`labels without a comma: ${line}`);
    }
    rest = rest.slice(1);
  }
  const value = /^ ([+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|Inf)|NaN)$/i.exec(rest)?.[1];
  if (value === undefined) throw new Error(`no value: ${line}`);
  return { name, labels, value: Number(value.replace("Inf", "Infinity")) };
}

function unescape(text: string, quotes: boolean): string {
  return text.replace(/\\(.)/g, (_, character: string) => {
    if (character === "n") return "\n";
    if (character === "\\" || (quotes && character === '"')) return character;
    throw new Error(`no escape: \\${character}`);
  });
}
