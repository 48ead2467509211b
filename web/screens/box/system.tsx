import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { SystemState } from "../../../src/protocol/system.ts";
import { connection } from "../../here.ts";
import { dayTime, minutesWords } from "../../i18n/access.ts";
import { daysWords, figure, hasBoxWords, sizeWords, tb } from "../../i18n/box.ts";
import { t } from "../../i18n/index.ts";
import { Sure, useCall } from "../access/parts.tsx";
import { SheetBody } from "../sheet.tsx";
import { Facts, More, Shown, useAsked } from "./parts.tsx";

/** Milliseconds between two looks. */
const LOOK = 4000;
/** A restart that takes longer is worth a word, ms. */
const RESTART_LATE = 60_000;

/** How the box runs; restart and update. */
export function SystemPage() {
  const asked = useAsked<SystemState>("/api/v1/system", LOOK);
  return (
    <SheetBody title={t("settings.system")}>
      <Shown asked={asked}>
        {(system) => (
          <>
            <Running system={system} />
            <Restart system={system} look={asked.ask} />
            <section>
              <h3>{tb("system.update")}</h3>
              <p class="quiet-text" data-update>
                {tb("system.update.about", { version: system.version })}
              </p>
            </section>
          </>
        )}
      </Shown>
    </SheetBody>
  );
}

function Running({ system }: { system: SystemState }) {
  const { version, startedAt, memory, processor, clock } = system;
  const minutes = Math.max(0, Math.floor((Date.parse(clock.time) - Date.parse(startedAt)) / 60_000));
  const right = clock.doubt === null && clock.state === "synchronised";
  const cure = `clock.cure.${clock.doubt ?? "unknown"}`;
  return (
    <>
      <Facts
        rows={[
          [tb("system.version"), version],
          [
            tb("system.since"),
            tb("system.since.value", { time: uptimeWords(minutes), when: dayTime(startedAt) }),
          ],
          [tb("system.load"), loadWords(processor)],
          [tb("system.memory"), tb("size.free", sizes(memory.free, memory.total))],
          [tb("system.clock"), tb(right ? "clock.fine" : "clock.doubt")],
        ]}
      />
      {!right && (
        <p class="note" data-clock={clock.doubt ?? "unknown"}>
          {hasBoxWords(cure) ? tb(cure) : tb("clock.cure.unknown")}
        </p>
      )}
      <More>
        <Facts
          rows={[
            [
              tb("system.memory"),
              tb("system.memory.value", {
                used: sizeWords(memory.used),
                ...sizes(memory.free, memory.total),
              }),
            ],
            [
              tb("system.load"),
              tb("system.load.figures", { load: figure(processor.load, 2), cores: processor.cores }),
            ],
          ]}
        />
      </More>
    </>
  );
}

function sizes(free: number, total: number): { free: string; total: string } {
  return { free: sizeWords(free), total: sizeWords(total) };
}

function uptimeWords(minutes: number): string {
  const days = Math.floor(minutes / 1440);
  return days === 0 ? minutesWords(minutes) : daysWords(days);
}

function loadWords({ load, cores }: SystemState["processor"]): string {
  const share = load / cores;
  return tb(share < 0.5 ? "system.load.calm" : share < 1 ? "system.load.busy" : "system.load.full");
}

/** Restart, where something would begin the box again; then wait for it to be back. */
function Restart({ system, look }: { system: SystemState; look: () => void }) {
  const call = useCall();
  /** When the one that was told to restart had begun; null: none was. */
  const before = useSignal<string | null>(null);
  const late = useSignal(false);
  const back = before.value !== null && isAnother(before.value, system.startedAt);
  const waiting = before.value !== null && !back;
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => (late.value = true), RESTART_LATE);
    const looking = setInterval(look, 2000);
    return () => {
      clearTimeout(timer);
      clearInterval(looking);
    };
  }, [waiting]);
  if (!system.canRestart)
    return (
      <p class="quiet-text" data-restart="none">
        {tb("system.restart.none")}
      </p>
    );
  if (waiting)
    return (
      <p class="note" role="status" data-restart="waiting">
        {tb(late.value ? "system.restart.late" : "system.restarting")}
      </p>
    );
  return (
    <>
      {back && (
        <p class="note" role="status" data-restart="back">
          {tb("system.restarted")}
        </p>
      )}
      <Sure
        key={system.startedAt}
        name="restart"
        words={tb("system.restart")}
        question={tb("system.restart.sure")}
        yes={tb("system.restart.yes")}
        call={call}
        onYes={() =>
          void call.run(async () => {
            await connection.call("POST", "/api/v1/system/restart");
            late.value = false;
            before.value = system.startedAt;
          })
        }
      />
    </>
  );
}

/** The start is reckoned from the clock, which moves a little. */
function isAnother(before: string, now: string): boolean {
  return Date.parse(now) - Date.parse(before) > 3000;
}
