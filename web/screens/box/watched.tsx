import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Watched, WatchedEntry } from "../../../src/protocol/watched.ts";
import { byDay } from "../../access/days.ts";
import { connection } from "../../here.ts";
import { day, minutesWords } from "../../i18n/access.ts";
import { tb } from "../../i18n/box.ts";
import { clockTime, t } from "../../i18n/index.ts";
import { Sure, Trouble, useCall } from "../access/parts.tsx";
import { SheetBody } from "../sheet.tsx";
import { Toggle, Waiting } from "./parts.tsx";

/** Entries of one answer. */
const PAGE = 50;
/** Seconds: who looks shorter has not watched. */
const SHORTEST = 60;

/** Who watched what, the newest first; for owners. */
export function WatchedPage() {
  const call = useCall();
  const changing = useCall();
  const keeps = useSignal(true);
  const entries = useSignal<readonly WatchedEntry[] | null>(null);
  const more = useSignal(false);
  const load = (): void =>
    void call.run(async () => {
      const known = entries.value ?? [];
      const last = known.at(-1);
      const place = last === undefined ? "" : `&before=${last.id}`;
      const found = await connection.call<Watched>(
        "GET",
        `/api/v1/watched?limit=${PAGE}&seconds=${SHORTEST}${place}`,
      );
      keeps.value = found.keeps;
      entries.value = [...known, ...found.entries];
      more.value = found.entries.length >= PAGE;
    });
  useEffect(load, []);
  if (entries.value === null)
    return (
      <SheetBody title={t("settings.watched")}>
        <Waiting call={call} again={load} />
      </SheetBody>
    );
  const list = entries.value;
  return (
    <SheetBody title={t("settings.watched")}>
      <Toggle
        name="keep-watched"
        words={tb("watched.keep")}
        note={tb("watched.about")}
        on={keeps.value}
        disabled={changing.busy.value}
        change={(wish) =>
          void changing.run(async () => {
            await connection.call("PATCH", "/api/v1/watched", { body: { keeps: wish } });
            keeps.value = wish;
          })
        }
      />
      <Trouble call={changing} />
      {list.length === 0 && (
        <p class="quiet-text" data-empty>
          {tb(keeps.value ? "watched.none" : "watched.off")}
        </p>
      )}
      {byDay(list.map((entry) => ({ ...entry, at: entry.to }))).map(({ at, entries: ofDay }) => (
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
          {tb("watched.more")}
        </button>
      )}
      {list.length > 0 && (
        <Sure
          name="clear-watched"
          words={tb("watched.clear")}
          question={tb("watched.clear.sure")}
          yes={tb("watched.clear.yes")}
          call={changing}
          onYes={() =>
            void changing.run(async () => {
              await connection.call("DELETE", "/api/v1/watched");
              entries.value = [];
              more.value = false;
            })
          }
        />
      )}
    </SheetBody>
  );
}

function Entry({ entry }: { entry: WatchedEntry }) {
  const { name, channelName, title, from, to, seconds, home } = entry;
  const time = minutesWords(Math.max(1, Math.round(seconds / 60)));
  return (
    <li data-watched={entry.id}>
      <span class="about">
        <span>
          <strong>{name ?? tb("watched.somebody")}</strong>
          {" · "}
          {channelName}
        </span>
        {title !== null && <span>{title}</span>}
        <span class="label">
          {tb("watched.for", { from: clockTime(from), to: clockTime(to), time })}
          {home === false && ` · ${tb("watched.away")}`}
        </span>
      </span>
    </li>
  );
}
