import { createServer, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { Teardown } from "./temporary.ts";

/** One exchange as it went over the wire. Bodies of media are not kept. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly sent: string;
  status: number;
  answerHeaders: IncomingHttpHeaders;
  received: string;
}

/** Largest body that is kept, bytes. */
const KEPT = 1024 * 1024;

/** Stands between clients and a plain http server on loopback, changes nothing, and remembers everything but media. */
export async function recorder(t: Teardown, target: number): Promise<{ url: string; exchanges: Exchange[] }> {
  const exchanges: Exchange[] = [];
  const server = createServer((request, response) => {
    const sent: Buffer[] = [];
    const received: Buffer[] = [];
    let size = 0;
    const exchange = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      get sent() {
        return Buffer.concat(sent).toString("utf8");
      },
      status: 0,
      answerHeaders: {} as IncomingHttpHeaders,
      get received() {
        return Buffer.concat(received).toString("utf8");
      },
    };
    exchanges.push(exchange);
    const forward = httpRequest(
      {
        port: target,
        host: "127.0.0.1",
        method: request.method,
        path: request.url,
        headers: request.headers,
      },
      (answer) => {
        exchange.status = answer.statusCode ?? 0;
        exchange.answerHeaders = answer.headers;
        response.writeHead(exchange.status, answer.rawHeaders);
        const text = /json|mpegurl|event-stream|text/.test(String(answer.headers["content-type"]));
        answer.on("data", (chunk: Buffer) => {
          if (text && (size += chunk.length) < KEPT) received.push(chunk);
        });
        answer.on("error", () => response.destroy());
        answer.pipe(response);
      },
    );
    forward.on("error", () => response.destroy());
    response.on("close", () => forward.destroy());
    request.on("data", (chunk: Buffer) => sent.push(chunk));
    request.pipe(forward);
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, exchanges };
}
