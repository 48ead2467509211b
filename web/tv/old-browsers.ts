/**
 * What televisions of about 2020 lack and the app uses. Their browsers are Chromium 69 (Tizen 5.5) to 79 (webOS 6); what is
 * syntax alone is rewritten when the page is built. Imported first.
 */

type Missing = Partial<Record<string, unknown>>;

function provide(target: object, name: string, value: unknown): void {
  if ((target as Missing)[name] === undefined)
    Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

provide(Array.prototype, "at", function at<T>(this: readonly T[], index: number): T | undefined {
  return this[index < 0 ? this.length + index : index];
});

provide(Array.prototype, "findLast", function findLast<T>(this: readonly T[], pleases: (one: T) => boolean):
  T | undefined {
  for (let index = this.length - 1; index >= 0; index--) if (pleases(this[index] as T)) return this[index];
  return undefined;
});

provide(String.prototype, "replaceAll", function replaceAll(this: string, from: string, to: string): string {
  return this.split(from).join(to);
});

provide(String.prototype, "matchAll", function matchAll(this: string, pattern: RegExp): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  const copy = new RegExp(pattern.source, pattern.flags);
  for (let match = copy.exec(this); match !== null; match = copy.exec(this)) found.push(match);
  return found;
});

provide(Object, "fromEntries", (entries: Iterable<readonly [string, unknown]>): object => {
  const object: Record<string, unknown> = {};
  for (const [key, value] of entries) object[key] = value;
  return object;
});

provide(self, "globalThis", self);
provide(self, "queueMicrotask", (work: () => void) => void Promise.resolve().then(work));

/** Before Chromium 86 the selector itself is an error. */
try {
  document.querySelector(":focus-visible");
} catch {
  Object.defineProperty(Element.prototype, "matches", {
    value: function matchesFocus(this: Element, selectors: string): boolean {
      const wanted = selectors.replace(":focus-visible", ":focus");
      return [...(this.parentNode?.querySelectorAll(wanted) ?? [])].includes(this);
    },
  });
}

provide(AbortSignal, "timeout", (delay: number): AbortSignal => {
  const over = new AbortController();
  setTimeout(() => over.abort(), delay);
  return over.signal;
});

provide(AbortSignal.prototype, "throwIfAborted", function throwIfAborted(this: AbortSignal): void {
  if (this.aborted) throw new DOMException("aborted", "AbortError");
});
