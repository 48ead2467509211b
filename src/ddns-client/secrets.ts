import { readFile } from "node:fs/promises";
import type { Config } from "../kernel/config/index.ts";
import { TellyportError, messageOf, systemCode } from "../kernel/errors.ts";
import { tsigSecretOf } from "../protocol/dns/tsig.ts";

/** What the configuration names by file; null: it names none. */
export interface OnlineSecrets {
  /** Authorities that are trusted beside the system's, PEM. */
  readonly authorities: string | undefined;
  /** MAC key of an account at the certificate authority, base64url. */
  readonly accountKey: string | null;
  readonly dyndnsPassword: string | null;
  readonly tsigSecret: Uint8Array | null;
}

/** Reads them once, at the start. @throws TellyportError `config-unreadable`, `config-invalid` */
export async function readSecrets(config: Config["online"]): Promise<OnlineSecrets> {
  const { authoritiesFile, certificate, dyndns2, rfc2136 } = config;
  return {
    authorities: (await fileOf("online.authoritiesFile", authoritiesFile)) ?? undefined,
    accountKey: await fileOf("online.certificate.accountKeyFile", certificate.accountKeyFile),
    dyndnsPassword: await fileOf("online.dyndns2.passwordFile", dyndns2?.passwordFile ?? ""),
    tsigSecret: tsigSecret(await fileOf("online.rfc2136.secretFile", rfc2136?.secretFile ?? "")),
  };
}

function tsigSecret(text: string | null): Uint8Array | null {
  const secret = text === null ? null : tsigSecretOf(text);
  if (text !== null && secret === null)
    throw new TellyportError(
      "config-invalid",
      "online.rfc2136.secretFile must hold the TSIG key's base64 alone, such as NoRDvw/5CtM=.",
    );
  return secret;
}

async function fileOf(key: string, path: string): Promise<string | null> {
  if (path === "") return null;
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw new TellyportError(
      "config-unreadable",
      `${key} names ${path}, which cannot be read (${systemCode(error) ?? messageOf(error)}). Name a file that the box's user may read.`,
      { cause: error },
    );
  }
}
