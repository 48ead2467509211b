import { useEffect } from "preact/hooks";

/** Keeps the screen on while somebody watches. Browsers let it go with the page out of sight; it is taken again with it. */
export function useWakeLock(watching: boolean): void {
  useEffect(() => {
    if (!watching || !("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const take = async (): Promise<void> => {
      if (over || document.hidden || lock?.released === false) return;
      const taken = await navigator.wakeLock.request("screen").catch(() => null); // the battery is low
      if (over) void taken?.release();
      else lock = taken;
    };
    const onVisible = (): void => void take();
    document.addEventListener("visibilitychange", onVisible);
    void take();
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", onVisible);
      void lock?.release();
    };
  }, [watching]);
}
