import { TellyportError } from "../../kernel/errors.ts";
import { Audit, type AuditEntry } from "../../protocol/access-api.ts";
import { auditWords } from "../audit-words.ts";
import { boxClient, type BoxClient } from "../box-client.ts";
import { JSON_OPTION, STATE_OPTIONS, type Arguments, type Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson } from "../io.ts";
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
    ...STATE_OPTIONS,
    ...JSON_OPTION,
  },
  notes: [
    "The box keeps 2000 entries, for 90 days; alarms are not pushed out by others. Times are this machine's; with --json they are UTC.",
  ],
  async run(args, io) {
    const limit = limitOf(args);
    const entries = await newest(await boxClient(args, io), limit, args.has("alarms"));
    if (args.has("json")) printJson(io, { entries });
    else if (entries.length === 0)
      io.stdout.write(`${args.has("alarms") ? "There was no alarm." : "Nothing has happened yet."}\n`);
    else io.stdout.write(renderTable(COLUMNS, entries, io.stdout.columns));
    return EXIT.ok;
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

function limitOf(args: Arguments): number {
  const text = args.text("limit");
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (/^\d{1,4}$/.test(text) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new TellyportError("usage", `--limit is a number from 1 to ${MAX_LIMIT}, not "${text}".`);
}
