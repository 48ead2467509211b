const WATCH = "#/watch/";

/** The fragment of the app's address at which a channel plays. */
export function watchFragment(channel: string): string {
  return WATCH + encodeURIComponent(channel);
}

/** @returns id of the channel that the fragment names; null when it names none */
export function watchedIn(fragment: string): string | null {
  if (!fragment.startsWith(WATCH)) return null;
  try {
    return decodeURIComponent(fragment.slice(WATCH.length));
  } catch {
    return null; // what was typed or cut off is no address of ours
  }
}
