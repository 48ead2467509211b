import { createHash } from "node:crypto";
import { TellyportError } from "../../kernel/errors.ts";
import type { Database } from "../../kernel/store/database.ts";
import { logoType, type LogoType } from "./logo-image.ts";

/** Bytes of all of them together. */
const MOST_BYTES = 16 * 1024 * 1024;

export interface Logo {
  readonly type: LogoType;
  readonly body: Buffer;
  /** Another picture has another one. */
  readonly version: string;
}

/** The pictures that the owner chose for channels, in the database; their versions in memory. */
export class LogoStore {
  readonly #database: Database;
  readonly #versions: Map<string, string>;

  /** @param database with the share migrations applied */
  constructor(database: Database) {
    this.#database = database;
    const rows = database.prepare("SELECT channel, version FROM share_logo").all();
    this.#versions = new Map(rows.map((row) => [String(row["channel"]), String(row["version"])]));
  }

  /** null: the channel has none. */
  versionOf(channel: string): string | null {
    return this.#versions.get(channel) ?? null;
  }

  get(channel: string): Logo | undefined {
    const version = this.#versions.get(channel);
    if (version === undefined) return undefined;
    const row = this.#database.prepare("SELECT body FROM share_logo WHERE channel = ?").get(channel);
    const body = Buffer.from(row?.["body"] as Uint8Array);
    const type = logoType(body);
    return type === null ? undefined : { type, body, version };
  }

  /**
   * Survives a power cut once it returned.
   * @throws TellyportError `logo-invalid`: no picture, or none that is taken; `logos-full`
   */
  set(channel: string, body: Buffer): void {
    if (logoType(body) === null)
      throw new TellyportError(
        "logo-invalid",
        "That is no picture for a channel: choose a PNG, JPEG or WebP of 64 KB at most.",
      );
    const others = this.#database
      .prepare("SELECT COALESCE(SUM(LENGTH(body)), 0) AS bytes FROM share_logo WHERE channel <> ?")
      .get(channel);
    if (Number(others?.["bytes"]) + body.length > MOST_BYTES)
      throw new TellyportError(
        "logos-full",
        "The channels' pictures take all the room that there is for them: remove some, or choose smaller ones.",
      );
    const version = createHash("sha256").update(body).digest("hex").slice(0, 16);
    this.#database
      .prepare("INSERT OR REPLACE INTO share_logo (channel, version, body) VALUES (?, ?, ?)")
      .run(channel, version, body);
    this.#versions.set(channel, version);
  }

  remove(channel: string): void {
    this.#database.prepare("DELETE FROM share_logo WHERE channel = ?").run(channel);
    this.#versions.delete(channel);
  }

  /** Removes the pictures of channels that nobody knows any more. */
  keepOnly(channels: ReadonlySet<string>): void {
    for (const channel of [...this.#versions.keys()]) if (!channels.has(channel)) this.remove(channel);
  }
}
