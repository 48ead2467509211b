import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client } from "../../../src/protocol/api.ts";
import type { ClientLimits } from "../../../src/protocol/client-limits.ts";
import { changeClient, clients, loadClients } from "../../access/clients.ts";
import { PRESETS, isSound, presetOf, withOwn, type Preset } from "../../access/limits.ts";
import { ta, listWords, minutesWords } from "../../i18n/access.ts";
import * as state from "../../state.ts";
import { SheetBody } from "../sheet.tsx";
import { AllowedChannels } from "./allowed-channels.tsx";
import { HoursEditor } from "./hours.tsx";
import { Coming, Options, Trouble, useCall } from "./parts.tsx";

const AGES = [6, 10, 12, 14, 16];
const MINUTES = [30, 60, 90, 120, 180];

/** What a child's or guest's device may watch. */
export function LimitsPage({ id }: { id: string }) {
  const call = useCall();
  const load = (): void => void call.run(loadClients);
  useEffect(() => {
    if (clients.value === null) load();
  }, []);
  const client = clients.value?.find((one) => one.id === id);
  return (
    <SheetBody title={ta("limits.title")}>
      {client === undefined ? <Coming call={call} again={load} /> : <Limits client={client} />}
    </SheetBody>
  );
}

function Limits({ client }: { client: Client }) {
  const call = useCall();
  const limits = useSignal<ClientLimits>(client.limits ?? {});
  const sound = limits.value.hours?.every(isSound) ?? true;
  const save = async (): Promise<void> => {
    if (await call.run(() => changeClient(client.id, { limits: limits.value }))) state.leaveSheet();
  };
  return (
    <>
      <p class="quiet-text">{ta("limits.about", { name: client.name })}</p>
      <Age limits={limits} />
      <Hours limits={limits} />
      <Minutes limits={limits} />
      <AllowedChannels limits={limits} />
      <div class="sheet-foot">
        {!sound && <p class="complaint">{ta("hours.unsound")}</p>}
        <Trouble call={call} />
        <button
          class="primary"
          data-action="save-limits"
          disabled={!sound || call.busy.value}
          onClick={() => void save()}
        >
          {ta("save")}
        </button>
      </div>
    </>
  );
}

/** The limits with members set anew; undefined ones are taken away. */
export function changed(
  limits: ClientLimits,
  change: { [K in keyof ClientLimits]?: ClientLimits[K] | undefined },
): ClientLimits {
  const entries = Object.entries({ ...limits, ...change }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

function Age({ limits }: { limits: Signal<ClientLimits> }) {
  const { maximumAge, unrated = true } = limits.value;
  const ages = withOwn(AGES, maximumAge).map((age) => ({ value: age, words: ta("age", { age }) }));
  return (
    <section>
      <h3>{ta("age.title")}</h3>
      <Options
        name="age"
        label={ta("age.title")}
        options={[{ value: null, words: ta("no-limit") }, ...ages]}
        chosen={maximumAge ?? null}
        choose={(age) => (limits.value = changed(limits.value, { maximumAge: age ?? undefined }))}
      />
      {maximumAge !== undefined && (
        <button
          class="check"
          role="checkbox"
          aria-checked={unrated}
          data-action="unrated"
          onClick={() => (limits.value = changed(limits.value, { unrated: unrated ? false : undefined }))}
        >
          {ta("age.unrated")}
        </button>
      )}
    </section>
  );
}

function Hours({ limits }: { limits: Signal<ClientLimits> }) {
  const { hours } = limits.value;
  const own = useSignal(presetOf(hours) === "own");
  const chosen = own.value && hours !== undefined ? "own" : presetOf(hours);
  const options = (["any", ...(Object.keys(PRESETS) as Preset[]), "own"] as const).map((name) => ({
    value: name,
    words: ta(`hours.${name}`),
    ...(name === "any" || name === "own" ? {} : { note: ta(`hours.${name}.note`) }),
  }));
  const choose = (name: "any" | "own" | Preset): void => {
    own.value = name === "own";
    const next =
      name === "any" ? undefined : name === "own" ? (hours ?? [...PRESETS.daytime]) : [...PRESETS[name]];
    limits.value = changed(limits.value, { hours: next });
  };
  return (
    <section>
      <h3>{ta("hours.title")}</h3>
      <Options
        name="hours"
        label={ta("hours.title")}
        options={options}
        chosen={chosen}
        choose={choose}
        wide
      />
      {chosen === "own" && (
        <HoursEditor
          hours={hours ?? []}
          change={(next) => (limits.value = changed(limits.value, { hours: next }))}
        />
      )}
    </section>
  );
}

function Minutes({ limits }: { limits: Signal<ClientLimits> }) {
  const { minutesPerDay } = limits.value;
  const options = withOwn(MINUTES, minutesPerDay).map((count) => ({
    value: count,
    words: minutesWords(count),
  }));
  return (
    <section>
      <h3>{ta("minutes.title")}</h3>
      <Options
        name="minutes"
        label={ta("minutes.title")}
        options={[{ value: null, words: ta("no-limit") }, ...options]}
        chosen={minutesPerDay ?? null}
        choose={(count) => (limits.value = changed(limits.value, { minutesPerDay: count ?? undefined }))}
      />
    </section>
  );
}

/** All limits of a client in one line. */
export function limitsWords(limits: ClientLimits = {}): string {
  const { maximumAge, hours, channels, minutesPerDay } = limits;
  const parts = [
    ...(maximumAge === undefined ? [] : [ta("age", { age: maximumAge })]),
    ...(hours === undefined ? [] : [ta(`hours.${presetOf(hours)}`)]),
    ...(minutesPerDay === undefined ? [] : [ta("minutes.day", { time: minutesWords(minutesPerDay) })]),
    ...(channels === undefined ? [] : [ta("channels.some", { count: channels.length })]),
  ];
  return parts.length === 0 ? ta("no-limit") : listWords(parts);
}
