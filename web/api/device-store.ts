import type { PublicJwk } from "../../src/protocol/api.ts";
import type { Signer } from "./dpop.ts";
import type { Session, SessionStore } from "./session.ts";

/** A signer whose private key the browser keeps and never shows. */
export interface DeviceKey extends Signer {
  readonly pair: CryptoKeyPair;
}

const ES256 = { name: "ECDSA", namedCurve: "P-256" } as const;

/** Makes this phone's own key; the private half cannot be exported. Needs a secure context. */
export async function createDeviceKey(): Promise<DeviceKey> {
  return deviceKey(await crypto.subtle.generateKey(ES256, false, ["sign", "verify"]));
}

async function deviceKey(pair: CryptoKeyPair): Promise<DeviceKey> {
  const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const jwk: PublicJwk = { kty: "EC", crv: "P-256", x, y };
  return {
    pair,
    jwk,
    sign: async (data) =>
      new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, data)),
  };
}

type Stored =
  | { kind: "key"; client: string; role: Session["role"]; pair: CryptoKeyPair; refreshToken: string | null }
  | { kind: "lan" | "browser"; client: string; role: Session["role"] };

/** The browser's own {@link SessionStore}, and what pairing asks of it. */
export interface DeviceStore extends SessionStore {
  /** Ids of the boxes that have a session here. */
  boxes(): Promise<readonly string[]>;
  /** Whether this browser keeps a key. Tried, since none says so beforehand. */
  keeps(key: DeviceKey): Promise<boolean>;
}

const PROBE = "probe";
const STORE = "sessions";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("tellyport", 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB refused"));
    request.onblocked = () => reject(new Error("IndexedDB blocked"));
  });
}

/** One request in one transaction; resolves when the transaction is durable. */
async function transact<T>(
  mode: IDBTransactionMode,
  request: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const result = request(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(result.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB aborted"));
      transaction.onerror = () => reject(transaction.error ?? new Error("IndexedDB failed"));
    });
  } finally {
    database.close();
  }
}

/**
 * Sessions in IndexedDB, by box. Private tabs and locked-down browsers refuse to store keys (DataCloneError) or have no
 * IndexedDB at all: then the session lives in memory and ends with the tab, and `save` says so.
 */
export function createDeviceStore(): DeviceStore {
  const memory = new Map<string, Session>();
  return {
    async load(box) {
      const stored = await transact<Stored | undefined>(
        "readonly",
        (store) => store.get(box) as IDBRequest<Stored | undefined>,
      ).catch(() => undefined);
      if (stored === undefined) return memory.get(box) ?? null;
      if (stored.kind !== "key") return stored;
      const { client, role, refreshToken, pair } = stored;
      return { kind: "key", client, role, refreshToken, signer: await deviceKey(pair) };
    },
    async save(box, session) {
      memory.set(box, session);
      const { client, role } = session;
      const stored: Stored =
        session.kind !== "key"
          ? { kind: session.kind, client, role }
          : {
              kind: "key",
              client,
              role,
              refreshToken: session.refreshToken,
              pair: (session.signer as DeviceKey).pair,
            };
      return transact("readwrite", (store) => store.put(stored, box)).then(
        () => true,
        () => false,
      );
    },
    async forget(box) {
      memory.delete(box);
      await transact("readwrite", (store) => store.delete(box)).catch(() => undefined);
    },
    async boxes() {
      const keys = await transact("readonly", (store) => store.getAllKeys()).catch(() => []);
      return [...new Set([...keys.map(String), ...memory.keys()])].filter((key) => key !== PROBE);
    },
    async keeps(key) {
      const kept = await transact("readwrite", (store) => store.put(key.pair, PROBE)).then(
        () => true,
        () => false,
      );
      if (kept) await transact("readwrite", (store) => store.delete(PROBE)).catch(() => undefined);
      return kept;
    },
    exclusively: (work) =>
      "locks" in navigator && window.isSecureContext
        ? navigator.locks.request("tellyport-refresh", work)
        : work(),
  };
}
