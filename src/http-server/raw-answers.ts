import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { TellyportError, httpStatusOf, systemCode } from "../kernel/errors.ts";
import { isAnswering } from "./connections.ts";
import { problemOf } from "./problem.ts";
import { foreignPage, refusalOf, type Door } from "./request-guard.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";
import type { HostNames } from "./host-guard.ts";

/** What Node hands over beside requests: each gets a word in our form, and its connection is closed. */

/** What the parser found wrong, and the exact status that HTTP has for it (RFC 6585 §5, RFC 9110 §15.5). */
const PARSER_STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers upgrades, tunnels, expectations and what is no HTTP at all; without it Node closes or answers in its own words. */
export function answerOddities(server: Server, door: Door, hostNames: HostNames): void {
  // Listened for, Node hands every request here that names a protocol to change to, wherever it points.
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    const refusal = refusalOf(request, door, hostNames) ?? foreignPage(request, door, undefined);
    const none = "This box speaks HTTP/1.1 and changes to no other protocol.";
    end(socket, refusal ?? new TellyportError("upgrade-not-supported", none));
  });
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    const refusal = refusalOf(request, door, hostNames);
    end(socket, refusal ?? new TellyportError("method-not-allowed", "This box is no proxy."));
  });
  // RFC 9110 §10.1.1: something else than 100-continue.
  server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) => {
    const { head, body } = wording(new TellyportError("request-malformed", "That cannot be expected."), 417);
    response.writeHead(417, head).end(body);
  });
  server.on("clientError", (error: Error, socket: Socket) => {
    const code = systemCode(error) ?? "";
    const spoken = code.startsWith("HPE_") || code === "ERR_HTTP_REQUEST_TIMEOUT";
    // Of a handshake that failed, of a peer that is gone, or in the middle of an answer nothing can be said.
    if (!spoken || !socket.writable || isAnswering(socket)) return void socket.destroy();
    const failure = new TellyportError("request-malformed", "The request cannot be read.");
    end(socket, failure, PARSER_STATUS[code]);
  });
}

function end(socket: Duplex, error: TellyportError, status = httpStatusOf(error.code)): void {
  const { head, body } = wording(error, status);
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  // A peer that is gone meanwhile is no failure of ours.
  socket.on("error", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`, () =>
    socket.destroy(),
  );
}

function wording(error: TellyportError, status: number): { head: Record<string, string>; body: string } {
  const more = error.detail?.["headers"];
  const body = JSON.stringify({ ...problemOf(error), status });
  return {
    head: {
      ...SECURITY_HEADERS,
      ...(typeof more === "object" && more !== null ? more : {}),
      "content-type": "application/problem+json",
      "content-length": String(Buffer.byteLength(body)),
      "cache-control": "no-store",
      connection: "close",
      date: new Date().toUTCString(),
    },
    body,
  };
}
