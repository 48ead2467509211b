import { join } from "node:path";
import { readDocument, writeFileAtomic } from "../../kernel/atomic-file.ts";

/** In the state directory, mode 0600: key and certificates of the box's name. */
export const CERTIFICATE_FILE = "online.pem";
/** The account at the authority. */
export const ACCOUNT_FILE = "online-account.json";
/** The order in progress with its key, and what is remembered of those before. */
export const ORDER_FILE = "online-order.json";
/** How far the public logs were read. */
export const LOG_FILE = "online-log.json";

export type CertificateFile =
  typeof CERTIFICATE_FILE | typeof ACCOUNT_FILE | typeof ORDER_FILE | typeof LOG_FILE;

/** All of them: what a reset takes away. */
export const CERTIFICATE_STATE: readonly CertificateFile[] = [
  CERTIFICATE_FILE,
  ACCOUNT_FILE,
  ORDER_FILE,
  LOG_FILE,
];

/** What outlasts a power cut. */
export interface CertificateFiles {
  /** @returns null when it was never written @throws what `parse` throws, when the version before is no better */
  read<T>(file: CertificateFile, parse: (text: string) => T): Promise<T | null>;
  /** When it resolves, it has happened; when the power is cut, it has or it has not. */
  write(file: CertificateFile, text: string): Promise<void>;
}

/** They lie in the state directory. */
export function certificateFiles(stateDir: string): CertificateFiles {
  return {
    read: (file, parse) => readDocument(join(stateDir, file), parse),
    write: (file, text) => writeFileAtomic(join(stateDir, file), text),
  };
}
