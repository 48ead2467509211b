import { TellyportError } from "../../../kernel/errors.ts";
import { isRecord } from "../../../kernel/is-record.ts";
import { ACCOUNT_FILE, type CertificateFiles } from "../files.ts";
import type { AcmeAnswer, AcmeRequest, AuthorityLine } from "./authority-line.ts";
import { Directory, read } from "./objects.ts";
import { problemError, problemOf, readProblem } from "./problem.ts";
import { AccountKey, type ExternalAccount } from "./signing.ts";

/** Of a request whose nonce the authority does not take any more. */
const MOST_NONCES = 12;

export interface AccountOptions {
  readonly directory: URL;
  /** `mailto:` addresses at which the authority may warn; default none. */
  readonly contact?: readonly string[];
  readonly externalAccount?: ExternalAccount | undefined;
}

interface Kept {
  readonly key: AccountKey;
  /** At the authority; null: not made yet. */
  url: string | null;
}

/**
 * The box's account at one authority, made when it is first needed, and the requests that it signs. Its key stays in the state
 * directory. One request at a time.
 */
export class AcmeAccount {
  readonly #line: AuthorityLine;
  readonly #files: CertificateFiles;
  readonly #options: AccountOptions;
  #kept: Kept | null = null;
  #directory: Directory | null = null;
  #nonce: string | null = null;

  constructor(line: AuthorityLine, files: CertificateFiles, options: AccountOptions) {
    this.#line = line;
    this.#files = files;
    this.#options = options;
  }

  /** What the TXT record of a challenge holds. */
  async dnsDigest(token: string): Promise<string> {
    return (await this.#open()).key.dnsDigest(token);
  }

  /** Asked afresh once for each order: authorities change it. */
  async directory(signal: AbortSignal, afresh = false): Promise<Directory> {
    if (this.#directory !== null && !afresh) return this.#directory;
    const url = this.#options.directory.href;
    const answer = await this.#line(url, { method: "GET", accept: "application/json" }, signal);
    if (answer.status !== 200) throw failure("its directory", answer);
    return (this.#directory = read(Directory, answer.body, "directory"));
  }

  /** An unsigned question. @throws TellyportError */
  async get(url: string, doing: string, signal: AbortSignal): Promise<AcmeAnswer> {
    const answer = await this.#line(url, { method: "GET", accept: "application/json" }, signal);
    if (answer.status !== 200) throw failure(doing, answer);
    return answer;
  }

  /**
   * A request signed by the account.
   * @param url null: the account itself
   * @param payload null: POST-as-GET
   * @throws TellyportError `acme-failed`, `acme-refused`
   */
  async post(
    url: string | null,
    payload: object | null,
    { doing, accept }: { doing: string; accept?: string },
    signal: AbortSignal,
  ): Promise<AcmeAnswer> {
    const kept = await this.#enter(signal);
    const ask = (): Promise<AcmeAnswer> =>
      this.#send(
        url ?? kept.url ?? "",
        payload,
        kept,
        { doing, ...(accept !== undefined && { accept }) },
        signal,
      );
    try {
      return await ask();
    } catch (error) {
      if (problemOf(error) !== "accountDoesNotExist") throw error;
      // The authority has forgotten it: test authorities do. The key makes another.
      kept.url = null;
      await this.#enter(signal);
      return ask();
    }
  }

  async #open(): Promise<Kept> {
    if (this.#kept !== null) return this.#kept;
    const directory = this.#options.directory.href;
    // One that cannot be read costs no more than another account.
    const document = await this.#files.read(ACCOUNT_FILE, parseDocument).catch(() => null);
    if (document?.directory === directory) {
      const key = await AccountKey.open(document.key).catch(() => null);
      if (key !== null) return (this.#kept = { key, url: document.url });
    }
    const kept: Kept = { key: await AccountKey.open(), url: null };
    // Written before it is shown: the same key finds the same account again, whenever the power is cut.
    await this.#save(kept);
    return (this.#kept = kept);
  }

  #save({ key, url }: Kept): Promise<void> {
    const document = { directory: this.#options.directory.href, key: key.pem, url };
    return this.#files.write(ACCOUNT_FILE, `${JSON.stringify(document)}\n`);
  }

  /** With an account that the authority knows. @see RFC 8555 §7.3 */
  async #enter(signal: AbortSignal): Promise<Kept> {
    const kept = await this.#open();
    if (kept.url !== null) return kept;
    const { newAccount, meta } = await this.directory(signal);
    const { contact = [], externalAccount } = this.#options;
    if (meta?.externalAccountRequired === true && externalAccount === undefined)
      throw new TellyportError(
        "acme-refused",
        "The certificate authority wants an account of its own customers: take key id and HMAC key from its web page.",
        { detail: { problem: "externalAccountRequired" } },
      );
    const payload = {
      termsOfServiceAgreed: true,
      ...(contact.length > 0 && { contact }),
      ...(externalAccount !== undefined && {
        externalAccountBinding: await kept.key.bindTo(externalAccount, newAccount),
      }),
    };
    const answer = await this.#send(
      newAccount,
      payload,
      { ...kept, url: null },
      { doing: "the account" },
      signal,
    );
    kept.url = locationOf(answer, "account");
    await this.#save(kept);
    return kept;
  }

  /** With a fresh nonce for as long as it takes, within bounds. @see RFC 8555 §6.5 */
  async #send(
    url: string,
    payload: object | null,
    { key, url: account }: Kept,
    { doing, accept }: { doing: string; accept?: string },
    signal: AbortSignal,
  ): Promise<AcmeAnswer> {
    for (let left = MOST_NONCES; ; left--) {
      const nonce = this.#nonce ?? (await this.#newNonce(signal));
      this.#nonce = null;
      const body = await key.sign(payload, { url, nonce, account });
      const request: AcmeRequest = { method: "POST", body, ...(accept !== undefined && { accept }) };
      const answer = await this.#line(url, request, signal);
      this.#nonce = nonceOf(answer);
      if (answer.status >= 200 && answer.status < 300) return answer;
      const error = failure(doing, answer);
      if (problemOf(error) !== "badNonce" || left <= 0) throw error;
    }
  }

  async #newNonce(signal: AbortSignal): Promise<string> {
    const { newNonce } = await this.directory(signal);
    const answer = await this.#line(newNonce, { method: "HEAD" }, signal);
    const nonce = nonceOf(answer);
    if (answer.status >= 300 || nonce === null) throw failure("a nonce", answer);
    return nonce;
  }
}

/** @see RFC 8555 §6.5.1 */
function nonceOf({ headers }: AcmeAnswer): string | null {
  const nonce = headers["replay-nonce"];
  return typeof nonce === "string" && /^[A-Za-z0-9_-]{1,512}$/.test(nonce) ? nonce : null;
}

/** The address of what was made. @throws TellyportError */
export function locationOf({ headers }: AcmeAnswer, what: string): string {
  const { location } = headers;
  if (location === undefined || location.length > 2048 || !/^https:\/\/[\x21-\x7e]+$/.test(location))
    throw new TellyportError("acme-failed", `The certificate authority says no address of the ${what}.`);
  return location;
}

function failure(doing: string, { status, body, retryAfterMs }: AcmeAnswer): TellyportError {
  return problemError(doing, readProblem(body), { status, retryAfterMs });
}

function parseDocument(text: string): { directory: string; key: string; url: string | null } {
  const document: unknown = JSON.parse(text);
  if (!isRecord(document)) throw new Error("it is no object");
  const { directory, key, url } = document;
  if (typeof directory !== "string" || typeof key !== "string") throw new Error("it holds no account");
  return { directory, key, url: typeof url === "string" ? url : null };
}
