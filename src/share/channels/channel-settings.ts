import type { Database } from "../../kernel/store/database.ts";

/** What the owner has decided about a channel; null: nothing, the broadcaster's word holds. */
export interface ChannelSettings {
  readonly number: number | null;
  readonly name: string | null;
  readonly hidden: boolean | null;
  readonly favourite: boolean;
}

export const NOTHING_DECIDED: ChannelSettings = { number: null, name: null, hidden: null, favourite: false };

/** The decisions in SQLite: in a table of their own, which no scan and no broadcaster writes to. */
export interface ChannelSettingsStore {
  /** By channel id. */
  load(): Map<string, ChannelSettings>;
  /** Survives a power cut once it returned. @param settings null: forgets them */
  save(channel: string, settings: ChannelSettings | null): void;
  /** The same for several: all of them or none. */
  saveAll(settings: ReadonlyMap<string, ChannelSettings | null>): void;
}

/** @param database with the share migrations applied */
export function createChannelSettingsStore(database: Database): ChannelSettingsStore {
  const all = database.prepare("SELECT channel, number, name, hidden, favourite FROM share_channel_setting");
  const put = database.prepare(
    "INSERT OR REPLACE INTO share_channel_setting (channel, number, name, hidden, favourite) VALUES (?, ?, ?, ?, ?)",
  );
  const remove = database.prepare("DELETE FROM share_channel_setting WHERE channel = ?");
  const save = (channel: string, settings: ChannelSettings | null): void => {
    if (settings === null) return void remove.run(channel);
    const { number, name, hidden, favourite } = settings;
    put.run(channel, number, name, hidden === null ? null : hidden ? 1 : 0, favourite ? 1 : 0);
  };
  return {
    load: () =>
      new Map(
        all.all().map((row) => [
          row["channel"] as string,
          {
            number: row["number"] === null ? null : Number(row["number"]),
            name: row["name"] as string | null,
            hidden: row["hidden"] === null ? null : row["hidden"] === 1,
            favourite: row["favourite"] === 1,
          },
        ]),
      ),
    save,
    saveAll(settings) {
      database.transaction(() => {
        for (const [channel, one] of settings) save(channel, one);
      });
    },
  };
}
