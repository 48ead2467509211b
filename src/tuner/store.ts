import type { Database, Row } from "../kernel/store/database.ts";
import type { Delivery, Multiplex, ServiceKind } from "./ports.ts";
import { isBroadcast } from "./scan/same-multiplex.ts";
import { MOST_MISSED } from "./scan/line-up-known.ts";
import type { KnownLineUp, KnownMultiplex, KnownService } from "./scan/line-up-known.ts";

/** The last good line-up, on disk: channels are there after a restart before any tuner has locked. */
export interface LineUpStore {
  load(): KnownLineUp;
  /** Replaces what there was, wholly or not at all; writes rows that differ only. Survives a power cut once it returned. */
  save(lineUp: KnownLineUp): void;
  /** When a scan last took over what it found, epoch ms; null: none ever did. */
  scannedAt(): number | null;
  /** Survives a power cut once it returned. */
  saveScannedAt(at: number): void;
}

/** Forward only: append, never edit. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE tuner_multiplex (
     id TEXT PRIMARY KEY,
     delivery TEXT NOT NULL,
     original_network_id INTEGER,
     transport_stream_id INTEGER,
     cnr REAL,
     missed INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE tuner_service (
     multiplex TEXT NOT NULL,
     original_network_id INTEGER NOT NULL,
     transport_stream_id INTEGER NOT NULL,
     service_id INTEGER NOT NULL,
     name TEXT NOT NULL,
     provider TEXT,
     kind TEXT NOT NULL,
     lcn INTEGER,
     simulcast_lcn INTEGER,
     visible INTEGER NOT NULL,
     scrambled INTEGER NOT NULL,
     on_air INTEGER NOT NULL,
     gone_since INTEGER,
     PRIMARY KEY (multiplex, transport_stream_id, service_id)
   ) STRICT;`,
  `CREATE TABLE tuner_scan (one INTEGER PRIMARY KEY CHECK (one = 1), finished_at INTEGER NOT NULL) STRICT;`,
];

/** What a reset keeps: the line-up is the antenna's, not its owner's. Every table of this module. */
export const LINE_UP_TABLES = {
  module: "tuner",
  tables: ["tuner_multiplex", "tuner_service", "tuner_scan"],
  steps: MIGRATIONS.length,
} as const;

const MULTIPLEX_COLUMNS = ["id", "delivery", "original_network_id", "transport_stream_id", "cnr", "missed"];
const SERVICE_COLUMNS = [
  "multiplex",
  "original_network_id",
  "transport_stream_id",
  "service_id",
  "name",
  "provider",
  "kind",
  "lcn",
  "simulcast_lcn",
  "visible",
  "scrambled",
  "on_air",
  "gone_since",
];

type Value = string | number | null;

/** @throws TellyportError `store-too-new` */
export function createLineUpStore(database: Database): LineUpStore {
  database.migrate("tuner", MIGRATIONS);
  const multiplexes = table(database, "tuner_multiplex", MULTIPLEX_COLUMNS, ["id"]);
  const services = table(database, "tuner_service", SERVICE_COLUMNS, [
    "multiplex",
    "transport_stream_id",
    "service_id",
  ]);
  return {
    load() {
      const known = new Map(
        multiplexes
          .rows()
          .map(multiplexOf)
          .map((one) => [one.multiplex.id, one]),
      );
      return {
        multiplexes: [...known.values()],
        services: services.rows().flatMap((row) => {
          const one = known.get(row["multiplex"] as string);
          return one === undefined ? [] : [serviceOf(row, one.multiplex)];
        }),
      };
    },
    scannedAt: () => numberOf(database.prepare("SELECT finished_at FROM tuner_scan").get()?.["finished_at"]),
    saveScannedAt: (at) =>
      void database
        .prepare("INSERT OR REPLACE INTO tuner_scan (one, finished_at) VALUES (1, ?)")
        .run(Math.round(at)),
    save(lineUp) {
      const known = new Set(lineUp.multiplexes.map(({ multiplex }) => multiplex.id));
      const kept = lineUp.services.filter(({ service }) => known.has(service.multiplex.id));
      database.transaction(() => {
        multiplexes.replace(lineUp.multiplexes.map(multiplexValues));
        services.replace(kept.map(serviceValues));
      });
    },
  };
}

/** A table of which the rows that differ are written. @param keys columns of the primary key */
function table(database: Database, name: string, columns: readonly string[], keys: readonly string[]) {
  const all = database.prepare(`SELECT ${columns.join(", ")} FROM ${name} ORDER BY ${keys.join(", ")}`);
  const put = database.prepare(
    `INSERT OR REPLACE INTO ${name} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
  );
  const remove = database.prepare(
    `DELETE FROM ${name} WHERE ${keys.map((key) => `${key} = ?`).join(" AND ")}`,
  );
  const keyIndexes = keys.map((key) => columns.indexOf(key));
  const keyOf = (values: readonly Value[]): Value[] => keyIndexes.map((index) => values[index] ?? null);
  const valuesOf = (row: Row): Value[] => columns.map((column) => plain(row[column]));
  return {
    rows: () => all.all(),
    replace(rows: readonly (readonly Value[])[]): void {
      const before = new Map(all.all().map((row) => [JSON.stringify(keyOf(valuesOf(row))), valuesOf(row)]));
      for (const values of rows) {
        const key = JSON.stringify(keyOf(values));
        if (JSON.stringify(before.get(key)) !== JSON.stringify(values)) put.run(...values);
        before.delete(key);
      }
      for (const values of before.values()) remove.run(...keyOf(values));
    },
  };
}

function plain(value: Row[string] | undefined): Value {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? null : Number(value);
}

function multiplexValues(one: KnownMultiplex): Value[] {
  const { id, delivery } = one.multiplex;
  // A REAL column gives back what it was given when that was a double.
  return [id, JSON.stringify(delivery), one.originalNetworkId, one.transportStreamId, one.cnr, one.missed];
}

/** What the tables hold was written by this file; the STRICT tables enforce the types. */
function multiplexOf(row: Row): KnownMultiplex {
  return {
    multiplex: { id: row["id"] as string, delivery: JSON.parse(row["delivery"] as string) as Delivery },
    originalNetworkId: numberOf(row["original_network_id"]),
    transportStreamId: numberOf(row["transport_stream_id"]),
    cnr: numberOf(row["cnr"]),
    missed: Number(row["missed"]),
  };
}

function serviceValues({ service, goneSince }: KnownService): Value[] {
  const { key } = service;
  return [
    service.multiplex.id,
    key.originalNetworkId,
    key.transportStreamId,
    key.serviceId,
    service.name,
    service.provider,
    service.kind,
    service.lcn,
    service.simulcastLcn ?? null,
    service.visible ? 1 : 0,
    service.scrambled ? 1 : 0,
    service.onAir ? 1 : 0,
    goneSince === null ? null : Math.round(goneSince),
  ];
}

function serviceOf(row: Row, multiplex: Multiplex): KnownService {
  const simulcastLcn = numberOf(row["simulcast_lcn"]);
  return {
    goneSince: numberOf(row["gone_since"]),
    service: {
      key: {
        originalNetworkId: Number(row["original_network_id"]),
        transportStreamId: Number(row["transport_stream_id"]),
        serviceId: Number(row["service_id"]),
      },
      multiplex,
      name: row["name"] as string,
      provider: row["provider"] as string | null,
      kind: row["kind"] as ServiceKind,
      lcn: numberOf(row["lcn"]),
      ...(simulcastLcn !== null && { simulcastLcn }),
      visible: row["visible"] === 1,
      scrambled: row["scrambled"] === 1,
      onAir: row["on_air"] === 1,
    },
  };
}

function numberOf(value: Row[string] | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** Those that a scan has found and later ones have not missed, to be received beside the sources' own. */
export function foundMultiplexes({ multiplexes }: KnownLineUp): Multiplex[] {
  return multiplexes
    .filter(({ multiplex, missed }) => isBroadcast(multiplex.delivery) && missed < MOST_MISSED)
    .map(({ multiplex }) => multiplex);
}
