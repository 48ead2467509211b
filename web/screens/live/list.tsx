import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../../src/protocol/api.ts";
import { canWatch } from "../../live/barrier.ts";
import { favouritesFirst } from "../../live/favourites.ts";
import { groupsOf, inGroup, type Group } from "../../live/groups.ts";
import { favourite, favouritesLead, group, ownMarks, watched } from "../../live/own.ts";
import { beginning } from "../../live/watched.ts";
import { returnTo } from "./choose.ts";
import { Continue } from "./continue.tsx";
import { Groups } from "./groups.tsx";
import { Row } from "./row.tsx";

const ALL: Group = { id: "all", kind: "all", name: "" };
/** With fewer channels a card above them would say nothing new. */
const CARD_FROM = 3;

/** All channels that one may choose from, in parts. */
export function List({ all }: { all: readonly Channel[] }) {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => returnTo(root.current), []);
  const groups = groupsOf(all, favourite, canWatch);
  const chosen = groups.find(({ id }) => id === group.value) ?? ALL;
  const part = inGroup(all, chosen, favourite, canWatch);
  const mayLead = chosen.kind !== "favourites" && groups.some(({ kind }) => kind === "favourites");
  const ordered = mayLead && favouritesLead.value ? favouritesFirst(part, ownMarks()) : part;
  const start = all.length < CARD_FROM ? null : beginning(all, watched.value, favourite, canWatch);
  return (
    <div ref={root} class="live-list">
      {start !== null && <Continue beginning={start} />}
      {groups.length > 0 && <Groups groups={groups} chosen={chosen} mayLead={mayLead} />}
      <Rows channels={ordered} />
    </div>
  );
}

/** What is the same as before is not looked at again: of two hundred rows an event changes one. */
function Rows({ channels }: { channels: readonly Channel[] }) {
  const made = useRef(new Map<string, { channel: Channel; row: VNode }>());
  const rows = channels.map((channel) => {
    const before = made.current.get(channel.id);
    return before?.channel === channel
      ? before
      : { channel, row: <Row key={channel.id} channel={channel} /> };
  });
  made.current = new Map(rows.map((row) => [row.channel.id, row]));
  return <ul class="list">{rows.map(({ row }) => row)}</ul>;
}
