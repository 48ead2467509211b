import type { Socket } from "node:net";

/**
 * A socket once it is connected; it is destroyed when the signal fires before.
 * @param event after which it is: `secureConnect` for TLS
 * @param explain what its error comes to
 * @throws what `explain` returns; or the signal's reason
 */
export function connected<S extends Socket>(
  socket: S,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
  explain: (error: Error) => Error,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => void socket.destroy(signal.reason as Error);
    const settle = (): void => {
      signal.removeEventListener("abort", onAbort);
      socket.removeListener("error", onError);
    };
    const onError = (error: Error): void => {
      settle();
      reject(signal.aborted ? (signal.reason as Error) : explain(error));
    };
    socket.once("error", onError);
    socket.once(event, () => {
      settle();
      resolve(socket);
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
