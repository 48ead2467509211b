import type { SystemState } from "../../../src/protocol/system.ts";
import { day, minutesWords } from "../../i18n/access.ts";
import { sizeWords, tb } from "../../i18n/box.ts";
import { t } from "../../i18n/index.ts";
import { SheetBody } from "../sheet.tsx";
import { Facts, Meter, More, Shown, useAsked } from "./parts.tsx";

/** Milliseconds between two looks. */
const LOOK = 4000;
/** Bytes below which a person should make room. */
const LOW = 200e6;

type Storage = SystemState["storage"];

/** What the box keeps, and how much room there is. */
export function StoragePage() {
  const asked = useAsked<SystemState>("/api/v1/system", LOOK);
  return (
    <SheetBody title={t("settings.storage")}>
      <Shown asked={asked}>
        {({ storage }) => (
          <>
            <Kept storage={storage} />
            <Media media={storage.media} />
            <TimeShift timeShift={storage.timeShift} />
            <div class="box-card" data-storage="guide">
              <h3>{tb("storage.guide")}</h3>
              <p>
                {sizeWords(storage.guide.bytes)}
                {" · "}
                {storage.guide.until === null
                  ? tb("storage.guide.none")
                  : tb("storage.guide.until", { day: day(storage.guide.until) })}
              </p>
            </div>
            <More>
              <Facts
                rows={[
                  [tb("storage.state"), storage.state.path],
                  [tb("storage.shift"), storage.timeShift.folder?.path ?? null],
                ]}
              />
            </More>
          </>
        )}
      </Shown>
    </SheetBody>
  );
}

function Kept({ storage: { state } }: { storage: Storage }) {
  const { free, total } = state;
  return (
    <div class="box-card" data-storage="state">
      <h3>{tb("storage.state")}</h3>
      <Room free={free} total={total} label={tb("storage.state")} />
      {free !== null && free < LOW && (
        <p class="problem" role="alert">
          {tb("storage.state.low")}
        </p>
      )}
    </div>
  );
}

function Room({ free, total, label }: { free: number | null; total: number | null; label: string }) {
  if (free === null || total === null) return <p class="quiet-text">{tb("storage.free.unknown")}</p>;
  return (
    <>
      <Meter used={total - free} of={total} label={label} />
      <p>{tb("size.free", { free: sizeWords(free), total: sizeWords(total) })}</p>
    </>
  );
}

function Media({ media: { used, limit } }: { media: Storage["media"] }) {
  return (
    <div class="box-card" data-storage="media">
      <h3>{tb("storage.media")}</h3>
      <Meter used={used} of={limit} label={tb("storage.media")} />
      <p>{tb("size.of", { used: sizeWords(used), total: sizeWords(limit) })}</p>
      <p class="label">{tb("storage.media.about")}</p>
    </div>
  );
}

function TimeShift({ timeShift }: { timeShift: Storage["timeShift"] }) {
  const { minutes, folder, ready, used, limit } = timeShift;
  return (
    <div class="box-card" data-storage="time-shift">
      <h3>{tb("storage.shift")}</h3>
      {minutes === 0 ? (
        <p>{tb("storage.shift.off")}</p>
      ) : (
        <>
          <p>
            {tb("storage.shift.minutes", { time: minutesWords(minutes) })}
            {folder === null ? ` · ${tb("storage.shift.memory")}` : ""}
          </p>
          {folder !== null && ready && (
            <>
              <Meter used={used} of={limit} label={tb("storage.shift")} />
              <p>{tb("size.of", { used: sizeWords(used), total: sizeWords(limit) })}</p>
              {folder.free !== null && folder.total !== null && (
                <p class="label">
                  {tb("storage.disk", { free: sizeWords(folder.free), total: sizeWords(folder.total) })}
                </p>
              )}
            </>
          )}
          {folder !== null && !ready && <p class="problem">{tb("storage.shift.missing")}</p>}
        </>
      )}
    </div>
  );
}
