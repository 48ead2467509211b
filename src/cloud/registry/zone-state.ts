import type { NameRecords } from "../ports.ts";
import type { Sql, SqlRow } from "../store/ports.ts";
import { parameters } from "../store/statements.ts";
import { recordsOf, type PublishedBox, type PublishedLabel, type RecordRules } from "./desired-records.ts";

/** What the rows say that the DNS shall say. */

/** Everything that names shall have, as the rows are now. @param now ms since 1970 */
export async function desiredRecords(
  sql: Sql,
  rules: RecordRules,
  wanted: readonly string[],
  now: number,
): Promise<NameRecords[]> {
  const things = wanted.map((name) => ({ name, thing: rules.names.parse(name) }));
  const boxes = await readBoxes(
    sql,
    [...new Set(things.flatMap(({ thing }) => (thing !== null && "box" in thing ? [thing.box] : [])))],
    now,
  );
  const labels = await readLabels(sql, [
    ...new Set(things.flatMap(({ thing }) => (thing !== null && "label" in thing ? [thing.label] : []))),
  ]);
  return things.map(({ name, thing }) =>
    recordsOf(
      name,
      thing,
      {
        box: thing !== null && "box" in thing ? boxes.get(thing.box) : undefined,
        label: thing !== null && "label" in thing ? labels.get(thing.label) : undefined,
      },
      rules,
    ),
  );
}

/** Where the names of a zone are read on from: those of boxes come before those of labels. */
const START = "box ";

/** A page of the zone: the names of so many boxes or labels that have records. */
export interface ZoneNamesPage {
  readonly names: readonly NameRecords[];
  /** From where the next page begins; null: there is none. */
  readonly next: string | null;
}

/**
 * @param from of the page before; null: the beginning
 * @param rows boxes or labels at the most, each with a few names
 * @param now ms since 1970
 */
export async function zonePage(
  sql: Sql,
  rules: RecordRules,
  from: string | null,
  rows: number,
  now: number,
): Promise<ZoneNamesPage> {
  const { names } = rules;
  const [kind = "box", after = ""] = (from ?? START).split(" ");
  const [table, column] = kind === "box" ? (["boxes", "id"] as const) : (["labels", "label"] as const);
  const limit = Math.min(200, Math.max(1, Math.floor(rows)));
  const found = await sql.query(
    `SELECT ${column} AS key FROM ${table} WHERE ${column} > $1 ORDER BY ${column} LIMIT ${limit}`,
    [after],
  );
  const keys = found.map(({ key }) => String(key));
  const all = keys.flatMap((key) => (kind === "box" ? names.ofBox(key) : names.ofLabel(key)));
  const records = (await desiredRecords(sql, rules, all, now)).filter(({ sets }) => sets.length > 0);
  const last = keys.length < limit ? undefined : keys.at(-1);
  const more = kind === "box" ? "label " : null;
  return { names: records, next: last === undefined ? more : `${kind} ${last}` };
}

/** Boxes or labels that are read at a time: 200 names of boxes. */
const PAGE = 50;

/** Every name of the zone that has records, in pages. Changes meanwhile may be in it or not. */
export async function* wholeZone(
  sql: Sql,
  rules: RecordRules,
  now: () => number,
): AsyncGenerator<readonly NameRecords[]> {
  for (let from: string | null = START; from !== null;) {
    const page: ZoneNamesPage = await zonePage(sql, rules, from, PAGE, now());
    yield page.names;
    from = page.next;
  }
}

async function readBoxes(sql: Sql, ids: readonly string[], now: number): Promise<Map<string, PublishedBox>> {
  if (ids.length === 0) return new Map();
  const list = parameters(ids.length);
  const boxes = await sql.query(
    `SELECT id, lan, challenge, challenge_until FROM boxes WHERE id IN (${list}) AND state = 'active' AND blocked IS NULL`,
    ids,
  );
  const doors = await sql.query(
    `SELECT box, family, published FROM doors WHERE box IN (${list}) AND published IS NOT NULL`,
    ids,
  );
  const published = new Map(doors.map((row) => [`${row["box"]} ${row["family"]}`, String(row["published"])]));
  return new Map(
    boxes.map((row) => {
      const id = String(row["id"]);
      const isOver = row["challenge_until"] === null || Number(row["challenge_until"]) <= now;
      return [
        id,
        {
          ipv4: published.get(`${id} ipv4`) ?? null,
          ipv6: published.get(`${id} ipv6`) ?? null,
          lan: listOf(row, "lan"),
          challenge: isOver ? [] : listOf(row, "challenge"),
        },
      ];
    }),
  );
}

async function readLabels(sql: Sql, labels: readonly string[]): Promise<Map<string, PublishedLabel>> {
  if (labels.length === 0) return new Map();
  const rows = await sql.query(
    `SELECT labels.label, labels.kind, labels.box, hosts.ipv4, hosts.ipv6, hosts.blocked FROM labels
     JOIN boxes ON boxes.id = labels.box AND boxes.state = 'active' AND boxes.blocked IS NULL
     LEFT JOIN hosts ON hosts.label = labels.label
     WHERE labels.label IN (${parameters(labels.length)}) AND labels.released_at IS NULL`,
    labels,
  );
  return new Map(
    rows.flatMap((row): [string, PublishedLabel][] => {
      const label = String(row["label"]);
      if (row["kind"] === "alias") return [[label, { kind: "alias", box: String(row["box"]) }]];
      if (Number(row["blocked"] ?? 0) !== 0) return [];
      const address = (name: string): string | null => (row[name] === null ? null : String(row[name]));
      return [[label, { kind: "host", ipv4: address("ipv4"), ipv6: address("ipv6") }]];
    }),
  );
}

function listOf(row: SqlRow, column: string): string[] {
  return JSON.parse(String(row[column])) as string[];
}
