import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

/** One listener per connection, however many requests were pipelined on it. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls `gone` once, when the answer is over or its connection closed. The response alone does not tell: one that waits
 * behind another on the same connection never gets the socket, and then never emits `close`.
 */
export function whenGone(request: IncomingMessage, response: ServerResponse, gone: () => void): void {
  const { socket } = request;
  const calls = waiting.get(socket) ?? watch(socket);
  const once = (): void => {
    if (calls.delete(once)) gone();
  };
  calls.add(once);
  response.once("close", once);
  if (socket.closed) queueMicrotask(once);
}

/** Cuts an answer off with its connection, unless all of it has left; one that waits for the socket too. */
export function cutOff(request: IncomingMessage, response: ServerResponse): void {
  if (response.writableFinished) return;
  response.destroy();
  // Nothing on a socket that is none (a request that was injected).
  if (request.socket instanceof Socket) request.socket.destroy();
}

function watch(socket: Socket): Set<() => void> {
  const calls = new Set<() => void>();
  waiting.set(socket, calls);
  socket.once("close", () => {
    for (const call of [...calls]) call();
  });
  return calls;
}
