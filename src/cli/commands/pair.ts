import { Offer } from "../../protocol/api.ts";
import { ROLES } from "../../protocol/principal.ts";
import { boxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Command } from "../command.ts";
import { clockOf } from "../io.ts";
import { renderOffer } from "../offer.ts";
import { report } from "../report.ts";

export const pair: Command = {
  path: ["pair"],
  summary: "Open a pairing offer: a code and a QR code for one phone",
  options: {
    role: {
      type: "string",
      value: "ROLE",
      choices: ROLES,
      help: "What the phone may do (default: the box decides; its first phone is an owner)",
    },
    ...BOX_OPTIONS,
  },
  notes: ["With --json: {code, url, expiresAt}. The url holds the secret: show it to nobody but the phone."],
  async run(args, io) {
    const box = await boxClient(args, io);
    const role = args.text("role");
    const offer = await box.call(Offer, "POST", "/api/v1/offers", role === undefined ? {} : { role });
    const { code, url, expiresAt } = offer;
    return report(args, io, { code, url, expiresAt }, () =>
      renderOffer(offer, { now: clockOf(io).now(), columns: io.stdout.columns }),
    );
  },
};
