import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Signer } from "../../src/ddns-client/ports.ts";
import { boxIdOf } from "../../src/protocol/identity.ts";
import type { Registration } from "../../src/protocol/registration.ts";
import type { Teardown } from "./temporary.ts";

/** A request of a box, as it came. */
export interface HeardAction {
  readonly path: string;
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
  /** Its signature is that of the key in its header. */
  readonly signed: boolean;
}

export interface FakeCloud {
  readonly origin: string;
  readonly heard: HeardAction[];
  /** Decides each answer; default: {@link registrationOf} with status 200. */
  answer: (action: HeardAction) => { status: number; body: unknown };
  /** What it never answers; default: nothing. */
  silent: (action: HeardAction) => boolean;
  close(): Promise<void>;
}

/** A registration in which nothing is open. */
export function registrationOf(more: Partial<Registration> = {}): Registration {
  const none = { state: "none", address: null, port: null } as const;
  return {
    box: "aaaaaaaaaaaaaaaa",
    name: "aaaaaaaaaaaaaaaa.tv.example",
    lanName: "lan.aaaaaaaaaaaaaaaa.tv.example",
    alias: null,
    hosts: [],
    observed: "127.0.0.1",
    doors: { ipv4: none, ipv6: none },
    refreshSeconds: 86_400,
    seq: 1,
    ...more,
  };
}

/** An http server that hears signed actions and answers what the test says. @param port default: a free one */
export async function fakeCloud(t: Teardown, port = 0): Promise<FakeCloud> {
  const heard: HeardAction[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const action = text === "" ? quiet(request.url ?? "") : read(request.url ?? "", text);
      if (text !== "") heard.push(action);
      if (cloud.silent(action)) return;
      const { status, body } = cloud.answer(action);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const cloud: FakeCloud = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    silent: () => false,
    answer: ({ payload }) => ({ status: 200, body: registrationOf({ seq: Number(payload["seq"]) }) }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  t.teardown(() => (server.listening ? cloud.close() : undefined));
  return cloud;
}

function quiet(path: string): HeardAction {
  return { path, header: {}, payload: {}, signed: false };
}

function read(path: string, text: string): HeardAction {
  const { request } = JSON.parse(text) as { request: string };
  const [head = "", body = "", signature = ""] = request.split(".");
  const parse = (part: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
  const header = parse(head);
  const key = createPublicKey({ key: header["jwk"] as never, format: "jwk" });
  const signed = verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"));
  return { path, header, payload: parse(body), signed };
}

/** A box's identity that exists for the test alone. */
export function testBox(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const spki = publicKey.export({ type: "spki", format: "der" });
  return {
    boxId: boxIdOf(createHash("sha256").update(spki).digest()),
    spki,
    sign: (data) => sign(null, data, privateKey),
  };
}

/** One whose id is easy to read. */
export function testSigner(): Signer {
  return { ...testBox(), boxId: "aaaaaaaaaaaaaaaa" };
}
