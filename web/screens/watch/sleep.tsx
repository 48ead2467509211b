import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Problem } from "../../api/problem.ts";
import { connection } from "../../here.ts";
import { clockTime } from "../../i18n/index.ts";
import { tw } from "../../i18n/watch.ts";
import type { Player } from "../../player/player.ts";
import type { Choice, ChoiceList } from "../choice-menu.tsx";
import { lastSeconds, longer, SLEEP_MINUTES, sleepChoice, sleepIn } from "./sleep-timer.ts";

/** When the set is to switch itself off. @param programmeEnds ISO 8601; null: not known */
export function sleepList(programmeEnds: string | null): ChoiceList {
  const chosen = sleepChoice.value;
  const choices: Choice[] = [
    {
      key: "sleep-off",
      words: tw("sleep.off"),
      chosen: chosen === null,
      choose: () => (sleepChoice.value = null),
    },
    ...SLEEP_MINUTES.map((minutes) => ({
      key: `sleep-${minutes}`,
      words: tw("sleep.minutes", { count: minutes }),
      note: chosen?.kind === minutes ? sleepNote() : undefined,
      chosen: chosen?.kind === minutes,
      choose: () => void (sleepChoice.value = sleepIn(minutes, connection.boxNow())),
    })),
  ];
  if (programmeEnds !== null)
    choices.push({
      key: "sleep-programme",
      words: tw("sleep.programme"),
      note: tw("sleep.until", { time: clockTime(programmeEnds) }),
      chosen: chosen?.kind === "programme",
      choose: () => void (sleepChoice.value = { kind: "programme", until: Date.parse(programmeEnds) }),
    });
  return { name: "sleep", label: tw("sleep"), choices };
}

export function sleepNote(): string {
  const chosen = sleepChoice.value;
  if (chosen === null) return tw("sleep.off");
  return tw("sleep.at", { time: clockTime(new Date(chosen.until).toISOString()) });
}

/** Keeps the time, says when it is nearly over, and then stops. */
export function SleepNotice({ player }: { player: Player }) {
  const chosen = sleepChoice.value;
  const left = useSignal<number | null>(null);
  useEffect(() => {
    left.value = null;
    if (chosen === null) return;
    // it ran out while nobody watched
    if (lastSeconds(chosen, connection.boxNow()) === 0) return void (sleepChoice.value = null);
    const look = (): void => {
      left.value = lastSeconds(chosen, connection.boxNow());
      if (left.value !== 0) return;
      sleepChoice.value = null;
      player.stop(new Problem("asleep"));
    };
    look();
    const timer = setInterval(look, 1000);
    return () => clearInterval(timer);
  }, [chosen, player]);
  if (chosen === null || left.value === null || left.value === 0) return null;
  return (
    <div class="notice asking" role="alert" data-notice="sleep">
      <p>
        {tw("sleep.soon")} <span aria-hidden="true">{tw("facts.seconds", { seconds: left.value })}</span>
      </p>
      <div class="answers">
        <button
          data-action="sleep-longer"
          onClick={() => void (sleepChoice.value = longer(chosen, connection.boxNow()))}
        >
          {tw("sleep.longer")}
        </button>
        <button data-action="sleep-never" onClick={() => void (sleepChoice.value = null)}>
          {tw("sleep.never")}
        </button>
      </div>
    </div>
  );
}
