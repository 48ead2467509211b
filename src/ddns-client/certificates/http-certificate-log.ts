import { X509Certificate } from "node:crypto";
import * as Type from "typebox";
import { Value } from "typebox/value";
import { TellyportError, messageOf } from "../../kernel/errors.ts";
import { namedReach, type SafeFetch } from "../../kernel/safe-fetch/index.ts";
import type { CertificateLog, LogEntry } from "./certificate-log.ts";
import { keyHash } from "./chain.ts";

export interface HttpCertificateLogDeps {
  readonly fetch: SafeFetch;
  /** Such as `https://crt.sh/`. */
  readonly url: URL;
}

/** Of a list of certificates, and of one, bytes; answers take their time there. */
const LIST = { answerMs: 60_000, wholeMs: 90_000, bodyBytes: 4 * 1024 * 1024 };
const ONE = { answerMs: 30_000, wholeMs: 30_000, bodyBytes: 64 * 1024 };
/** Certificates that are read at one time; the next go on behind them. */
const MOST_AT_ONCE = 20;

const Listed = Type.Object({
  id: Type.Integer({ minimum: 0 }),
  issuer_name: Type.String({ maxLength: 500 }),
  name_value: Type.String({ maxLength: 100_000 }),
  not_before: Type.String({ maxLength: 40 }),
  not_after: Type.String({ maxLength: 40 }),
  serial_number: Type.String({ maxLength: 64 }),
});

/**
 * A feed as crt.sh has it, asked for a name, for what is below it, and for the wildcard that stands for it: `?q=NAME&output=json&exclude=expired` lists, `?d=ID` gives a certificate as PEM. A certificate that cannot be
 * had is told without its key.
 */
export function httpCertificateLog({ fetch, url }: HttpCertificateLogDeps): CertificateLog {
  const ask = async (
    query: Record<string, string>,
    limits: typeof LIST,
    signal: AbortSignal,
  ): Promise<Buffer> => {
    const address = new URL(url);
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    const answer = await fetch(address, { reach: namedReach(url), signal, limits });
    if (answer.status !== 200) {
      answer.cancel();
      throw new TellyportError(
        "certificate-log-unread",
        `The feed of certificates answers ${answer.status}.`,
      );
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.body) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  return {
    async since(names, after, signal) {
      const listed = new Map<number, LogEntry>();
      for (const name of names)
        for (const query of [name, `%.${name}`, name.replace(/^[^.]+/, "*")])
          for (const entry of parseList(
            await ask({ q: query, output: "json", exclude: "expired" }, LIST, signal),
          ))
            if (after === null || entry.id > after) listed.set(entry.id, entry);
      const entries = [...listed.values()].sort((a, b) => a.id - b.id).slice(0, MOST_AT_ONCE);
      const whole: LogEntry[] = [];
      for (const entry of entries)
        whole.push({ ...entry, key: keyIn(await ask({ d: String(entry.id) }, ONE, signal)) });
      return whole;
    },
  };
}

/** @throws TellyportError for what is no list; entries that cannot be read are left out */
function parseList(body: Buffer): LogEntry[] {
  let list: unknown;
  try {
    list = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new TellyportError(
      "certificate-log-unread",
      `The feed of certificates cannot be read: ${messageOf(error)}`,
    );
  }
  if (!Array.isArray(list))
    throw new TellyportError("certificate-log-unread", "The feed of certificates is no list.");
  return list.flatMap((entry: unknown) => {
    if (!Value.Check(Listed, entry)) return [];
    const [notBefore, notAfter] = [Date.parse(`${entry.not_before}Z`), Date.parse(`${entry.not_after}Z`)];
    const names = entry.name_value.split("\n").filter((name) => name.length <= 253);
    return [
      {
        id: entry.id,
        names: names.slice(0, 1000),
        issuer: entry.issuer_name,
        notBefore,
        notAfter,
        serial: entry.serial_number,
        key: null,
      },
    ];
  });
}

/** Of a certificate, PEM; a pre-certificate has the same. Null for what is none. */
function keyIn(body: Buffer): string | null {
  try {
    return keyHash(new X509Certificate(body).publicKey);
  } catch {
    return null;
  }
}
