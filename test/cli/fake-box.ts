import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { generateClientKey } from "../../src/cli/remote/dpop.ts";
import type { Credentials } from "../../src/cli/remote/credentials.ts";
import type { Teardown } from "../helpers/temporary.ts";

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Sent as JSON, or as it is when a string. */
  readonly body?: unknown;
  /** The connection is closed in place of an answer. */
  readonly hangUp?: boolean;
}

export interface FakeRequest {
  /** `GET /api/v1/box`. */
  readonly line: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

/**
 * What a box might answer, however wrong.
 * @param socket path of a unix socket; default: a port of loopback
 */
export async function startFakeBox(
  t: Teardown,
  answer: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>,
  socket?: string,
): Promise<{ port: number; url: string }> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
      const line = `${request.method} ${request.url}`;
      void Promise.resolve(answer({ line, headers: request.headers, body })).then((one) => {
        if (one.hangUp === true) return void request.socket.destroy();
        response.writeHead(one.status ?? 200, { "content-type": "application/json", ...one.headers });
        response.end(typeof one.body === "string" ? one.body : JSON.stringify(one.body ?? null));
      });
    });
  });
  await new Promise<void>((resolve) =>
    socket === undefined ? server.listen(0, "127.0.0.1", resolve) : server.listen(socket, resolve),
  );
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const port = socket === undefined ? (server.address() as AddressInfo).port : 0;
  return { port, url: `http://127.0.0.1:${port}` };
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): FakeAnswer {
  return { status, headers, body: { type: "about:blank", title: `It is ${code}.`, status, code } };
}

export async function fakeCredentials(port: number): Promise<Credentials> {
  return {
    version: 1,
    box: { id: "aaaabbbbccccdddd", name: "Box", scheme: "http", host: "127.0.0.1", port, trust: null },
    client: "c",
    role: "viewer",
    key: await generateClientKey(),
    accessToken: "access-1",
    expiresAt: "2026-11-20T12:10:00.000Z",
    refreshToken: "refresh-1",
  };
}

/** The claims of a JWS, unverified. */
export function claimsOf(jws: unknown): Record<string, unknown> {
  const part = String(jws).split(".")[1] ?? "";
  return JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
}
