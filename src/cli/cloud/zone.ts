import { OutboxState, ZoneCheck, ZonePage, type ZoneName } from "../../protocol/cloud-admin.ts";
import { JSON_OPTION, type Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson } from "../io.ts";
import { printable } from "../text.ts";
import { CLOUD_STATE_OPTIONS, cloudClient } from "./cloud-client.ts";

const OPTIONS = { ...CLOUD_STATE_OPTIONS, ...JSON_OPTION } as const;

export const zoneShow: Command = {
  path: ["zone", "show"],
  summary: "Print what the DNS shall say, as the lines of a zone file",
  options: OPTIONS,
  notes: ["With --json each name is a line of its own."],
  async run(args, io) {
    const cloud = await cloudClient(args, io);
    for (let from: string | null = ""; from !== null;) {
      const page: { names: ZoneName[]; next: string | null } = await cloud.call(
        ZonePage,
        "GET",
        `/v1/admin/zone${queryOf(from)}`,
      );
      for (const name of page.names)
        if (args.has("json")) printJson(io, name);
        else io.stdout.write(linesOf(name));
      from = page.next;
    }
    return EXIT.ok;
  },
};

export const zoneCheck: Command = {
  path: ["zone", "check"],
  summary: "Compare what the DNS shall say with what the name server answers",
  options: OPTIONS,
  notes: ["The exit code is 69 when they differ. Names that are not published yet may differ for a moment."],
  async run(args, io) {
    const cloud = await cloudClient(args, io);
    const outbox = await cloud.call(OutboxState, "GET", "/v1/admin/outbox");
    let checked = 0;
    const differing: ZoneCheck["differing"] = [];
    for (let from: string | null = ""; from !== null;) {
      const page: ZoneCheck = await cloud.call(ZoneCheck, "GET", `/v1/admin/zone/check${queryOf(from)}`);
      checked += page.checked;
      differing.push(...page.differing);
      from = page.next;
    }
    if (args.has("json")) printJson(io, { checked, pending: outbox.pending, differing, outbox });
    else {
      for (const { name, type, wanted, served } of differing)
        io.stdout.write(
          printable(
            `${name} ${type}: should be ${wanted.join(", ") || "nothing"}, is ${served.join(", ") || "nothing"}`,
          ) + "\n",
        );
      io.stdout.write(
        `${checked} sets of records were compared with the name server (${outbox.publisher}): ${differing.length === 0 ? "it says the same" : `${differing.length} differ`}. ${outbox.pending} names wait.\n`,
      );
      if (outbox.lastError !== null) io.stdout.write(`Last failure: ${printable(outbox.lastError)}\n`);
    }
    return differing.length === 0 ? EXIT.ok : EXIT.unavailable;
  },
};

function queryOf(from: string): string {
  return from === "" ? "" : `?${new URLSearchParams({ from }).toString()}`;
}

/** @see RFC 1035 §5.1 */
function linesOf({ name, sets }: ZoneName): string {
  return sets
    .flatMap(({ type, ttl, values }) =>
      values.map((value) => `${name}. ${ttl} IN ${type} ${dataOf(type, value)}\n`),
    )
    .join("");
}

function dataOf(type: string, value: string): string {
  if (type === "TXT") return JSON.stringify(value);
  if (type === "CNAME") return `${value}.`;
  const [flags, tag, ...rest] = value.split(" ");
  return type === "CAA" ? `${flags} ${tag} ${JSON.stringify(rest.join(" "))}` : value;
}
