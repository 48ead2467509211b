import type { Database, Row } from "../../kernel/store/database.ts";
import { serviceKeyText, type GuideEvent, type ServiceKey } from "../../tuner/index.ts";

const DAY = 24 * 60 * 60_000;
/** Programmes kept of one service. */
const MAX_PER_SERVICE = 1000;
/** Programmes kept in all: 7 days of 200 channels, generously. */
const MAX_IN_ALL = 120_000;
/** Longest texts kept, characters. */
const MAX_TITLE = 256;
const MAX_DESCRIPTION = 2048;

/** Programmes in SQLite, bounded; losing the last minutes of it in a power cut is accepted. */
export interface GuideStore {
  /** Writes a batch; an event replaces what had its id or overlaps it. */
  save(events: readonly GuideEvent[], now: number): void;
  /** Programmes of one service that touch [from, to), in order. */
  between(service: ServiceKey, from: number, to: number, limit: number): GuideEvent[];
}

/** @param database with the share migrations applied */
export function createGuideStore(database: Database): GuideStore {
  const overlapping = database.prepare(
    "DELETE FROM share_programme WHERE service = ? AND ends_at > ? AND starts_at < ? AND event_id <> ?",
  );
  const replace = database.prepare(
    "INSERT OR REPLACE INTO share_programme (service, event_id, starts_at, ends_at, title, description, language) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const between = database.prepare(
    "SELECT * FROM share_programme WHERE service = ? AND ends_at > ? AND starts_at < ? ORDER BY starts_at LIMIT ?",
  );
  const expire = database.prepare("DELETE FROM share_programme WHERE ends_at < ?");
  const excess = database.prepare(
    "DELETE FROM share_programme WHERE service = ?1 AND event_id IN (SELECT event_id FROM share_programme WHERE service = ?1 ORDER BY starts_at LIMIT -1 OFFSET ?2)",
  );
  const count = database.prepare("SELECT count(*) AS n FROM share_programme");

  const write = (events: readonly GuideEvent[], now: number): void => {
    expire.run(now - DAY);
    let room = MAX_IN_ALL - Number(count.get()?.["n"] ?? 0);
    const services = new Set<string>();
    for (const event of events) {
      if (event.endsAt < now - DAY || event.startsAt > now + 8 * DAY || event.endsAt <= event.startsAt)
        continue;
      if (room-- <= 0) break;
      const service = serviceKeyText(event.service);
      services.add(service);
      overlapping.run(service, event.startsAt, event.endsAt, event.eventId);
      replace.run(
        service,
        event.eventId,
        Math.round(event.startsAt),
        Math.round(event.endsAt),
        event.title.slice(0, MAX_TITLE),
        event.description.slice(0, MAX_DESCRIPTION),
        event.language,
      );
    }
    for (const service of services) excess.run(service, MAX_PER_SERVICE);
  };
  return {
    save(events, now) {
      // The broadcaster sends all of it again: not worth a wait for the disk.
      database.exec("PRAGMA synchronous=NORMAL");
      try {
        database.transaction(() => write(events, now));
      } finally {
        database.exec("PRAGMA synchronous=FULL");
      }
    },
    between: (service, from, to, limit) =>
      between
        .all(serviceKeyText(service), Math.round(from), Math.round(to), limit)
        .map((row) => eventOf(service, row)),
  };
}

function eventOf(service: ServiceKey, row: Row): GuideEvent {
  return {
    service,
    eventId: Number(row["event_id"]),
    startsAt: Number(row["starts_at"]),
    endsAt: Number(row["ends_at"]),
    title: row["title"] as string,
    description: row["description"] as string,
    language: row["language"] as string | null,
  };
}
