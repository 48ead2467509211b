import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { connection } from "../../here.ts";
import { ta } from "../../i18n/access.ts";
import { duration } from "../time-bar.tsx";

/** How long something still holds. @param props.onOver once, when it does no more */
export function Countdown({ until, onOver }: { until: string; onOver: () => void }) {
  const left = useSignal(secondsLeft(until));
  useEffect(() => {
    const timer = setInterval(() => {
      left.value = secondsLeft(until);
      if (left.value > 0) return;
      clearInterval(timer);
      onOver();
    }, 1000);
    return () => clearInterval(timer);
  }, [until]);
  return (
    <p class="label" role="timer">
      {ta("holds", { time: duration(left.value) })}
    </p>
  );
}

function secondsLeft(until: string): number {
  return Math.max(0, Math.round((Date.parse(until) - connection.boxNow()) / 1000));
}
