import { isTellyportError } from "../../kernel/errors.ts";
import { Channels, Tuners, type Channel } from "../../protocol/api.ts";
import { boxClient, type BoxClient } from "../box-client.ts";
import { renderChannels } from "../channel-table.ts";
import { BOX_OPTIONS, type Arguments, type Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson } from "../io.ts";
import { namedState, noChannels, silentEntries } from "../no-tuner.ts";
import { printable, wrap } from "../text.ts";

export const channels: Command = {
  path: ["channels"],
  summary: "List the channels, what is on, and whether they can be watched now",
  options: BOX_OPTIONS,
  async run(args, io) {
    const box = await boxClient(args, io);
    const answer = await box.call(Channels, "GET", "/api/v1/channels");
    if (args.has("json")) printJson(io, answer);
    else {
      if (answer.channels.length > 0) io.stdout.write(renderChannels(answer.channels, io.stdout.columns));
      const notes = await notesOn(answer.channels, box, args);
      const width = io.stdout.columns ?? 80;
      for (const [i, text] of notes.entries())
        io.stdout.write(
          `${i > 0 || answer.channels.length > 0 ? "\n" : ""}${wrap(printable(text), width)}\n`,
        );
    }
    return EXIT.ok;
  },
};

/** What the list does not say: why it is empty, or what is missing in it. */
async function notesOn(all: readonly Channel[], box: BoxClient, args: Arguments): Promise<string[]> {
  const answer = await box.call(Tuners, "GET", "/api/v1/tuners").catch((error: unknown) => {
    // A list without notes is a list.
    if (isTellyportError(error)) return null;
    throw error;
  });
  const none = all.every(({ availability }) => availability === "no-signal");
  return [
    ...(all.length > 0 || answer === null ? [] : [noChannels(answer, namedState(args))]),
    ...(all.length > 0 && none ? ["No channel is received: `tellyport doctor` says why."] : []),
    ...(answer === null ? [] : [silentEntries(answer) ?? []].flat()),
  ];
}
