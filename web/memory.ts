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

/** Told when another tab of this browser has remembered something else under this name; null: nothing any more. */
export function whenRemembered(name: string, tell: (value: string | null) => void): void {
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key === PREFIX + name) tell(newValue);
  });
}
