/**
 * Parses JSON as `JSON.parse` does, and refuses an object that has a member twice: of those one reader takes the first and the
 * next one the last, so that what was checked is not what is used. @see RFC 7515 §4, RFC 8725 §2.4, RFC 8259 §4
 * @throws SyntaxError
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  refuseDuplicates(text);
  return value;
}

/** One string, or one brace, bracket, comma or colon of a text that is known to be JSON. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** @param text that `JSON.parse` takes: of it, only where objects begin and end and what precedes a colon has to be seen */
function refuseDuplicates(text: string): void {
  /** Names of the objects that are open; null: an array. */
  const open: (Set<string> | null)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      // Two spellings of a name, one with escapes, are one name.
      const name = JSON.parse(last) as string;
      const names = open.at(-1);
      if (names?.has(name)) throw new SyntaxError("a member comes twice");
      names?.add(name);
    }
    last = token;
  }
}
