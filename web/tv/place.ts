import { signal } from "@preact/signals";

const LIST = "#/list";

/** Where one is without watching. */
export const place = signal<"home" | "list">(placeOf());

function placeOf(): "home" | "list" {
  return location.hash === LIST ? "list" : "home";
}

/** Follows the address, which Back changes. */
export function followPlace(): void {
  for (const event of ["popstate", "hashchange"])
    window.addEventListener(event, () => (place.value = placeOf()));
}

/** A step that Back undoes. */
export function toList(): void {
  history.pushState({ fromHome: true }, "", LIST);
  place.value = "list";
}

export function toHome(): void {
  if ((history.state as { fromHome?: boolean } | null)?.fromHome === true) return history.back();
  history.replaceState(null, "", location.pathname);
  place.value = "home";
}
