import { createHash, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { request as httpRequest } from "node:http";
import type { Problem } from "../../src/protocol/api.ts";
import { boxIdOf } from "../../src/protocol/identity.ts";
import { ACTIONS, REQUEST_TYPE, type ActionName } from "../../src/protocol/registration.ts";

export interface CloudAnswer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T & Partial<Problem>;
  readonly headers: Record<string, string | string[] | undefined>;
}

/** A box as the wire protocol has it, written from `src/protocol` alone. */
export class RegisteringBox {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly jwk: { kty: string; crv: string; x: string };
  seq = 0;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    this.privateKey = privateKey;
    const { x = "" } = publicKey.export({ format: "jwk" });
    this.jwk = { kty: "OKP", crv: "Ed25519", x };
    const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
    this.id = boxIdOf(createHash("sha256").update(spki).digest());
  }

  /** Members of a request, the next in order. */
  payload(act: ActionName, aud: string, more: object = {}): Record<string, unknown> {
    return { act, iss: this.id, aud, seq: ++this.seq, iat: Math.floor(Date.now() / 1000), ...more };
  }

  header(): Record<string, unknown> {
    return { alg: "EdDSA", typ: REQUEST_TYPE, kid: this.id, jwk: this.jwk };
  }

  jws(payload: unknown, header: unknown = this.header()): string {
    const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
    const signed = [header, payload].map((part) => Buffer.from(text(part)).toString("base64url")).join(".");
    return `${signed}.${sign(null, Buffer.from(signed), this.privateKey).toString("base64url")}`;
  }

  /** Sends an action to a cloud. @param headers further ones */
  send<T = Record<string, unknown>>(
    origin: string,
    act: ActionName,
    more: object = {},
    headers: Record<string, string> = {},
  ): Promise<CloudAnswer<T>> {
    const path = ACTIONS[act].path(this.id);
    return post<T>(origin, path, { request: this.jws(this.payload(act, origin, more)) }, headers);
  }
}

const VERSION = { version: "1.0.0" };

/** A box that is registered. */
export async function enrolledBox(
  origin: string,
  headers: Record<string, string> = {},
): Promise<RegisteringBox> {
  const box = new RegisteringBox();
  const { status, body } = await box.send(origin, "enrol", VERSION, headers);
  if (status !== 200) throw new Error(`not enrolled: ${status} ${JSON.stringify(body)}`);
  return box;
}

export function post<T>(
  origin: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<CloudAnswer<T>> {
  return call<T>(origin, "POST", path, typeof body === "string" ? body : JSON.stringify(body), headers);
}

/** One request on a connection of its own. @param origin `http://...`, or `unix:PATH` */
export function call<T>(
  origin: string,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<CloudAnswer<T>> {
  return new Promise((resolve, reject) => {
    const where = origin.startsWith("unix:")
      ? { socketPath: origin.slice("unix:".length), headers: { host: "localhost" } }
      : { host: new URL(origin).hostname, port: new URL(origin).port, headers: {} };
    const request = httpRequest(
      {
        ...where,
        method,
        path,
        agent: false,
        headers: {
          ...where.headers,
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => {
          const isJson = String(response.headers["content-type"]).includes("json");
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: (isJson ? JSON.parse(text) : { text }) as T & Partial<Problem>,
          });
        });
      },
    );
    request.once("error", reject);
    request.end(body);
  });
}
