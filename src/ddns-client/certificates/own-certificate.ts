import { readFile, stat } from "node:fs/promises";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { messageOf, systemCode } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { assemble, served, unfit, type CertificateAndKey } from "./chain.ts";
import type { BoxCertificateSource, CertificateState, ServedCertificate } from "./ports.ts";

export interface OwnCertificateDeps {
  /** PEM: the certificate, and those above it. */
  readonly certificateFile: string;
  /** PEM, without a passphrase. May be the same file. */
  readonly keyFile: string;
  readonly clock: Clock;
  readonly log: LineLog;
}

/** Between two looks at the files, ms: whoever renews them need not tell us. */
const LOOK_EVERY = 60_000;
/** Of a file, bytes. */
const LARGEST = 256 * 1024;

/**
 * A certificate that the owner has from elsewhere. Both files are looked at every minute; a pair that does not fit, as while one of
 * them is written, changes nothing.
 */
export class OwnCertificate implements BoxCertificateSource, Component {
  readonly name = "own-certificate";
  readonly #deps: OwnCertificateDeps;
  readonly #changed: Emitter<ServedCertificate>;
  #wanted: readonly string[] = [];
  #certificate: CertificateAndKey | null = null;
  #problem: { message: string; at: number } | null = null;
  /** Of both files when they were read last. */
  #mark = "";
  #timer: Timer | null = null;
  #looking: Promise<void> | null = null;

  constructor(deps: OwnCertificateDeps) {
    this.#deps = deps;
    this.#changed = new Emitter((error) =>
      deps.log.error({ error: messageOf(error) }, "certificate-listener-failed"),
    );
  }

  /** Reads the files for the first time; what is wrong with them is in {@link state}, and in the log. */
  async open(): Promise<void> {
    await this.#look();
  }

  async start(): Promise<void> {
    await this.open();
    this.#timer = this.#deps.clock.every(LOOK_EVERY, () => void this.#look());
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#looking;
  }

  /** Names at which the box is asked: one that the certificate has not is a problem, and it is served all the same. */
  want(names: readonly string[]): void {
    this.#wanted = names.map((name) => name.toLowerCase());
  }

  current(): ServedCertificate | null {
    return this.#certificate === null ? null : served(this.#certificate);
  }

  onChanged(listener: (certificate: ServedCertificate) => void): () => void {
    return this.#changed.on(listener);
  }

  /** SHA-256 of the public key, hex. */
  ownKeys(): readonly string[] {
    return this.#certificate === null ? [] : [this.#certificate.keyHash];
  }

  state(): CertificateState {
    const now = this.#deps.clock.now();
    const { names = [], issuer = null, notBefore = null, notAfter = null } = this.#certificate ?? {};
    return {
      source: "own",
      phase: notAfter === null ? "none" : notAfter <= now ? "expired" : "good",
      names,
      issuer,
      notBefore,
      notAfter,
      renewAt: null,
      problem: this.#problemNow(now),
    };
  }

  #problemNow(now: number): CertificateState["problem"] {
    const code = "certificate-unusable";
    if (this.#problem !== null) return { code, ...this.#problem, retryAt: null };
    const certificate = this.#certificate;
    const why = certificate === null ? null : unfit(certificate, this.#uncovered(certificate.names), now);
    if (why === null) return null;
    return {
      code,
      message: `The certificate in ${this.#deps.certificateFile}: ${why}.`,
      at: now,
      retryAt: null,
    };
  }

  /** Wanted names that no name of the certificate stands for; a wildcard stands for one label. @see RFC 9525 §6.3 */
  #uncovered(names: readonly string[]): string[] {
    return this.#wanted.filter(
      (name) => !names.includes(name) && !names.includes(name.replace(/^[^.]+/, "*")),
    );
  }

  #look(): Promise<void> {
    this.#looking ??= this.#read().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #read(): Promise<void> {
    const { certificateFile, keyFile, log, clock } = this.#deps;
    let mark = "";
    try {
      mark = `${await markOf(certificateFile)} ${await markOf(keyFile)}`;
      if (mark === this.#mark) return;
      const [chain, key] = [await text(certificateFile), await text(keyFile)];
      // Whoever wrote in between is looked at next time.
      if (`${await markOf(certificateFile)} ${await markOf(keyFile)}` !== mark) return;
      const certificate = paired(key, chain, this.#deps);
      const isNew =
        certificate.chain !== this.#certificate?.chain || certificate.key !== this.#certificate.key;
      this.#certificate = certificate;
      this.#problem = null;
      this.#mark = mark;
      if (!isNew) return;
      const { names, issuer, notAfter } = certificate;
      log.info({ names, issuer, notAfter: new Date(notAfter).toISOString() }, "certificate-changed");
      this.#changed.emit(served(certificate));
    } catch (error) {
      const message = messageOf(error);
      if (message !== this.#problem?.message) log.warn({ error: message }, "certificate-unusable");
      this.#problem = { message, at: clock.now() };
      this.#mark = mark;
    }
  }
}

/** What changes when a file does. @throws Error for people */
async function markOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path).catch((error: unknown) => {
    throw new Error(
      systemCode(error) === "ENOENT"
        ? `${path} is not there.`
        : `${path} cannot be read: ${systemCode(error) ?? messageOf(error)}.`,
    );
  });
  if (size > LARGEST) throw new Error(`${path} is too large for a certificate or a key.`);
  return `${mtimeMs}/${size}/${ino}`;
}

async function text(path: string): Promise<string> {
  return readFile(path, "latin1").catch((error: unknown) => {
    throw new Error(`${path} cannot be read: ${systemCode(error) ?? messageOf(error)}.`);
  });
}

/** @throws Error for people, without a word of the key */
function paired(key: string, chain: string, files: OwnCertificateDeps): CertificateAndKey {
  const { certificateFile, keyFile } = files;
  const pem = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^]+?-----END \1PRIVATE KEY-----/.exec(key)?.[0];
  if (pem === undefined) throw new Error(`${keyFile} holds no private key in PEM.`);
  if (/ENCRYPTED/.test(pem))
    throw new Error(`The key in ${keyFile} has a passphrase; the box cannot ask for it.`);
  try {
    return assemble(pem, chain);
  } catch (error) {
    throw new Error(`${certificateFile} and ${keyFile} cannot be used: ${messageOf(error)}.`);
  }
}
