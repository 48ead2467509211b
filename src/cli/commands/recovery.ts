import { RecoveryCodes } from "../../protocol/access-api.ts";
import { Offer } from "../../protocol/api.ts";
import { boxClient } from "../box-client.ts";
import { JSON_OPTION, STATE_OPTIONS, type Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { clockOf, printJson } from "../io.ts";
import { renderOffer } from "../offer.ts";

const OPTIONS = { ...STATE_OPTIONS, ...JSON_OPTION };

export const recoveryCodes: Command = {
  path: ["recovery-codes"],
  summary: "Make ten recovery codes, in place of all earlier ones",
  options: OPTIONS,
  notes: [
    "Each makes one phone an owner, once, without anybody at the box: keep them on paper, away from the phone. They are shown this one time; the box itself keeps none of them.",
    "A phone takes one where it asks for the pairing code; a computer with `tellyport remote pair <box-url> --recovery-code CODE`.",
  ],
  async run(args, io) {
    const box = await boxClient(args, io);
    const { codes } = await box.call(RecoveryCodes, "POST", "/api/v1/recovery-codes");
    if (args.has("json")) printJson(io, { codes });
    else
      io.stdout.write(
        `Write these down and keep them safe: each makes one phone an owner, once.\nEarlier ones are no longer good.\n\n${codes.map((code) => `  ${code}\n`).join("")}`,
      );
    return EXIT.ok;
  },
};

export const ownerRecover: Command = {
  path: ["owner", "recover"],
  summary: "Let a new phone be an owner, when no owner's phone is left",
  options: OPTIONS,
  notes: [
    "Opens an offer, also when pairing closed itself after too many wrong codes. Every owner is told. `tellyport clients revoke` removes the phone that was lost.",
  ],
  async run(args, io) {
    const box = await boxClient(args, io);
    const offer = await box.call(Offer, "POST", "/api/v1/owner/recover");
    const { code, url, expiresAt } = offer;
    if (args.has("json")) printJson(io, { code, url, expiresAt });
    else io.stdout.write(renderOffer(offer, { now: clockOf(io).now(), columns: io.stdout.columns }));
    return EXIT.ok;
  },
};
