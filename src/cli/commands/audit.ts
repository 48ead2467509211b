import { Audit, type AuditEntry } from "../../protocol/access-api.ts";
import { Clients, type Client } from "../../protocol/api.ts";
import { auditWords, type NameOf } from "../audit-words.ts";
import { boxClient, type BoxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Command } from "../command.ts";
import { report } from "../report.ts";
import { renderTable, type Column } from "../table.ts";
import { dateTime } from "../text.ts";

const DEFAULT_LIMIT = 50;
/** What the box keeps. */
const MAX_LIMIT = 2000;
/** What the box gives at a time. */
const PAGE = 200;

function columns(nameOf: NameOf): readonly Column<AuditEntry>[] {
  return [
    { title: "When", value: ({ at }) => dateTime(new Date(at)) },
    {
      title: "Who",
      value: ({ client, name }) => name ?? (client === null ? "" : nameOf(client)),
      shrinkTo: 10,
    },
    { title: "What", value: (entry) => auditWords(entry, nameOf), shrinkTo: 24 },
    { title: "From", value: ({ address }) => address ?? "", shrinkTo: 8 },
  ];
}

export const audit: Command = {
  path: ["audit"],
  summary: "Say what happened: pairings, removals, refusals; newest first",
  options: {
    alarms: {
      type: "boolean",
      help: "Only what owners are told of at once: pairings, recoveries, copies in other hands",
    },
    limit: {
      type: "string",
      value: "N",
      help: `So many entries, 1 to ${MAX_LIMIT} (default: ${DEFAULT_LIMIT})`,
    },
    ...BOX_OPTIONS,
  },
  notes: [
    "The box keeps 2000 entries, for 90 days; alarms are not pushed out by others. Times are this machine's; with --json they are UTC.",
  ],
  async run(args, io) {
    const limit = args.number("limit", 1, MAX_LIMIT) ?? DEFAULT_LIMIT;
    const box = await boxClient(args, io);
    const alarms = args.has("alarms");
    const entries = await newest(box, limit, alarms);
    const nothing = alarms ? "There was no alarm.\n" : "Nothing has happened yet.\n";
    if (entries.length === 0) return report(args, io, { entries }, () => nothing);
    const { clients } = args.has("json")
      ? { clients: [] }
      : await box.call(Clients, "GET", "/api/v1/clients");
    const table = (): string => renderTable(columns(namesOf(clients, entries)), entries, io.stdout.columns);
    return report(args, io, { entries }, table);
  },
};

/** As clients are called now; those that are gone, as they were called last. */
function namesOf(clients: readonly Client[], entries: readonly AuditEntry[]): NameOf {
  const names = new Map([["local", "this box"]]);
  for (const { client, name } of entries.toReversed())
    if (client !== null && name !== null) names.set(client, name);
  for (const { id, name } of clients) names.set(id, name);
  return (client) => names.get(client) ?? client;
}

async function newest(box: BoxClient, limit: number, alarms: boolean): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  const kind = alarms ? "&alarms=true" : "";
  for (;;) {
    const wanted = Math.min(PAGE, limit - entries.length);
    const last = entries.at(-1);
    const before = last === undefined ? "" : `&before=${last.id}`;
    const page = await box.call(Audit, "GET", `/api/v1/audit?limit=${wanted}${before}${kind}`);
    entries.push(...page.entries);
    if (page.entries.length < wanted || entries.length >= limit) return entries;
  }
}
