/** Searches kept. */
const MOST = 8;
const LONGEST = 80;

/** The searches made lately, the newest first. */
export function withSearch(recent: readonly string[], typed: string): readonly string[] {
  const text = typed.trim().slice(0, LONGEST);
  if (text === "") return recent;
  const same = (one: string): boolean => one.toLowerCase() === text.toLowerCase();
  return [text, ...recent.filter((one) => !same(one))].slice(0, MOST);
}

/** What an earlier visit left. */
export function readRecent(text: string | null): readonly string[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(found)) return [];
    const texts = found.filter((one): one is string => typeof one === "string");
    return texts.filter((one) => one.trim() !== "").slice(0, MOST);
  } catch {
    return [];
  }
}
