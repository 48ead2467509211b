import { hostname } from "node:os";
import * as Type from "typebox";
import { TellyportError, isTellyportError } from "../../kernel/errors.ts";
import { HandOff } from "../../protocol/access-api.ts";
import { JSON_OPTION, type Arguments, type Command } from "../command.ts";
import { clockOf, type Io } from "../io.ts";
import { originOf, parseBoxUrl, parseHandOff, type BoxAddress } from "../remote/box-address.ts";
import { CredentialsFile, credentialsPath } from "../remote/credentials.ts";
import { pairWithBox, type PairingSecret } from "../remote/pairing.ts";
import { Session } from "../remote/session.ts";
import { report } from "../report.ts";
import { printable } from "../text.ts";
import { sessionOf } from "./remote-lists.ts";

export const remotePair: Command = {
  path: ["remote", "pair"],
  summary: "Pair this machine with a box",
  positionals: [
    {
      name: "box-url",
      optional: true,
      help: "The box's web address, or all that its QR code holds; a whole hand-off names it too",
    },
  ],
  options: {
    code: { type: "string", value: "CODE", help: "The code that `tellyport pair` shows, as WDJB-MJHT" },
    "hand-off": {
      type: "string",
      value: "ADDRESS",
      help: "What `tellyport remote hand-off` printed on a machine that is paired, or the part from # on",
    },
    "recovery-code": {
      type: "string",
      value: "CODE",
      without: "-",
      help: "One of the owner's recovery codes. Without CODE, or with -, it is asked for or read from standard input; given here, every program of this machine can read it",
    },
    name: { type: "string", value: "NAME", help: "What the owner will see (default: this machine's name)" },
    ...JSON_OPTION,
  },
  notes: [
    "The box's certificate is remembered, and another one refused from then on. The credentials are kept in $TELLYPORT_CREDENTIALS, else ~/.config/tellyport/credentials.json; they take the place of those of an earlier box.",
  ],
  async run(args, io) {
    const { address, secret } = await wayIn(args, io);
    const clock = clockOf(io);
    const json = args.has("json");
    const credentials = await pairWithBox({
      address,
      secret,
      name: nameOf(args),
      clock,
      signal: io.signal,
      onAddress: (origin) => json || io.stderr.write(`Using ${origin}, which nobody can listen in on.\n`),
      onMatch: (match) =>
        io.stderr.write(`Waiting for an owner's yes: choose ${match} on the owner's phone.\n`),
    });
    const file = new CredentialsFile(credentialsPath(io.env), clock);
    await file.create(credentials, io.signal);
    const { box, client, role } = credentials;
    const url = originOf(box);
    const words = `Paired with ${printable(box.name)} (${url}) as ${role}.\n`;
    return report(args, io, { box: { id: box.id, name: box.name, url }, client, role }, () => words);
  },
};

export const remoteHandOff: Command = {
  path: ["remote", "hand-off"],
  summary: "Make an address, good once, that takes up this machine's place",
  options: JSON_OPTION,
  notes: [
    "It is good once and for ten minutes. It holds a secret: show it to nobody else. Take it up with `tellyport remote pair --hand-off ADDRESS`, or open it in a browser.",
    "With --json: {url, expiresAt}.",
  ],
  async run(args, io) {
    const session = await sessionOf(io);
    const path = "/api/v1/hand-offs";
    const { fragment, expiresAt } = await session.call(HandOff, { method: "POST", path, signal: io.signal });
    const url = `${originOf(session.address)}/${fragment}`;
    return report(args, io, { url, expiresAt }, () => `${url}\n`);
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
    const { box, client } = credentials;
    return report(args, io, { box: box.id, client, revoked: refused === null }, () =>
      refused === null
        ? `This machine is no longer paired with ${name}.\n`
        : `The credentials for ${name} are forgotten here, but the box may still list this machine as ${printable(client)}: its owner can revoke it there.\n(${refused.message})\n`,
    );
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
    const forgotten = ["client-revoked", "client-not-found", "refresh-invalid", "stay-over"].includes(
      error.code,
    );
    return forgotten ? null : error;
  }
}

/** @throws TellyportError `usage` */
async function wayIn(args: Arguments, io: Io): Promise<{ address: BoxAddress; secret: PairingSecret }> {
  const [boxUrl] = args.positionals;
  const code = args.text("code");
  const given = args.text("hand-off");
  const handOff = given === undefined ? null : parseHandOff(given);
  const box = boxUrl === undefined ? null : parseBoxUrl(boxUrl);
  const address = box?.address ?? handOff?.address;
  if (address === undefined || address === null) {
    throw new TellyportError("usage", "Give the box's web address: it looks like http://192.168.1.5:8080.");
  }
  if (code !== undefined) return { address, secret: { kind: "code", code } };
  const recovery = args.text("recovery-code");
  if (recovery !== undefined) {
    const typed = recovery === "-" ? await io.readSecret?.("Recovery code: ") : recovery;
    return { address, secret: { kind: "recovery", code: typed ?? "" } };
  }
  const offer = handOff?.offer ?? box?.offer;
  if (offer !== undefined && offer !== null) return { address, secret: { kind: "offer", ...offer } };
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
