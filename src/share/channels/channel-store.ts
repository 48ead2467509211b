import type { Database, Row, SqlValue } from "../../kernel/store/database.ts";
import { ms } from "../../kernel/units.ts";
import type { ChannelCodecs } from "../../protocol/api.ts";
import type { ServiceKind } from "../../tuner/ports.ts";
import type { MediaHistory, StoredChannel } from "./stored-channel.ts";

/** The remembered channels in SQLite. */
export interface ChannelStore {
  load(): StoredChannel[];
  /** Writes all of them or none; survives a power cut once it returned. */
  save(channels: readonly StoredChannel[]): void;
  remove(ids: readonly string[]): void;
}

const COLUMNS = [
  "id",
  "original_network_id",
  "transport_stream_id",
  "service_id",
  "multiplex",
  "number",
  "lcn",
  "name",
  "provider",
  "kind",
  "scrambled",
  "visible",
  "last_seen_at",
  "codecs",
  "history",
] as const;

/** @param database with the share migrations applied */
export function createChannelStore(database: Database): ChannelStore {
  const names = COLUMNS.join(", ");
  const all = database.prepare(`SELECT ${names} FROM share_channel ORDER BY number`);
  const replace = database.prepare(
    `INSERT OR REPLACE INTO share_channel (${names}) VALUES (${COLUMNS.map(() => "?").join(", ")})`,
  );
  const remove = database.prepare("DELETE FROM share_channel WHERE id = ?");
  return {
    load: () => all.all().map(channelOf),
    save(channels) {
      database.transaction(() => {
        for (const channel of channels) replace.run(...valuesOf(channel));
      });
    },
    remove(ids) {
      database.transaction(() => {
        for (const id of ids) remove.run(id);
      });
    },
  };
}

function valuesOf(channel: StoredChannel): SqlValue[] {
  return [
    channel.id,
    channel.key.originalNetworkId,
    channel.key.transportStreamId,
    channel.key.serviceId,
    channel.multiplex,
    channel.number,
    channel.lcn,
    channel.name,
    channel.provider,
    channel.kind,
    channel.scrambled ? 1 : 0,
    channel.visible ? 1 : 0,
    Math.round(channel.lastSeenAt),
    channel.codecs === null ? null : JSON.stringify(channel.codecs),
    channel.history === null ? null : JSON.stringify(channel.history),
  ];
}

/** What this table holds was written by {@link valuesOf}: the assertions state that, the STRICT table enforces the types. */
function channelOf(row: Row): StoredChannel {
  return {
    id: row["id"] as string,
    key: {
      originalNetworkId: Number(row["original_network_id"]),
      transportStreamId: Number(row["transport_stream_id"]),
      serviceId: Number(row["service_id"]),
    },
    multiplex: row["multiplex"] as string,
    number: Number(row["number"]),
    lcn: row["lcn"] === null ? null : Number(row["lcn"]),
    name: row["name"] as string,
    provider: row["provider"] as string | null,
    kind: row["kind"] as ServiceKind,
    scrambled: row["scrambled"] === 1,
    visible: row["visible"] === 1,
    lastSeenAt: ms(Number(row["last_seen_at"])),
    codecs: row["codecs"] === null ? null : (JSON.parse(row["codecs"] as string) as ChannelCodecs),
    history: row["history"] === null ? null : (JSON.parse(row["history"] as string) as MediaHistory),
  };
}
