import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client, Tokens } from "../../../src/protocol/api.ts";
import { isLastOwner, isLastPerson } from "../../access/client-order.ts";
import { changeClient, clients, loadClients, removeClient } from "../../access/clients.ts";
import { staysOf } from "../../access/stay.ts";
import * as app from "../../app.ts";
import { t } from "../../i18n/index.ts";
import { dayTime, ta } from "../../i18n/access.ts";
import * as state from "../../state.ts";
import { Icon } from "../icon.tsx";
import { SheetBody } from "../sheet.tsx";
import { nameOf, namesOf, seenWords } from "./devices.tsx";
import { limitsWords } from "./limits.tsx";
import { Coming, Options, Sure, Trouble, useCall } from "./parts.tsx";

const ROLES = ["owner", "viewer", "kid", "guest"] as const satisfies readonly Tokens["role"][];

/** One paired device: what it is called, what it may, and whether it stays. */
export function DevicePage({ id }: { id: string }) {
  const call = useCall();
  const load = (): void => void call.run(loadClients);
  useEffect(() => {
    if (clients.value === null) load();
  }, []);
  const all = clients.value;
  const client = all?.find((one) => one.id === id);
  if (all === null || client === undefined)
    return (
      <SheetBody title={t("settings.devices")}>
        {all === null ? <Coming call={call} again={load} /> : <p>{ta("device.gone")}</p>}
      </SheetBody>
    );
  return (
    <SheetBody title={client.name}>
      <Name client={client} />
      <Role client={client} last={isLastPerson(all, client)} all={all} />
      {(client.role === "kid" || client.role === "guest") && (
        <button
          class="entry framed"
          data-open="limits"
          onClick={() => state.openSheet({ name: "limits", client: id })}
        >
          <Icon name="lock" />
          <span class="about">
            <span>{ta("limits.title")}</span>
            <span class="label">{limitsWords(client.limits)}</span>
          </span>
          <Icon name="on" />
        </button>
      )}
      {client.role === "guest" && <Stay client={client} />}
      <dl>
        <dt>{ta("device.seen")}</dt>
        <dd>{seenWords(client)}</dd>
        {client.lastAddress !== null && (
          <>
            <dt>{ta("device.address")}</dt>
            <dd class="mono">{client.lastAddress}</dd>
          </>
        )}
        <dt>{ta("device.paired")}</dt>
        <dd>{dayTime(client.pairedAt)}</dd>
        <dt>{ta("device.kind")}</dt>
        <dd>{ta(`device.kind.${client.kind}`)}</dd>
        {client.handedOverFrom && (
          <>
            <dt>{ta("device.handed")}</dt>
            <dd>{nameOf(client.handedOverFrom, all)}</dd>
          </>
        )}
      </dl>
      <Remove client={client} last={isLastOwner(all, id)} all={all} />
    </SheetBody>
  );
}

function Name({ client }: { client: Client }) {
  const call = useCall();
  const name = useSignal(client.name);
  const changed = name.value.trim() !== "" && name.value.trim() !== client.name;
  const save = (event: Event): void => {
    event.preventDefault();
    if (changed) void call.run(() => changeClient(client.id, { name: name.value.trim() }));
  };
  return (
    <form class="with-button" onSubmit={save}>
      <label class="field">
        <span>{ta("device.name")}</span>
        <input
          name="device-name"
          maxLength={64}
          autocomplete="off"
          enterKeyHint="done"
          value={name.value}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit" data-action="rename" disabled={!changed || call.busy.value}>
        {ta("save")}
      </button>
      <Trouble call={call} />
    </form>
  );
}

function Role({ client, last, all }: { client: Client; last: boolean; all: readonly Client[] }) {
  const call = useCall();
  const options = ROLES.filter((role) => role !== "owner" || client.kind === "key").map((role) => ({
    value: role,
    words: t(`role.${role}`),
    note: ta(`role.${role}.note`),
    disabled: last || call.busy.value,
  }));
  const others = client.changedWith ?? [];
  const wished = useSignal<Tokens["role"] | null>(null);
  const change = (role: Tokens["role"]): void =>
    void call.run(() => changeClient(client.id, { role })).then((done) => done && (wished.value = null));
  // Who administers the box is not decided by a slip of the thumb.
  const choose = (role: Tokens["role"]): void => {
    wished.value = role !== client.role && (role === "owner" || client.role === "owner") ? role : null;
    if (role !== client.role && wished.value === null) change(role);
  };
  const wish = wished.value;
  return (
    <section>
      <h3>{ta("device.role")}</h3>
      {last && <p class="label">{ta("device.last-owner")}</p>}
      {!last && others.length > 0 && (
        <p class="label" data-together={others.length}>
          {ta("device.together", { names: namesOf(others, all) })}
        </p>
      )}
      <Options
        name="role"
        label={ta("device.role")}
        options={options}
        chosen={wish ?? client.role}
        choose={choose}
      />
      {wish !== null && (
        <div class="sure" role="alert">
          <p>
            {ta(wish === "owner" ? "role.sure.owner" : "role.sure.less", {
              name: client.name,
              role: t(`role.${wish}`),
            })}
          </p>
          <div class="pair-of-buttons">
            <button data-action="role-no" onClick={() => (wished.value = null)}>
              {ta("cancel")}
            </button>
            <button
              class="danger"
              data-action="role-yes"
              disabled={call.busy.value}
              onClick={() => change(wish)}
            >
              {ta("role.sure.yes", { role: t(`role.${wish}`) })}
            </button>
          </div>
        </div>
      )}
      <Trouble call={call} />
    </section>
  );
}

/** Until when a guest stays. */
function Stay({ client }: { client: Client }) {
  const call = useCall();
  const stays = staysOf(state.now.value);
  const options = stays.map(({ name, endsAt }) => ({
    value: endsAt,
    words: ta(`stay.${name}`),
    note: dayTime(endsAt),
  }));
  return (
    <section>
      <h3>{ta("stay.title")}</h3>
      {client.endsAt && <p>{ta("device.until", { time: dayTime(client.endsAt) })}</p>}
      <Options
        name="stay"
        label={ta("stay.title")}
        options={options}
        chosen={client.endsAt ?? undefined}
        choose={(endsAt) => void call.run(() => changeClient(client.id, { endsAt }))}
      />
      <Trouble call={call} />
    </section>
  );
}

function Remove({ client, last, all }: { client: Client; last: boolean; all: readonly Client[] }) {
  const call = useCall();
  if (last) return null;
  const remove = async (alone = false): Promise<void> => {
    if (client.current) return app.forgetBox();
    if (await call.run(() => removeClient(client.id, alone))) state.leaveSheet();
  };
  const others = client.current ? [] : (client.removedWith ?? []);
  return (
    <Sure
      name="remove"
      words={ta("device.remove")}
      question={ta(client.current ? "device.remove.self" : "device.remove.sure", { name: client.name })}
      yes={ta("device.remove.yes")}
      call={call}
      onYes={() => void remove()}
    >
      {others.length > 0 && (
        <>
          <p data-together={others.length}>{ta("device.remove.with", { names: namesOf(others, all) })}</p>
          <button data-action="remove-alone" disabled={call.busy.value} onClick={() => void remove(true)}>
            {ta("device.remove.alone")}
          </button>
        </>
      )}
    </Sure>
  );
}
