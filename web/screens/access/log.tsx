import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Audit, AuditEntry } from "../../../src/protocol/access-api.ts";
import { GRAVE_EVENTS } from "../../access/alarms.ts";
import { byDay } from "../../access/days.ts";
import { connection } from "../../here.ts";
import { clockTime, t } from "../../i18n/index.ts";
import { day, ta } from "../../i18n/access.ts";
import { Icon } from "../icon.tsx";
import { SheetBody } from "../sheet.tsx";
import { entryWords } from "./log-words.ts";
import { Coming, Trouble, useCall } from "./parts.tsx";

/** Entries of one answer. */
const PAGE = 50;

/** What happened around access, the newest first. */
export function LogPage() {
  const call = useCall();
  const entries = useSignal<readonly AuditEntry[] | null>(null);
  const more = useSignal(false);
  const load = (): void =>
    void call.run(async () => {
      const known = entries.value ?? [];
      const before = known.at(-1);
      const place = before === undefined ? "" : `&before=${before.id}`;
      const found = (await connection.call<Audit>("GET", `/api/v1/audit?limit=${PAGE}${place}`)).entries;
      entries.value = [...known, ...found];
      more.value = found.length >= PAGE;
    });
  useEffect(load, []);
  return (
    <SheetBody title={t("settings.log")}>
      {entries.value === null ? (
        <Coming call={call} again={load} />
      ) : (
        <>
          {entries.value.length === 0 && <p class="quiet-text">{ta("log.none")}</p>}
          {byDay(entries.value).map(({ at, entries: ofDay }) => (
            <section key={at}>
              <h3>{day(at)}</h3>
              <ul class="log">
                {ofDay.map((entry) => (
                  <Entry key={entry.id} entry={entry} />
                ))}
              </ul>
            </section>
          ))}
          <Trouble call={call} />
          {more.value && (
            <button data-action="more" disabled={call.busy.value} onClick={load}>
              {ta("log.more")}
            </button>
          )}
        </>
      )}
    </SheetBody>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { at, event, address, count } = entry;
  return (
    <li data-event={event}>
      <time class="label" dateTime={at}>
        {clockTime(at)}
      </time>
      <span class="about">
        <span>{entryWords(entry)}</span>
        {(address !== null || count > 1) && (
          <span class="label">
            {[
              ...(count > 1 ? [ta("log.count", { count })] : []),
              ...(address === null ? [] : [address]),
            ].join(" · ")}
          </span>
        )}
      </span>
      {GRAVE_EVENTS.has(event) && <Icon name="alarm" />}
    </li>
  );
}
