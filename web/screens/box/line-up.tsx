import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Channel, ChannelDecision, ChannelDecisions, Channels } from "../../../src/protocol/api.ts";
import { connection } from "../../here.ts";
import { inOrder, undoing, withChanged } from "../../box/line-up.ts";
import { tb } from "../../i18n/box.ts";
import { t } from "../../i18n/index.ts";
import { matching } from "../../player/obstacle.ts";
import * as state from "../../state.ts";
import { Trouble, useCall } from "../access/parts.tsx";
import { Icon } from "../icon.tsx";
import { SheetBody } from "../sheet.tsx";
import { ChannelEdit } from "./channel-edit.tsx";
import { Shown, useAsked } from "./parts.tsx";

/** With more than this, a person would rather type than scroll. */
const SEARCH_FROM = 9;

/** What was done last, and how it is taken back. */
interface Done {
  readonly words: string;
  readonly undo: readonly ChannelDecision[] | null;
}

/** The channels as everybody sees them: order, numbers, names, what is hidden. */
export function LineUpPage() {
  const asked = useAsked<Channels>("/api/v1/channels?hidden=true");
  const call = useCall();
  const open = useSignal<string | null>(null);
  const search = useSignal("");
  const done = useSignal<Done | null>(null);
  const decide = (
    decisions: readonly ChannelDecision[],
    words: string,
    undo: readonly ChannelDecision[] | null,
  ): void =>
    void call.run(async () => {
      const body: ChannelDecisions = { decisions: [...decisions] };
      const { channels } = await connection.call<Channels>("PUT", "/api/v1/channels/decisions", { body });
      const before = asked.value.value?.channels ?? [];
      asked.value.value = { channels: withChanged(before, channels) };
      done.value = { words, undo };
    });
  const setLogo = (channel: Channel, logo: string | null): void => {
    const before = asked.value.value?.channels ?? [];
    asked.value.value = { channels: withChanged(before, [{ ...channel, logo }]) };
    const words = logo === null ? "lineup.said.no-logo" : "lineup.said.logo";
    done.value = { words: tb(words, { name: channel.name }), undo: null };
  };
  return (
    <SheetBody title={t("settings.line-up")}>
      <Shown asked={asked}>
        {({ channels }) => {
          const all = inOrder(channels);
          const watchable = all.filter(({ kind }) => kind !== "data");
          const found = matching(watchable, search.value);
          return (
            <>
              {watchable.length === 0 ? (
                <Empty />
              ) : (
                <>
                  <p class="quiet-text">{tb("lineup.about")}</p>
                  {watchable.length >= SEARCH_FROM && (
                    <label class="find">
                      <Icon name="search" />
                      <input
                        type="search"
                        name="lineup-search"
                        autocomplete="off"
                        enterKeyHint="search"
                        placeholder={tb("lineup.search")}
                        aria-label={tb("lineup.search")}
                        value={search.value}
                        onInput={(event) => (search.value = event.currentTarget.value)}
                      />
                    </label>
                  )}
                  {found.length === 0 && (
                    <p class="quiet-text">{tb("lineup.nomatch", { text: search.value })}</p>
                  )}
                  <ul class="line-up" data-line-up={watchable.length}>
                    {found.map((channel) => (
                      <li key={channel.id} class={channel.hidden ? "out" : ""}>
                        <Row
                          channel={channel}
                          open={open.value === channel.id}
                          toggle={() => (open.value = open.value === channel.id ? null : channel.id)}
                        />
                        {open.value === channel.id && (
                          <ChannelEdit
                            key={`${channel.id} ${channel.number} ${channel.name}`}
                            channel={channel}
                            all={all}
                            shown={watchable}
                            busy={call.busy.value}
                            setLogo={(logo) => setLogo(channel, logo)}
                            decide={(decisions, words) => decide(decisions, words, undoing(all, decisions))}
                          />
                        )}
                      </li>
                    ))}
                  </ul>
                </>
              )}
              <Foot
                done={done.value}
                undo={(decisions) => decide(decisions, tb("lineup.said.undone"), null)}
              />
              <Trouble call={call} />
            </>
          );
        }}
      </Shown>
    </SheetBody>
  );
}

function Row({ channel, open, toggle }: { channel: Channel; open: boolean; toggle: () => void }) {
  const { id, number, name, kind, hidden = false, favourite = false } = channel;
  const button = useRef<HTMLButtonElement>(null);
  const numberBefore = useRef(number);
  useEffect(() => {
    // who moves a channel goes with it
    if (open && numberBefore.current !== number) button.current?.scrollIntoView({ block: "center" });
    numberBefore.current = number;
  }, [open, number]);
  return (
    <button
      ref={button}
      class="line-up-row"
      data-channel-row={id}
      data-number={number}
      aria-expanded={open}
      onClick={toggle}
    >
      <span class="number">{number}</span>
      <span class="clip">{name}</span>
      {kind === "radio" && <Icon name="radio" />}
      {favourite && <span class="tag">{tb("lineup.favourite")}</span>}
      {hidden && <span class="tag">{tb("lineup.hidden")}</span>}
    </button>
  );
}

function Empty() {
  return (
    <div class="box-card" data-empty>
      <h3>{tb("lineup.none")}</h3>
      <button class="primary" data-action="to-scan" onClick={() => state.openSheet({ name: "scan" })}>
        {tb("lineup.scan")}
      </button>
    </div>
  );
}

/** What was done, told at once and taken back by one tap. */
function Foot({ done, undo }: { done: Done | null; undo: (decisions: readonly ChannelDecision[]) => void }) {
  return (
    <div class={done === null ? "sheet-foot empty-foot" : "sheet-foot"}>
      <div class="apart">
        <p role="status" data-said>
          {done?.words}
        </p>
        {done?.undo && (
          <button data-action="undo" onClick={() => done.undo && undo(done.undo)}>
            {tb("lineup.undo")}
          </button>
        )}
      </div>
    </div>
  );
}
