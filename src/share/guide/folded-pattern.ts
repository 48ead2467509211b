/** Letters that Unicode does not take apart, and what people type for them. */
const LIKE: Readonly<Record<string, string>> = { ø: "o", ł: "l", đ: "d", ð: "d", ı: "i", ħ: "h", ŧ: "t" };
const LIGATURES: Readonly<Record<string, string>> = { ae: "æÆǽǼ", oe: "œŒ", ss: "ßẞ" };
/** Blocks that have letters with diacritics, or two cases: Latin, Greek, Cyrillic, and more Latin. */
const BLOCKS = [
  [0x41, 0x24f],
  [0x370, 0x52f],
  [0x1e00, 0x1eff],
] as const;

/** Without case and diacritics. */
export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase()
    .replace(/[øłđðıħŧ]/g, (letter) => LIKE[letter] ?? letter)
    .replaceAll("æ", "ae")
    .replaceAll("œ", "oe")
    .replaceAll("ß", "ss");
}

/** The folded words of a search. */
export function wordsOf(text: string): string[] {
  return [...new Set(fold(text).split(/\s+/))].filter((word) => word !== "");
}

/** Every letter that folds to one. */
let variants: Map<string, string> | null = null;

function variantsOf(letter: string): string {
  if (variants === null) {
    variants = new Map();
    for (const [first, last] of BLOCKS)
      for (let code = first; code <= last; code++) {
        const one = String.fromCharCode(code);
        const folded = fold(one);
        if (folded.length === 1 && folded !== one)
          variants.set(folded, (variants.get(folded) ?? folded) + one);
      }
  }
  return variants.get(letter) ?? letter;
}

/**
 * Finds a folded word in text as it is: comparing so costs less than to fold every text for every search.
 * @param word of {@link wordsOf}
 */
export function patternOf(word: string): RegExp {
  let source = "";
  for (let at = 0; at < word.length;) {
    const pair = word.slice(at, at + 2);
    const ligature = LIGATURES[pair];
    if (ligature !== undefined) {
      source += `(?:${letterClass(pair[0] ?? "")}${letterClass(pair[1] ?? "")}|[${ligature}])`;
      at += 2;
    } else source += letterClass(word[at++] ?? "");
  }
  return new RegExp(source);
}

function letterClass(letter: string): string {
  const all = variantsOf(letter);
  if (all.length > 1) return `[${all}]`;
  return letter.replace(/[.*+?^${}()|[\]\\/-]/, "\\$&");
}
