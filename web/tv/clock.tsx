import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { connection } from "../here.ts";
import { clockTime } from "../i18n/index.ts";

/** Hours and minutes by the box's clock. */
export function Clock({ large = false }: { large?: boolean }) {
  const time = useSignal(connection.boxNow());
  useEffect(() => {
    const timer = setInterval(() => (time.value = connection.boxNow()), 1000);
    return () => clearInterval(timer);
  }, []);
  const iso = new Date(time.value).toISOString();
  return (
    <time class={large ? "tv-large-clock" : "tv-clock"} dateTime={iso.slice(0, 16)}>
      {clockTime(iso)}
    </time>
  );
}
