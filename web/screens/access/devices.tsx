import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client } from "../../../src/protocol/api.ts";
import { clients, loadClients } from "../../access/clients.ts";
import { connection } from "../../here.ts";
import { t } from "../../i18n/index.ts";
import { ago, dayTime, ta } from "../../i18n/access.ts";
import * as state from "../../state.ts";
import { Icon } from "../icon.tsx";
import { SheetBody } from "../sheet.tsx";
import { Coming, Sure, Trouble, useCall } from "./parts.tsx";

export const TERMINAL_ICONS = { mobile: "phone", internet: "computer", tv: "tv" } as const;

/** Everything that is paired with the box. */
export function DevicesPage() {
  const call = useCall();
  const load = (): void => void call.run(loadClients);
  useEffect(load, []);
  const list = clients.value;
  return (
    <SheetBody title={t("settings.devices")}>
      {list === null ? (
        <Coming call={call} again={load} />
      ) : (
        <>
          <Trouble call={call} />
          <ul class="entries" data-devices={list.length}>
            {list.map((client) => (
              <li key={client.id}>
                <Row client={client} all={list} />
              </li>
            ))}
          </ul>
          <button
            class="primary"
            data-action="add"
            onClick={() => state.openSheet({ name: "add", waiting: null })}
          >
            {t("settings.add")}
          </button>
          <SignOutOthers alone={list.length === 1} />
        </>
      )}
    </SheetBody>
  );
}

function Row({ client, all }: { client: Client; all: readonly Client[] }) {
  const { id, name, current } = client;
  return (
    <button class="entry" data-client={id} onClick={() => state.openSheet({ name: "device", client: id })}>
      <Icon name={TERMINAL_ICONS[client.terminalType]} />
      <span class="about">
        <span class="name">
          <span class="clip">{name}</span>
          {current && <span class="tag">{ta("device.this")}</span>}
        </span>
        <span class="label">
          {t(`role.${client.role}`)} · {seenWords(client)}
        </span>
        {client.endsAt && <span class="label">{ta("device.until", { time: dayTime(client.endsAt) })}</span>}
        {client.handedOverFrom && (
          <span class="label clip">{ta("device.from", { name: nameOf(client.handedOverFrom, all) })}</span>
        )}
      </span>
      <Icon name="on" />
    </button>
  );
}

export function nameOf(id: string, all: readonly Client[]): string {
  return all.find((client) => client.id === id)?.name ?? ta("device.gone");
}

export function namesOf(ids: readonly string[], all: readonly Client[]): string {
  return ids.map((id) => `“${nameOf(id, all)}”`).join(" ");
}

/** When it was here last, and where. */
export function seenWords({ lastSeenAt, lastHome, current }: Client): string {
  if (lastSeenAt === null) return ta("device.never");
  const when = current ? ta("now") : ago(lastSeenAt, state.now.value);
  if (lastHome == null) return when;
  return `${when} · ${ta(lastHome ? "device.home" : "device.away")}`;
}

function SignOutOthers({ alone }: { alone: boolean }) {
  const call = useCall();
  const count = useSignal<number | null>(null);
  const end = (everybody: boolean) => async (): Promise<void> => {
    const { ended } = await connection.call<{ ended: number }>("POST", "/api/v1/clients/end-others", {
      body: everybody ? { everybody } : {},
    });
    await loadClients();
    count.value = ended;
  };
  if (alone && count.value === null) return null;
  if (count.value !== null) return <p role="status">{ta("end-others.done", { count: count.value })}</p>;
  return (
    <Sure
      name="end-others"
      words={ta("end-others")}
      question={ta("end-others.sure")}
      yes={ta("end-others.all")}
      call={call}
      onYes={() => void call.run(end(true))}
    >
      <button data-action="end-mine" disabled={call.busy.value} onClick={() => void call.run(end(false))}>
        {ta("end-others.mine")}
      </button>
    </Sure>
  );
}
