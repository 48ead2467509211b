import { RecoveryCodes, RecoveryState } from "../../protocol/access-api.ts";
import { Offer } from "../../protocol/api.ts";
import { boxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Command } from "../command.ts";
import { YES_OPTION, confirm } from "../confirm.ts";
import { clockOf } from "../io.ts";
import { renderOffer } from "../offer.ts";
import { report } from "../report.ts";

export const recoveryCodes: Command = {
  path: ["recovery-codes"],
  summary: "Make ten recovery codes, in place of all earlier ones",
  options: { ...YES_OPTION, ...BOX_OPTIONS },
  notes: [
    "Each makes one phone an owner, once, without anybody at the box: keep them on paper, away from the phone. They are shown this one time; the box itself keeps none of them.",
    "A phone takes one where it asks for the pairing code; a computer with `tellyport remote pair <box-url> --recovery-code`, which asks for it.",
  ],
  async run(args, io) {
    const box = await boxClient(args, io);
    const { left } = await box.call(RecoveryState, "GET", "/api/v1/recovery-codes");
    if (left > 0)
      await confirm(
        args,
        io,
        `${left} recovery ${left === 1 ? "code is" : "codes are"} still good, and would be so no longer.`,
        "recovery-codes",
      );
    const { codes } = await box.call(RecoveryCodes, "POST", "/api/v1/recovery-codes");
    const list = codes.map((code) => `  ${code}\n`).join("");
    return report(
      args,
      io,
      { codes },
      () =>
        `Write these down and keep them safe: each makes one phone an owner, once.\nEarlier ones are no longer good.\n\n${list}`,
    );
  },
};

export const ownerRecover: Command = {
  path: ["owner", "recover"],
  summary: "Let a new phone be an owner, when no owner's phone is left",
  options: BOX_OPTIONS,
  notes: [
    "Opens an offer, also when pairing closed itself after too many wrong codes. Every owner is told. `tellyport clients revoke` removes the phone that was lost.",
  ],
  async run(args, io) {
    const box = await boxClient(args, io);
    const offer = await box.call(Offer, "POST", "/api/v1/owner/recover");
    const { code, url, expiresAt } = offer;
    return report(args, io, { code, url, expiresAt }, () =>
      renderOffer(offer, { now: clockOf(io).now(), columns: io.stdout.columns }),
    );
  },
};
