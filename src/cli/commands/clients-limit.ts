import { TellyportError, isTellyportError } from "../../kernel/errors.ts";
import { Channels, Client } from "../../protocol/api.ts";
import type { ClientLimits } from "../../protocol/client-limits.ts";
import { boxClient, type BoxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Arguments, type Command } from "../command.ts";
import { limitsText, parseHours, parseUntil } from "../limits-text.ts";
import { matchOne } from "../match.ts";
import { report } from "../report.ts";
import { printable } from "../text.ts";
import { findClient, pathOfClient, WHICH_CLIENT } from "./clients.ts";

/** Each limit and the flag that takes it away. */
const LIFTED = {
  age: "no-age",
  hours: "no-hours",
  channels: "all-channels",
  minutes: "no-minutes",
  "rated-only": "no-rated-only",
} as const;

export const clientsLimit: Command = {
  path: ["clients", "limit"],
  summary: "Say what a kid or guest may watch, when, and how long",
  positionals: [WHICH_CLIENT],
  options: {
    age: { type: "string", value: "N", help: "Programmes for viewers up to N years, 0 to 18" },
    "no-age": { type: "boolean", help: "Whatever a programme is rated" },
    "rated-only": { type: "boolean", help: "No programmes without a rating" },
    "no-rated-only": { type: "boolean", help: "Those too" },
    hours: { type: "string", value: "HOURS", help: 'Such as "mon-fri 15:00-20:00,sat-sun 08:00-21:00"' },
    "no-hours": { type: "boolean", help: "At any time" },
    channels: { type: "string", value: "LIST", help: "Only these, by number or name: 1,2,5" },
    "all-channels": { type: "boolean", help: "Every channel" },
    minutes: { type: "string", value: "N", help: "So many minutes a day, 1 to 1440" },
    "no-minutes": { type: "boolean", help: "As long as it likes" },
    until: {
      type: "string",
      value: "DATE",
      help: 'End of a guest\'s stay, 7 days from now at most: 2026-11-27, that day included, or "2026-11-27 19:05"',
    },
    ...BOX_OPTIONS,
  },
  notes: [
    "What is not named stays as it is. A new kid may watch what is for 12 years and younger; a guest watches live only and stays a week.",
    "`clients role` makes a kid or guest of a client; the PIN (`pin set`) lifts these limits for half an hour.",
  ],
  async run(args, io) {
    for (const [limit, lifted] of Object.entries(LIFTED))
      if (args.has(limit) && args.has(lifted)) throw usage(`Give --${limit} or --${lifted}, not both.`);
    const given = [...Object.entries(LIFTED).flat(), "until"].some((flag) => args.has(flag));
    if (!given) throw usage("Say what to limit: --age, --hours, --channels, --minutes or --until.");
    const until = args.text("until");
    const endsAt = until === undefined ? undefined : parseUntil(until).toISOString();
    const change = limitsOf(args);
    const box = await boxClient(args, io);
    const client = await findClient(box, args.required(0));
    const limits = { ...client.limits, ...change, ...(await channelsOf(args, box)) };
    for (const name of liftedBy(args)) delete limits[name];
    const onlyUntil =
      Object.keys(change).length === 0 && !args.has("channels") && liftedBy(args).length === 0;
    const after = await box
      .call(Client, "PATCH", pathOfClient(client), {
        ...(!onlyUntil && { limits }),
        ...(endsAt !== undefined && { endsAt }),
      })
      .catch((error: unknown) => {
        throw asFlag(error);
      });
    return report(
      args,
      io,
      { client: after },
      () => `${printable(after.name)} (${after.role}): ${limitsText(after) || "no limits"}.\n`,
    );
  },
};

/** What the box says of a member, said of the flag that set it. */
function asFlag(error: unknown): unknown {
  if (!isTellyportError(error, "limits-invalid") || error.detail?.["field"] !== "endsAt") return error;
  return usage(`--until: ${error.message.replace(/^endsAt: /, "")}`);
}

/** What the flags set, but for the channels. @throws TellyportError `usage` */
function limitsOf(args: Arguments): ClientLimits {
  const hours = args.text("hours");
  const [age, minutes] = [args.number("age", 0, 18), args.number("minutes", 1, 1440)];
  return {
    ...(age !== undefined && { maximumAge: age }),
    ...(args.has("rated-only") && { unrated: false }),
    ...(hours !== undefined && { hours: parseHours(hours) }),
    ...(minutes !== undefined && { minutesPerDay: minutes }),
  };
}

function liftedBy(args: Arguments): (keyof ClientLimits)[] {
  return [
    ...(args.has("no-age") ? (["maximumAge"] as const) : []),
    ...(args.has("no-rated-only") ? (["unrated"] as const) : []),
    ...(args.has("no-hours") ? (["hours"] as const) : []),
    ...(args.has("all-channels") ? (["channels"] as const) : []),
    ...(args.has("no-minutes") ? (["minutesPerDay"] as const) : []),
  ];
}

/** Ids of the channels that are meant. @throws TellyportError `usage`, `channel-not-found` */
async function channelsOf(args: Arguments, box: BoxClient): Promise<Pick<ClientLimits, "channels">> {
  const wanted = args.text("channels");
  if (wanted === undefined) return {};
  const { channels } = await box.call(Channels, "GET", "/api/v1/channels?hidden=true");
  const found = wanted
    .split(",")
    .map((one) => matchOne(one.trim(), channels, "channel", "channel-not-found", "channels").id);
  return { channels: [...new Set(found)] };
}

const usage = (message: string): TellyportError => new TellyportError("usage", message);
