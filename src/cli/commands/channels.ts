import { Channels } from "../../protocol/api.ts";
import { boxClient } from "../box-client.ts";
import { renderChannels } from "../channel-table.ts";
import { JSON_OPTION, STATE_OPTIONS, type Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson } from "../io.ts";

export const channels: Command = {
  path: ["channels"],
  summary: "List the channels, what is on, and whether they can be watched now",
  options: { ...STATE_OPTIONS, ...JSON_OPTION },
  async run(args, io) {
    const box = await boxClient(args, io);
    const answer = await box.call(Channels, "GET", "/api/v1/channels");
    if (args.has("json")) printJson(io, answer);
    else io.stdout.write(renderChannels(answer.channels, io.stdout.columns));
    return EXIT.ok;
  },
};
