import { useSignal } from "@preact/signals";
import type { Channel, ChannelDecision } from "../../../src/protocol/api.ts";
import { asBroadcast, decisionOf, isDecided, LAST_NUMBER, numbered, stepped } from "../../box/line-up.ts";
import { tb } from "../../i18n/box.ts";
import { Icon } from "../icon.tsx";
import { LogoField } from "./logo-field.tsx";

/** What can be done with one channel, below its row. */
export function ChannelEdit(props: {
  channel: Channel;
  /** Every one, in order. */
  all: readonly Channel[];
  /** Those that are listed, in order. */
  shown: readonly Channel[];
  busy: boolean;
  decide: (decisions: readonly ChannelDecision[], words: string) => void;
  setLogo: (logo: string | null) => void;
}) {
  const { channel, all, shown, busy, decide } = props;
  const { id, name, hidden = false, favourite = false } = channel;
  const step = (by: 1 | -1): void => {
    const decisions = stepped(shown, id, by);
    const number = decisions?.[0]?.number;
    if (decisions !== null && number != null) decide(decisions, tb("lineup.said.moved", { name, number }));
  };
  const one = (change: Partial<ChannelDecision>, words: string): void =>
    decide([{ ...decisionOf(channel), ...change }], words);
  return (
    <div class="channel-edit" data-edit={id}>
      <div class="pair-of-buttons">
        <button data-action="up" disabled={busy || shown[0]?.id === id} onClick={() => step(-1)}>
          <Icon name="up" />
          {tb("lineup.up")}
        </button>
        <button data-action="down" disabled={busy || shown.at(-1)?.id === id} onClick={() => step(1)}>
          <Icon name="down" />
          {tb("lineup.down")}
        </button>
      </div>
      <NumberField
        channel={channel}
        busy={busy}
        save={(number) => {
          const decisions = numbered(all, id, number);
          if (decisions === null) return false;
          decide(decisions, tb("lineup.said.moved", { name, number }));
          return true;
        }}
      />
      <NameField
        channel={channel}
        busy={busy}
        save={(text) => one({ name: text }, tb("lineup.said.renamed", { name: text }))}
      />
      <div class="pair-of-buttons">
        <button
          data-action="favourite"
          aria-pressed={favourite}
          disabled={busy}
          onClick={() =>
            one(
              { favourite: !favourite },
              tb(favourite ? "lineup.said.unmarked" : "lineup.said.marked", { name }),
            )
          }
        >
          {tb(favourite ? "lineup.unmark" : "lineup.mark")}
        </button>
        <button
          data-action="hide"
          disabled={busy}
          onClick={() =>
            one({ hidden: !hidden }, tb(hidden ? "lineup.said.shown" : "lineup.said.hidden", { name }))
          }
        >
          {tb(hidden ? "lineup.show" : "lineup.hide")}
        </button>
      </div>
      <LogoField channel={channel} set={props.setLogo} />
      {isDecided(channel) && (
        <button
          data-action="as-broadcast"
          disabled={busy}
          onClick={() => decide([asBroadcast(channel)], tb("lineup.said.reset", { name }))}
        >
          {tb("lineup.reset")}
        </button>
      )}
    </div>
  );
}

function NumberField(props: { channel: Channel; busy: boolean; save: (number: number) => boolean }) {
  const text = useSignal(String(props.channel.number));
  const bad = useSignal(false);
  const number = Number(text.value);
  const fits = /^\d{1,4}$/.test(text.value.trim()) && number >= 1 && number <= LAST_NUMBER;
  const save = (event: Event): void => {
    event.preventDefault();
    bad.value = !fits || !props.save(number);
  };
  return (
    <form class="with-button" onSubmit={save}>
      <label class="field">
        <span>{tb("lineup.number")}</span>
        <input
          name="number"
          inputMode="numeric"
          maxLength={4}
          autocomplete="off"
          enterKeyHint="done"
          aria-invalid={bad.value}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            bad.value = false;
          }}
        />
      </label>
      <button
        type="submit"
        data-action="save-number"
        disabled={props.busy || number === props.channel.number}
      >
        {tb("lineup.save")}
      </button>
      {bad.value && (
        <p class="problem" role="alert">
          {tb("lineup.number.bad")}
        </p>
      )}
    </form>
  );
}

function NameField(props: { channel: Channel; busy: boolean; save: (name: string) => void }) {
  const text = useSignal(props.channel.name);
  const name = text.value.trim();
  const save = (event: Event): void => {
    event.preventDefault();
    if (name !== "" && name !== props.channel.name) props.save(name);
  };
  return (
    <form class="with-button" onSubmit={save}>
      <label class="field">
        <span>{tb("lineup.name")}</span>
        <input
          name="channel-name"
          maxLength={64}
          autocomplete="off"
          enterKeyHint="done"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </label>
      <button
        type="submit"
        data-action="save-name"
        disabled={props.busy || name === "" || name === props.channel.name}
      >
        {tb("lineup.save")}
      </button>
    </form>
  );
}
