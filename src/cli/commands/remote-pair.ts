import { hostname } from "node:os";
import { Type } from "typebox";
import { TellyportError, isTellyportError } from "../../kernel/errors.ts";
import { JSON_OPTION, type Arguments, type Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { clockOf, printJson, type Io } from "../io.ts";
import { originOf, parseBoxUrl } from "../remote/box-address.ts";
import { CredentialsFile, credentialsPath } from "../remote/credentials.ts";
import { pairWithBox, type PairingSecret } from "../remote/pairing.ts";
import { Session } from "../remote/session.ts";
import { printable } from "../text.ts";

export const remotePair: Command = {
  path: ["remote", "pair"],
  summary: "Pair this machine with a box",
  positionals: [{ name: "box-url", help: "The box's web address, or all that its QR code holds" }],
  options: {
    code: { type: "string", value: "CODE", help: "The code that `tellyport pair` shows, as WDJB-MJHT" },
    "recovery-code": {
      type: "string",
      value: "CODE",
      help: "One of the owner's recovery codes; - reads it from standard input",
    },
    name: { type: "string", value: "NAME", help: "What the owner will see (default: this machine's name)" },
    ...JSON_OPTION,
  },
  notes: [
    "The box's certificate is remembered, and another one refused from then on. The credentials are kept in $TELLYPORT_CREDENTIALS, else ~/.config/tellyport/credentials.json; they take the place of those of an earlier box.",
  ],
  async run(args, io) {
    const { address, offer } = parseBoxUrl(args.required(0));
    const clock = clockOf(io);
    const json = args.has("json");
    const credentials = await pairWithBox({
      address,
      secret: await secretOf(args, offer, io),
      name: nameOf(args),
      clock,
      signal: io.signal,
      onAddress: (origin) => json || io.stderr.write(`Using ${origin}, which nobody can listen in on.\n`),
      onMatch: (match) => io.stderr.write(`Approve on the box if it shows ${match} too.\n`),
    });
    const file = new CredentialsFile(credentialsPath(io.env), clock);
    await file.create(credentials, io.signal);
    const { box, client, role } = credentials;
    if (json) printJson(io, { box: { id: box.id, name: box.name, url: originOf(box) }, client, role });
    else io.stdout.write(`Paired with ${printable(box.name)} (${originOf(box)}) as ${role}.\n`);
    return EXIT.ok;
  },
};

export const remoteUnpair: Command = {
  path: ["remote", "unpair"],
  summary: "End this machine's pairing and forget its credentials",
  options: JSON_OPTION,
  async run(args, io) {
    const clock = clockOf(io);
    const file = new CredentialsFile(credentialsPath(io.env), clock);
    const credentials = await file.read();
    const refused = await revoke(new Session(file, credentials, clock), io.signal);
    await file.exclusively(io.signal, () => file.remove());
    const name = printable(credentials.box.name);
    if (args.has("json")) {
      printJson(io, { box: credentials.box.id, client: credentials.client, revoked: refused === null });
    } else if (refused === null) {
      io.stdout.write(`This machine is no longer paired with ${name}.\n`);
    } else {
      io.stdout.write(
        `The credentials for ${name} are forgotten here, but the box may still list this machine as ${printable(credentials.client)}: its owner can revoke it there.\n(${refused.message})\n`,
      );
    }
    return EXIT.ok;
  },
};

/** @returns null when the box no longer knows this client, else why it could not be told */
async function revoke(session: Session, signal: AbortSignal): Promise<TellyportError | null> {
  const path = "/api/v1/clients/self";
  try {
    await session.call(Type.Unknown(), { method: "DELETE", path, signal });
    return null;
  } catch (error) {
    signal.throwIfAborted();
    if (!isTellyportError(error)) throw error;
    const forgotten = ["client-revoked", "client-not-found", "refresh-invalid"].includes(error.code);
    return forgotten ? null : error;
  }
}

async function secretOf(
  args: Arguments,
  offer: { offer: string; secret: string } | null,
  io: Io,
): Promise<PairingSecret> {
  const recovery = args.text("recovery-code");
  if (recovery !== undefined) {
    const typed = recovery === "-" ? await io.ask?.("Recovery code: ") : recovery;
    return { kind: "recovery", code: typed ?? "" };
  }
  const code = args.text("code");
  if (code !== undefined) return { kind: "code", code };
  if (offer !== null) return { kind: "offer", ...offer };
  throw new TellyportError(
    "usage",
    "Give the code that the box shows: --code WDJB-MJHT (`tellyport pair` on the box opens one).",
  );
}

function nameOf(args: Arguments): string {
  const name = args.text("name") ?? (hostname().slice(0, 64) || "command line");
  if ([...name].length <= 64) return name;
  throw new TellyportError("usage", "--name is at most 64 characters long.");
}
