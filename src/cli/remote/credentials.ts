import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import * as Type from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";
import { readDocument, writeFileAtomic } from "../../kernel/atomic-file.ts";
import type { Clock } from "../../kernel/clock.ts";
import { TellyportError, messageOf, systemCode } from "../../kernel/errors.ts";
import { makeFolder } from "../../kernel/folder.ts";
import { RoleName } from "../../protocol/api.ts";
import { PrivateJwk } from "./dpop.ts";
import { withFileLock } from "./file-lock.ts";

/** All that this machine needs to be a client of one box. */
export const Credentials = Type.Object({
  version: Type.Literal(1),
  box: Type.Object({
    id: Type.String(),
    name: Type.String(),
    scheme: Type.Union([Type.Literal("http"), Type.Literal("https")]),
    host: Type.String(),
    port: Type.Integer(),
    trust: Type.Union([
      Type.Object({ kind: Type.Literal("pinned"), fingerprint: Type.String() }),
      Type.Object({ kind: Type.Literal("authorities") }),
      Type.Null(),
    ]),
  }),
  client: Type.String(),
  role: RoleName,
  key: PrivateJwk,
  accessToken: Type.String(),
  expiresAt: Type.String(),
  refreshToken: Type.String(),
});
export type Credentials = Static<typeof Credentials>;

/** `$TELLYPORT_CREDENTIALS`, else `credentials.json` in the user's configuration folder. */
export function credentialsPath(env: Readonly<Record<string, string | undefined>>): string {
  const given = env["TELLYPORT_CREDENTIALS"];
  if (given !== undefined && given !== "") return given;
  const configured = env["XDG_CONFIG_HOME"];
  const folder =
    configured !== undefined && configured !== "" ? configured : join(env["HOME"] ?? homedir(), ".config");
  return join(folder, "tellyport", "credentials.json");
}

/** The one file, readable by its user alone, that holds {@link Credentials}. */
export class CredentialsFile {
  readonly path: string;
  readonly #clock: Clock;

  constructor(path: string, clock: Clock) {
    this.path = path;
    this.#clock = clock;
  }

  /** @throws TellyportError `credentials-missing`, `state-unusable` */
  async read(): Promise<Credentials> {
    let credentials: Credentials | null;
    try {
      credentials = await readDocument(this.path, parse);
    } catch (error) {
      throw new TellyportError(
        "state-unusable",
        `${this.path} cannot be read (${systemCode(error) ?? messageOf(error)}): remove it and pair again.`,
        { cause: error },
      );
    }
    if (credentials === null) {
      throw new TellyportError(
        "credentials-missing",
        "This machine is paired with no box: run `tellyport remote pair <box-url> --code CODE`.",
      );
    }
    return credentials;
  }

  /** Whole or not at all; on the disk when it returns. */
  async write(credentials: Credentials): Promise<void> {
    try {
      await writeFileAtomic(this.path, `${JSON.stringify(credentials, null, 2)}\n`, 0o600);
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  /** Writes what a new pairing brought, in place of any other. */
  async create(credentials: Credentials, signal: AbortSignal): Promise<void> {
    this.#makeFolder();
    await this.exclusively(signal, () => this.write(credentials));
  }

  /** Forgets the credentials, previous version included. */
  async remove(): Promise<void> {
    // The newest last: a crash between the two must not bring the older one back to life.
    await rm(`${this.path}.previous`, { force: true });
    await rm(this.path, { force: true });
  }

  /** Runs `work` while no other process changes the file. */
  async exclusively<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return withFileLock(`${this.path}.lock`, { clock: this.#clock, signal }, work);
  }

  #makeFolder(): void {
    try {
      makeFolder(dirname(resolve(this.path)), 0o700);
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  #unwritable(cause: unknown): TellyportError {
    return new TellyportError(
      "state-unusable",
      `${this.path} cannot be written (${systemCode(cause) ?? messageOf(cause)}): see to the folder's owner and space.`,
      { cause },
    );
  }
}

function parse(text: string): Credentials {
  const value: unknown = JSON.parse(text);
  if (!Value.Check(Credentials, value)) throw new Error("it is not what this program wrote");
  return value;
}
