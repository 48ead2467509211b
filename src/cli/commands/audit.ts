import { Audit, type AuditEntry } from "../../protocol/access-api.ts";
import { auditWords } from "../audit-words.ts";
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

const COLUMNS: readonly Column<AuditEntry>[] = [
  { title: "When", value: ({ at }) => dateTime(new Date(at)) },
  {
    title: "Who",
    value: ({ client, name }) => name ?? (client === "local" ? "this box" : (client ?? "")),
    shrinkTo: 10,
  },
  { title: "What", value: auditWords, shrinkTo: 24 },
  { title: "From", value: ({ address }) => address ?? "", shrinkTo: 8 },
];

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
    const alarms = args.has("alarms");
    const entries = await newest(await boxClient(args, io), limit, alarms);
    const nothing = alarms ? "There was no alarm." : "Nothing has happened yet.";
    return report(args, io, { entries }, () =>
      entries.length === 0 ? `${nothing}\n` : renderTable(COLUMNS, entries, io.stdout.columns),
    );
  },
};

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
