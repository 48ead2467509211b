import { computed, effect, signal } from "@preact/signals";
import type { Problem } from "../api/problem.ts";
import { en, type WordKey } from "./en.ts";
import type { ERROR_WORDS } from "./errors.ts";
import { recall, remember } from "../memory.ts";
import { zh } from "./zh.ts";

export type Language = "en" | "zh";
export const LANGUAGES: Readonly<Record<Language, string>> = {
  zh: zh["language.name"],
  en: en["language.name"],
};

/** The browser's wish: the first of its languages that the app speaks. */
function preferred(): Language {
  const remembered = recall("language");
  if (remembered === "en" || remembered === "zh") return remembered;
  for (const tag of navigator.languages) {
    if (/^zh\b/i.test(tag)) return "zh";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}

export const language = signal<Language>(preferred());
const words = computed(() => (language.value === "zh" ? zh : en));

/** The BCP 47 tag of what is on the screen; also chooses the right shapes of Han characters. */
export const tag = computed(() => (language.value === "zh" ? "zh-CN" : "en"));
effect(() => {
  document.documentElement.lang = tag.value;
});

export function chooseLanguage(choice: Language): void {
  language.value = choice;
  remember("language", choice);
}

/** The words for a key, with `{name}` filled in. */
export function t(key: WordKey, fill: Fill = {}): string {
  return filled(words.value[key], fill);
}

export type Fill = Readonly<Record<string, string | number>>;

/** `text` with each `{name}` filled in. */
export function filled(text: string, fill: Fill): string {
  return text.replace(
    /(\p{Script=Han} )?\{(\w+)\}( \p{Script=Han})?/gu,
    (hole: string, before: string | undefined, name: string, after: string | undefined): string => {
      const text = String(fill[name] ?? hole);
      // between Han characters there is no space
      const start = /^\p{Script=Han}/u.test(text) ? before?.trim() : before;
      const end = /\p{Script=Han}$/u.test(text) ? after?.trim() : after;
      return `${start ?? ""}${text}${end ?? ""}`;
    },
  );
}

/** Words for what goes wrong are many, and seldom needed: they come after the first screen. */
const errorWords = signal<typeof ERROR_WORDS | "coming" | "failed">("coming");

/** Brings the words for what may go wrong. */
export async function bringErrorWords(): Promise<void> {
  if (typeof errorWords.peek() !== "string") return;
  await import("./errors.ts").then(
    (found) => (errorWords.value = found.ERROR_WORDS),
    () => (errorWords.value = "failed"),
  );
}

/**
 * What happened and the way on; nothing for the moment until the words are here; the box's own English title where the app
 * has no words for the code.
 */
export function problemWords(problem: Problem): { what: string; wayOn: string } {
  const words = errorWords.value;
  if (words === "coming") return { what: "", wayOn: "" };
  const known = words === "failed" ? undefined : words[problem.code];
  if (known === undefined) return { what: problem.message, wayOn: "" };
  const [what, wayOn] = known[language.value];
  return { what, wayOn };
}

const clockFormat = computed(
  () => new Intl.DateTimeFormat(tag.value, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
);

/** Hours and minutes where the viewer is. */
export function clockTime(iso: string): string {
  return clockFormat.value.format(new Date(iso));
}

/** Weekday, date, hours and minutes. */
export function dayTime(iso: string): string {
  return new Intl.DateTimeFormat(tag.value, {
    weekday: "short",
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(new Date(iso));
}

const languageNames = computed(
  () => new Intl.DisplayNames([tag.value], { type: "language", fallback: "none" }),
);

/** `fra`, `fr`, `qaa` → a language's name in the viewer's language, or null. */
export function languageName(code: string | undefined): string | null {
  try {
    return (code && languageNames.value.of(code)) || null;
  } catch {
    return null; // not a language tag at all: broadcasters write anything
  }
}

/**
 * What a broadcaster calls a language (ISO 639-2), as the pages name it: `fra` and `fre` → `fr`.
 * @returns nothing for what is no language: what is said in it is then read as the page's own
 */
export function langOf(code: string | null | undefined): string | undefined {
  try {
    return code && !/^(q[a-t][a-z]|mis|mul|und|zxx)$/i.test(code)
      ? Intl.getCanonicalLocales(code)[0]
      : undefined;
  } catch {
    return undefined;
  }
}
