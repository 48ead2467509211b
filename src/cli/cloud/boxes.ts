import { TellyportError } from "../../kernel/errors.ts";
import { BoxDetails, BoxRows, type BoxRow } from "../../protocol/cloud-admin.ts";
import type { BoxClient } from "../box-client.ts";
import { JSON_OPTION, type Arguments, type Command } from "../command.ts";
import type { Io } from "../io.ts";
import { report } from "../report.ts";
import { renderTable, type Column } from "../table.ts";
import { dateTime, printable } from "../text.ts";
import { CLOUD_STATE_OPTIONS, cloudClient } from "./cloud-client.ts";

const OPTIONS = { ...CLOUD_STATE_OPTIONS, ...JSON_OPTION } as const;
/** Boxes that the daemon is asked for at a time. */
const PAGE = 200;

const COLUMNS: readonly Column<BoxRow>[] = [
  { title: "Id", value: ({ id }) => id },
  { title: "State", value: ({ state }) => state },
  { title: "Alias", value: ({ alias }) => alias ?? "", shrinkTo: 8 },
  { title: "IPv4", value: ({ ipv4 }) => ipv4 ?? "" },
  { title: "IPv6", value: ({ ipv6 }) => ipv6 ?? "", shrinkTo: 12 },
  { title: "Version", value: ({ version }) => version, shrinkTo: 7 },
  { title: "Last heard of", value: ({ seenAt }) => dateTime(new Date(seenAt)) },
];

export const boxesList: Command = {
  path: ["boxes", "list"],
  summary: "List the boxes on the register",
  options: {
    limit: { type: "string", value: "COUNT", help: "So many at the most (default: 100)" },
    after: { type: "string", value: "ID", help: "Those with ids above this one" },
    only: {
      type: "string",
      value: "STATE",
      help: "Those in one state",
      choices: ["active", "blocked", "tombstone"],
    },
    search: { type: "string", value: "TEXT", help: "Those whose id, alias or host begins like this" },
    ...OPTIONS,
  },
  async run(args, io) {
    const { boxes, next } = await list(args, io);
    return report(args, io, { boxes, next }, () => {
      if (boxes.length === 0) return "There is no such box.\n";
      const more = next === null ? "" : `More: --after ${next}\n`;
      return renderTable(COLUMNS, boxes, io.stdout.columns) + more;
    });
  },
};

async function list(args: Arguments, io: Io): Promise<{ boxes: BoxRow[]; next: string | null }> {
  const wanted = args.number("limit", 1, 1_000_000) ?? 100;
  const cloud = await cloudClient(args, io);
  const boxes: BoxRow[] = [];
  let next: string | null = args.text("after") ?? "";
  while (next !== null && boxes.length < wanted) {
    const query = new URLSearchParams({ after: next, limit: String(Math.min(PAGE, wanted - boxes.length)) });
    const [state, search] = [args.text("only"), args.text("search")];
    if (state !== undefined) query.set("state", state);
    if (search !== undefined) query.set("search", search);
    const page: { boxes: BoxRow[]; next: string | null } = await cloud.call(
      BoxRows,
      "GET",
      `/v1/admin/boxes?${query.toString()}`,
    );
    boxes.push(...page.boxes);
    next = page.next;
  }
  return { boxes, next };
}

const WHICH = { name: "box", help: "Its id, or its alias" };

export const boxesShow: Command = {
  path: ["boxes", "show"],
  summary: "Show one box",
  positionals: [WHICH],
  options: OPTIONS,
  async run(args, io) {
    const cloud = await cloudClient(args, io);
    const box = await cloud.call(BoxDetails, "GET", await pathOf(cloud, args.required(0)));
    return report(args, io, { box }, () => wordsOf(box));
  },
};

export const boxesBlock: Command = {
  path: ["boxes", "block"],
  summary: "Publish nothing of a box, and take nothing from it any more",
  positionals: [WHICH, { name: "reason", help: "Why, for whoever looks later" }],
  options: OPTIONS,
  async run(args, io) {
    const reason = args.required(1);
    if (reason.length > 200) throw new TellyportError("usage", "A reason has 200 characters at the most.");
    const cloud = await cloudClient(args, io);
    const path = await pathOf(cloud, args.required(0));
    const box = await cloud.call(BoxDetails, "POST", `${path}/block`, { reason });
    return report(args, io, { box }, () => `${box.id} is blocked: nothing of it is published.\n`);
  },
};

export const boxesUnblock: Command = {
  path: ["boxes", "unblock"],
  summary: "Let a blocked box be again",
  positionals: [WHICH],
  options: OPTIONS,
  async run(args, io) {
    const cloud = await cloudClient(args, io);
    const path = await pathOf(cloud, args.required(0));
    const box = await cloud.call(BoxDetails, "POST", `${path}/unblock`, {});
    return report(args, io, { box }, () => `${box.id} is no longer blocked.\n`);
  },
};

/** The path of a box by its id; by its alias, or how that begins, where it is the only one. */
async function pathOf(cloud: BoxClient, which: string): Promise<string> {
  const wanted = which.toLowerCase();
  if (/^[a-z2-7]{16}$/.test(wanted)) return `/v1/admin/boxes/${wanted}`;
  const query = new URLSearchParams({ search: wanted.slice(0, 40), limit: "10" });
  const { boxes } = await cloud.call(BoxRows, "GET", `/v1/admin/boxes?${query.toString()}`);
  const exact = boxes.filter(({ alias }) => alias === wanted);
  const [only, ...others] = exact.length > 0 ? exact : boxes;
  if (only === undefined)
    throw new TellyportError(
      "box-unknown",
      `There is no box "${which}": \`tellyport-cloud boxes list\` shows them.`,
    );
  if (others.length > 0)
    throw new TellyportError(
      "usage",
      `"${which}" fits several boxes: ${boxes.map(({ id }) => id).join(", ")}.`,
    );
  return `/v1/admin/boxes/${only.id}`;
}

function wordsOf(box: BoxDetails): string {
  const door = (name: string, { state, address, port }: BoxDetails["doors"]["ipv4"]): [string, string] => [
    name,
    `${state}${address === null ? "" : `, ${address}${port === null ? "" : ` port ${port}`}`}`,
  ];
  const rows: [string, string][] = [
    ["Id", box.id],
    ["State", box.blocked === null ? box.state : `blocked: ${box.blocked}`],
    ["Alias", box.alias ?? "none"],
    ["Hosts", box.hosts.join(", ") || "none"],
    door("IPv4", box.doors.ipv4),
    door("IPv6", box.doors.ipv6),
    ["In its home", box.lan.join(", ") || "unknown"],
    ["Published", [box.ipv4, box.ipv6].filter((one) => one !== null).join(", ") || "nothing"],
    ["Version", `${box.version}${box.model === null ? "" : `, ${box.model}`}`],
    ["Registered", dateTime(new Date(box.enrolledAt))],
    ["Last heard of", dateTime(new Date(box.seenAt))],
    ["Sequence", String(box.seq)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(14)} ${printable(value)}\n`).join("");
}
