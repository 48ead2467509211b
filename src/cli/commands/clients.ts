import * as Type from "typebox";
import { nearest } from "../../kernel/config/nearest.ts";
import { TellyportError } from "../../kernel/errors.ts";
import { EndedOthers } from "../../protocol/access-api.ts";
import { ChangedClient, Clients, RemovedClients, type Client, type ClientName } from "../../protocol/api.ts";
import { ROLES } from "../../protocol/principal.ts";
import { boxClient, type BoxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Command } from "../command.ts";
import { YES_OPTION, confirm } from "../confirm.ts";
import { limitsText } from "../limits-text.ts";
import { matchOne } from "../match.ts";
import { report } from "../report.ts";
import { renderTable, type Column } from "../table.ts";
import { dateTime, printable } from "../text.ts";

export const WHICH_CLIENT = { name: "client", help: "Its id, its name, or how the name begins" };

const COLUMNS: readonly Column<Client>[] = [
  { title: "Id", value: ({ id }) => id },
  { title: "Name", value: ({ name }) => name, shrinkTo: 12 },
  { title: "Role", value: ({ role }) => role },
  { title: "Kind", value: ({ kind, terminalType }) => (kind === "lan" ? "lan viewer" : terminalType) },
  {
    title: "Last seen",
    value: ({ lastSeenAt }) => (lastSeenAt === null ? "never" : dateTime(new Date(lastSeenAt))),
  },
  { title: "From", value: ({ lastAddress }) => lastAddress ?? "", shrinkTo: 8 },
];
/** Where somebody has some. */
const LIMITS: Column<Client> = { title: "Limits", value: (client) => limitsText(client), shrinkTo: 12 };

/** Where somebody took up another's place. @param all every client, for their names */
function placeOf(all: readonly Client[]): Column<Client> {
  const names = new Map(all.map(({ id, name }) => [id, name]));
  const value = ({ handedOverFrom: from }: Client): string =>
    from === null || from === undefined ? "" : (names.get(from) ?? from);
  return { title: "In place of", value, shrinkTo: 12 };
}

export const clientsList: Command = {
  path: ["clients", "list"],
  summary: "List the paired clients",
  options: BOX_OPTIONS,
  async run(args, io) {
    const clients = await allClients(await boxClient(args, io));
    return report(args, io, { clients }, () => {
      if (clients.length === 0) return "No client is paired yet: `tellyport pair` opens an offer.\n";
      const limited = clients.some((client) => limitsText(client) !== "");
      const placed = clients.some(({ handedOverFrom }) => typeof handedOverFrom === "string");
      const more = [...(placed ? [placeOf(clients)] : []), ...(limited ? [LIMITS] : [])];
      return renderTable([...COLUMNS, ...more], clients, io.stdout.columns);
    });
  },
};

/** Characters. */
const LONGEST_NAME = 64;

export const clientsRename: Command = {
  path: ["clients", "rename"],
  summary: "Give a client another name",
  positionals: [WHICH_CLIENT, { name: "name", help: "The new name, 1 to 64 characters" }],
  options: BOX_OPTIONS,
  async run(args, io) {
    const name = args.required(1);
    if (name.trim() === "" || [...name].length > LONGEST_NAME)
      throw new TellyportError("usage", `A name has 1 to ${LONGEST_NAME} characters, one of them a letter.`);
    const box = await boxClient(args, io);
    const client = await findClient(box, args.required(0));
    await box.call(Type.Unknown(), "PATCH", pathOfClient(client), { name });
    const words = `${printable(client.name)} is now called ${printable(name)}.\n`;
    return report(args, io, { client: { ...client, name } }, () => words);
  },
};

export const clientsRole: Command = {
  path: ["clients", "role"],
  summary: "Change what a client may do",
  positionals: [WHICH_CLIENT, { name: "role", help: `One of ${ROLES.join(", ")}` }],
  options: BOX_OPTIONS,
  notes: [
    "What it plays ends, and it begins anew in its new role, with the other browsers that its hand-offs opened: they are one person's. A kid may watch what is for 12 years and younger, a guest live only and for a week: `clients limit` says otherwise.",
  ],
  async run(args, io) {
    const role = args.required(1);
    if (!ROLES.some((one) => one === role)) {
      const near = nearest(role, ROLES);
      const hint = near === null ? "." : `: did you mean ${near}?`;
      throw new TellyportError("usage", `A role is one of ${ROLES.join(", ")}, not "${role}"${hint}`);
    }
    const box = await boxClient(args, io);
    const client = await findClient(box, args.required(0));
    const after = await box.call(ChangedClient, "PATCH", pathOfClient(client), { role });
    return report(args, io, { client: after }, () => {
      const limits = limitsText(after);
      const others = after.changed.length > 0 ? `Changed with it: ${namesOf(after.changed)}.\n` : "";
      return `${printable(after.name)} is ${ARTICLE[after.role]} now${limits === "" ? "" : `: ${limits}`}.\n${others}`;
    });
  },
};

const namesOf = (clients: readonly ClientName[]): string =>
  clients.map(({ name }) => printable(name)).join(", ");

const ARTICLE = { owner: "an owner", viewer: "a viewer", kid: "a kid", guest: "a guest" };

export const clientsRevoke: Command = {
  path: ["clients", "revoke"],
  summary: "Take a client's right to watch away, at once",
  positionals: [{ ...WHICH_CLIENT, optional: true }],
  options: {
    all: { type: "boolean", help: "Every client, owners too" },
    alone: { type: "boolean", help: "Leave those that it handed its place to" },
    ...YES_OPTION,
    ...BOX_OPTIONS,
  },
  notes: [
    "What it plays ends within two seconds. To watch again it has to be paired again. It asks before the last owner goes.",
    "The browsers that its hand-offs opened go with it: whoever has a stolen phone may have opened one.",
  ],
  async run(args, io) {
    const [which] = args.positionals;
    if ((which === undefined) !== args.has("all"))
      throw new TellyportError("usage", "Say which client, or --all: `tellyport clients list` shows them.");
    if (which === undefined && args.has("alone"))
      throw new TellyportError("usage", "--alone is for one client.");
    const box = await boxClient(args, io);
    const clients = await allClients(box);
    const client = which === undefined ? null : chosen(which, clients);
    const going = new Set(
      client === null ? [] : [client.id, ...(args.has("alone") ? [] : (client.removedWith ?? []))],
    );
    const staying = clients.filter(({ id }) => client !== null && !going.has(id));
    if (clients.some(isOwner) && !staying.some(isOwner))
      await confirm(
        args,
        io,
        NO_OWNER_LEFT,
        `clients revoke ${which === undefined ? "--all" : `"${which}"`}`,
      );
    if (client === null) {
      const { ended } = await box.call(EndedOthers, "POST", "/api/v1/clients/end-others", {
        everybody: true,
      });
      const words = `${ended} ${ended === 1 ? "client" : "clients"} removed: none may watch now.\n`;
      return report(args, io, { ended }, () => words);
    }
    const path = `${pathOfClient(client)}${args.has("alone") ? "?alone=true" : ""}`;
    const { removed } = await box.call(RemovedClients, "DELETE", path);
    const others = removed.filter(({ id }) => id !== client.id);
    return report(args, io, { revoked: client.id, removed }, () => {
      const more = others.length > 0 ? `Removed with it: ${namesOf(others)}.\n` : "";
      return `${printable(client.name)} may no longer watch.\n${more}`;
    });
  },
};

const isOwner = ({ role }: Client): boolean => role === "owner";

const NO_OWNER_LEFT =
  "The box would have no owner left: `tellyport owner recover` here, or a recovery code, then makes a new one.";

async function allClients(box: BoxClient): Promise<Client[]> {
  return (await box.call(Clients, "GET", "/api/v1/clients")).clients;
}

export async function findClient(box: BoxClient, wanted: string): Promise<Client> {
  return chosen(wanted, await allClients(box));
}

function chosen(wanted: string, clients: readonly Client[]): Client {
  return matchOne(wanted, clients, "client", "client-not-found", "clients list");
}

export function pathOfClient(client: Client): string {
  return `/api/v1/clients/${encodeURIComponent(client.id)}`;
}
