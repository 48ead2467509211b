import { createServer, request as ask } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { Pebble } from "./pebble.ts";
import type { Exchange } from "./recorder.ts";
import type { Teardown } from "./temporary.ts";

/** What an exchange was about: the payload of the JWS, which `sent` has in base64url. */
export interface AcmeExchange extends Exchange {
  readonly payload: Record<string, unknown> | null;
}

/** An answer in place of the authority's own. */
export interface Instead {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface AuthorityFront {
  readonly directory: string;
  readonly origin: string;
  readonly exchanges: AcmeExchange[];
  /** Of orders: those that the authority made. */
  orders(): AcmeExchange[];
  /** Says what is answered in place of the authority; undefined: it is asked. */
  instead: (exchange: AcmeExchange) => Instead | undefined;
  /** Behind it. */
  authority: Pebble;
  /** What is added to the directory. */
  more: Record<string, unknown>;
}

/** Stands in front of Pebble by https, at an address of its own, remembers all that is said, and says other things when told to. */
export async function authorityFront(t: Teardown, pebble: Pebble): Promise<AuthorityFront> {
  const server = createServer({ key: pebble.key, cert: pebble.ca });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const front: AuthorityFront = {
    directory: `${origin}/dir`,
    origin,
    exchanges: [],
    orders: () => front.exchanges.filter(({ url, status }) => url === "/order-plz" && status === 201),
    instead: () => undefined,
    authority: pebble,
    more: {},
  };
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("request", (request, response) => {
    const pieces: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const body = Buffer.concat(pieces);
      const exchange: AcmeExchange = {
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        sent: body.toString("utf8"),
        payload: payloadOf(body),
        status: 0,
        answerHeaders: {},
        received: "",
      };
      front.exchanges.push(exchange);
      const finish = (status: number, headers: IncomingHttpHeaders, text: string): void => {
        Object.assign(exchange, { status, answerHeaders: headers, received: text });
        const rest = { ...headers };
        delete rest["content-length"];
        delete rest["transfer-encoding"];
        response.writeHead(status, rest).end(request.method === "HEAD" ? undefined : text);
      };
      const instead = front.instead(exchange);
      if (instead !== undefined)
        return finish(
          instead.status,
          { "content-type": "application/problem+json", ...instead.headers },
          instead.body === undefined ? "" : JSON.stringify(instead.body),
        );
      // The authority makes its addresses of the Host header.
      const onward = ask(
        {
          host: "127.0.0.1",
          port: front.authority.port,
          method: request.method,
          path: request.url,
          headers: request.headers,
          ca: front.authority.ca,
          agent: false,
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (part: Buffer) => parts.push(part));
          answer.on("end", () => {
            const text = Buffer.concat(parts).toString("utf8");
            const isDirectory = request.url === "/dir";
            finish(
              answer.statusCode ?? 0,
              answer.headers,
              isDirectory ? JSON.stringify({ ...(JSON.parse(text) as object), ...front.more }) : text,
            );
          });
        },
      );
      onward.on("error", () => response.destroy());
      onward.end(body);
    });
  });
  return front;
}

function payloadOf(body: Buffer): Record<string, unknown> | null {
  try {
    const { payload } = JSON.parse(body.toString("utf8")) as { payload: string };
    return payload === "" ? null : JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}
