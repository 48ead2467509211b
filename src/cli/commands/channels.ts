import { Channels, Tuners } from "../../protocol/api.ts";
import { boxClient } from "../box-client.ts";
import { renderChannels } from "../channel-table.ts";
import { JSON_OPTION, STATE_OPTIONS, type Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson } from "../io.ts";
import { namedState, noChannels } from "../no-tuner.ts";
import { printable, wrap } from "../text.ts";

export const channels: Command = {
  path: ["channels"],
  summary: "List the channels, what is on, and whether they can be watched now",
  options: { ...STATE_OPTIONS, ...JSON_OPTION },
  async run(args, io) {
    const box = await boxClient(args, io);
    const answer = await box.call(Channels, "GET", "/api/v1/channels");
    if (args.has("json")) printJson(io, answer);
    else if (answer.channels.length === 0) {
      const why = noChannels(await box.call(Tuners, "GET", "/api/v1/tuners"), namedState(args));
      io.stdout.write(`${wrap(printable(why), io.stdout.columns ?? 80)}\n`);
    } else {
      io.stdout.write(renderChannels(answer.channels, io.stdout.columns));
      if (answer.channels.every(({ availability }) => availability === "no-signal"))
        io.stdout.write("\nNo channel is received: `tellyport doctor` says why.\n");
    }
    return EXIT.ok;
  },
};
