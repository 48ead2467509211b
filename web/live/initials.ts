/** What stands for a channel without a picture: 华视新闻 → 华视, Nova 24 → N24, Canal Sud → CS. */
export function initials(name: string): string {
  const words = name.match(/\p{Script=Han}+|\p{N}+|[\p{L}\p{M}]+/gu) ?? [];
  const [first = "", second = ""] = words.filter(
    (word) => !/^(HD|UHD|SD|TV|FHD)$/i.test(word) || words.length === 1,
  );
  if (/^\p{Script=Han}/u.test(first)) return head(first, 2);
  if (/^\p{N}/u.test(first)) return head(first, 3);
  if (second === "") return capital(first, [...first].length <= 3 ? 3 : 1);
  return capital(first, 1) + (/^\p{N}/u.test(second) ? head(second, 2) : capital(second, 1));
}

function head(text: string, letters: number): string {
  return [...text].slice(0, letters).join("");
}

/** One letter may have capitals of several: ß, ῒ. */
function capital(text: string, letters: number): string {
  return head(head(text, letters).toLocaleUpperCase(), letters);
}

/** One of so many tints, the same for a channel always. */
export function tintOf(id: string, tints: number): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return sum % tints;
}
