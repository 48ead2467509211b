import { ScreenLink } from "../../protocol/access-api.ts";
import { boxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Command } from "../command.ts";
import { report } from "../report.ts";

export const tv: Command = {
  path: ["tv"],
  summary: "Print the link that makes a browser on this machine the box's own screen",
  options: BOX_OPTIONS,
  notes: [
    'It is for a browser that fills a screen: `chromium --kiosk "$(tellyport tv)"`. Good once, for five minutes, on this machine alone; the screen that was is none from then on. A browser that keeps its data stays the screen: a link that it does not need changes nothing.',
    "Whoever holds the remote control of that screen sees who watches what, and lets phones in that may watch, owners never, but for the first. A television elsewhere in the house needs no link: open <box-url>/tv there, and scan what it shows with an owner's phone.",
    "With --json: {url, expiresAt}.",
  ],
  async run(args, io) {
    const box = await boxClient(args, io);
    const link = await box.call(ScreenLink, "POST", "/api/v1/screen");
    return report(args, io, link, () => `${link.url}\n`);
  },
};
