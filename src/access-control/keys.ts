import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { join } from "node:path";
import { readDocument, writeFileAtomic } from "../kernel/atomic-file.ts";
import { TellyportError, messageOf } from "../kernel/errors.ts";
import { isRecord } from "../kernel/is-record.ts";
import { sha256 } from "./bytes.ts";
import { planRing, signing, type RingTimes } from "./key-ring.ts";

/** `token`: P-256, signs access tokens (ES256). `grant`: Ed25519, signs playback grants. */
export type KeyUse = "token" | "grant";

/** A key of a ring. */
export interface AccessKey {
  readonly id: string;
  /** Signs from then on, until the next one does; epoch ms. */
  readonly from: number;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

interface Kept {
  readonly token: readonly AccessKey[];
  readonly grant: readonly AccessKey[];
  readonly refresh: Buffer;
  /** The document is of release 0.1.0: one key of each, and no times. */
  readonly old?: boolean;
}

/** How long what was signed with a key may be shown, ms: so long is it kept after its last use. */
export type KeyTerms = Readonly<Record<KeyUse, number>>;

const USES = ["token", "grant"] as const;
const DAY = 86_400_000;
/** A key signs for so long ... */
export const KEY_LIFE = 90 * DAY;
/** ... and is published so long before, for those who remember the list of keys. */
export const PUBLISHED_BEFORE = DAY;

/** In the state directory. */
export const KEYS_FILE = "access-keys.json";

/** The keys under tokens and grants; losing them costs every client one new pairing, and nothing else. */
export class AccessKeys {
  /** 32 bytes; makes each refresh token's successor. Never changes: a lost answer may be asked for again at any time. */
  readonly refresh: Buffer;
  readonly #path: string;
  readonly #terms: KeyTerms;
  #kept: Kept;
  #renewing: Promise<boolean> | null = null;

  private constructor(path: string, terms: KeyTerms, kept: Kept) {
    this.#path = path;
    this.#terms = terms;
    this.#kept = kept;
    this.refresh = kept.refresh;
  }

  /**
   * Reads the keys, or makes them at the first start.
   * @param now epoch ms
   * @throws TellyportError `state-unusable`
   */
  static async load(stateDir: string, now: number, terms: KeyTerms): Promise<AccessKeys> {
    const path = join(stateDir, KEYS_FILE);
    try {
      const kept = await readDocument(path, (text) => parse(text, now));
      const keys = new AccessKeys(path, terms, kept ?? firstKeys(now));
      if (kept === null || kept.old === true) await writeFileAtomic(path, print(keys.#kept));
      await keys.renew(now);
      return keys;
    } catch (error) {
      throw new TellyportError(
        "state-unusable",
        `The keys for access tokens cannot be read or written: ${messageOf(error)}. Delete access-keys.json to have new ones made; clients must then pair again.`,
        { cause: error },
      );
    }
  }

  /** The key to sign with at `now`. */
  signing(use: KeyUse, now: number): AccessKey {
    return signing(this.#kept[use], now);
  }

  /** The key that a token or grant names; undefined: none of ours, or one whose time is over. */
  find(use: KeyUse, id: unknown): AccessKey | undefined {
    return this.#kept[use].find((key) => key.id === id);
  }

  /** Those that verify, the one that signs next among them. */
  all(use: KeyUse): readonly AccessKey[] {
    return this.#kept[use];
  }

  /**
   * Makes the next keys when it is time, and drops those whose last token or grant has ended. What is new is on disk before
   * anybody sees it.
   * @returns whether anything changed; while one runs, what that one comes to
   */
  renew(now: number): Promise<boolean> {
    this.#renewing ??= this.#renew(now).finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renew(now: number): Promise<boolean> {
    const next: Record<KeyUse, readonly AccessKey[]> = { token: [], grant: [] };
    let changed = false;
    for (const use of USES) {
      const times: RingTimes = { life: KEY_LIFE, publishedBefore: PUBLISHED_BEFORE, term: this.#terms[use] };
      const plan = planRing(this.#kept[use], now, times);
      changed ||= plan.changed;
      next[use] = plan.makeFrom === null ? plan.keys : [...plan.keys, makeKey(use, plan.makeFrom)];
    }
    if (!changed) return false;
    const kept = { ...next, refresh: this.refresh };
    await writeFileAtomic(this.#path, print(kept));
    this.#kept = kept;
    return true;
  }
}

function firstKeys(now: number): Kept {
  return {
    token: [makeKey("token", now)],
    grant: [makeKey("grant", now)],
    refresh: randomBytes(32),
  };
}

function makeKey(use: KeyUse, from: number): AccessKey {
  const { privateKey } =
    use === "token" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  return keyOf(use, privateKey, from);
}

function keyOf(use: KeyUse, privateKey: KeyObject, from: number): AccessKey {
  const publicKey = createPublicKey(privateKey);
  const id = use === "token" ? thumbprintOf(publicKey.export({ format: "jwk" })) : grantKeyId(privateKey);
  return { id, from, privateKey, publicKey };
}

function print({ token, grant, refresh }: Kept): string {
  const ring = (keys: readonly AccessKey[]): unknown =>
    keys.map(({ from, privateKey }) => ({
      from,
      key: privateKey.export({ type: "pkcs8", format: "pem" }),
    }));
  return JSON.stringify({ token: ring(token), grant: ring(grant), refresh: refresh.toString("base64url") });
}

/** @param now when a key of release 0.1.0, which had one of each and no times, begins. @throws Error */
function parse(text: string, now: number): Kept {
  const document: unknown = JSON.parse(text);
  if (!isRecord(document)) throw new Error("access-keys.json is no object");
  const { refresh } = document;
  const secret = typeof refresh === "string" ? Buffer.from(refresh, "base64url") : null;
  if (secret?.length !== 32) throw new Error("access-keys.json lacks a key");
  return {
    token: parseRing("token", document["token"], now),
    grant: parseRing("grant", document["grant"], now),
    refresh: secret,
    old: typeof document["token"] === "string",
  };
}

function parseRing(use: KeyUse, ring: unknown, now: number): AccessKey[] {
  const entries: unknown = typeof ring === "string" ? [{ key: ring, from: now }] : ring;
  if (!Array.isArray(entries) || entries.length === 0) throw new Error("access-keys.json lacks a key");
  return entries.map((entry: unknown) => {
    if (!isRecord(entry) || typeof entry["key"] !== "string" || !Number.isSafeInteger(entry["from"]))
      throw new Error("access-keys.json lacks a key");
    const key = createPrivateKey(entry["key"]);
    const curve = key.asymmetricKeyDetails?.namedCurve;
    const fits =
      use === "token"
        ? key.asymmetricKeyType === "ec" && curve === "prime256v1"
        : key.asymmetricKeyType === "ed25519";
    if (!fits) throw new Error("access-keys.json holds a key of another kind");
    return keyOf(use, key, Number(entry["from"]));
  });
}

/** RFC 7638 thumbprint of a P-256 key: SHA-256, base64url, 43 characters. */
export function thumbprintOf(jwk: { x?: unknown; y?: unknown }): string {
  return sha256(JSON.stringify({ crv: "P-256", kty: "EC", x: jwk.x, y: jwk.y })).toString("base64url");
}

/** The name of a grant key: first four bytes of SHA-256 over its SPKI, hex. */
export function grantKeyId(key: KeyObject): string {
  return sha256(createPublicKey(key).export({ type: "spki", format: "der" })).toString("hex", 0, 4);
}
