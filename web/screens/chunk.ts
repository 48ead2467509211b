import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** A part of the app that comes when it is first wanted. */
export interface Chunk<T> {
  /** @throws what the network says */
  readonly load: () => Promise<T>;
  loaded: T | null;
}

export function chunk<T>(load: () => Promise<T>): Chunk<T> {
  return { load, loaded: null };
}

/**
 * The style of a part that comes later, in `styles/<name>.css`; the page's head says where it is (`scripts/build-web.mjs`).
 * @throws when it does not come
 */
export function styleOf(name: string): Promise<void> {
  const href = document.querySelector<HTMLMetaElement>(`meta[name="style-${name}"]`)?.content;
  if (href === undefined || document.querySelector(`link[href="${href}"]`) !== null) return Promise.resolve();
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  return new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new Error(`no style ${name}`));
    };
    document.head.append(link);
  });
}

/** @returns the chunk once it is here; `failed` when it does not come, until it is wanted again */
export function useChunk<T>(part: Chunk<T>, wanted = true): { part: T | null; failed: boolean } {
  const here = useSignal(part.loaded);
  const failed = useSignal(false);
  useEffect(() => {
    if (!wanted || here.value !== null) return;
    part.load().then(
      (found) => (here.value = part.loaded = found),
      () => (failed.value = true),
    );
  }, [wanted]);
  return { part: here.value, failed: failed.value };
}
