const PREFIX = "tellyport.";

/** A small wish of the viewer from an earlier visit, or null; browsers may refuse to remember. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Then it is forgotten with the tab; nothing depends on it.
  }
}
