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
