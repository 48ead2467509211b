/** What stands for a channel without a picture: 华视新闻 → 华视, Nova 24 → N24, Canal Sud → CS. */
export function initials(name: string): string {
  const words = name.match(/\p{Script=Han}+|\p{N}+|[\p{L}\p{M}]+/gu) ?? [];
  const [first = "", second = ""] = words.filter(
    (word) => !/^(HD|UHD|SD|TV|FHD)$/i.test(word) || words.length === 1,
  );
  if (/^\p{Script=Han}/u.test(first)) return [...first].slice(0, 2).join("");
  if (/^\p{N}/u.test(first)) return first.slice(0, 3);
  const one = [...first].slice(0, 1).join("").toLocaleUpperCase();
  if (second === "") return [...first].length <= 3 ? first.toLocaleUpperCase() : one;
  return (
    one + (/^\p{N}/u.test(second) ? second.slice(0, 2) : [...second].slice(0, 1).join("").toLocaleUpperCase())
  );
}

/** One of so many tints, the same for a channel always. */
export function tintOf(id: string, tints: number): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return sum % tints;
}
