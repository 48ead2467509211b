import { connect as connectSocket, type Socket } from "node:net";
import { join } from "node:path";
import type { Static, TSchema } from "typebox";
import { TellyportError, systemCode } from "../kernel/errors.ts";
import type { Arguments } from "./command.ts";
import type { Io } from "./io.ts";
import type { Connect } from "./remote/connection.ts";
import { exchange, expect, type HttpRequest } from "./remote/exchange.ts";
import { stateDirectory } from "./state-directory.ts";

/** The daemon's socket in its state directory; only its user and group may open it. */
export const CONTROL_SOCKET = "control.sock";

/** The HTTP API of the daemon on this machine, as its owner. */
export interface BoxClient {
  /** @throws TellyportError `daemon-not-running`, `role-forbidden`, or the problem that the daemon answered */
  call<S extends TSchema>(
    schema: S,
    method: HttpRequest["method"],
    path: string,
    body?: unknown,
  ): Promise<Static<S>>;
}

/** @throws TellyportError `config-unreadable`, `config-invalid` */
export async function boxClient(args: Arguments, io: Io): Promise<BoxClient> {
  const directory = await stateDirectory(args, io);
  const connect: Connect = (signal) => connectTo(directory, signal);
  return {
    async call(schema, method, path, body) {
      const request = { method, path, host: "localhost", signal: io.signal };
      return expect(schema, await exchange(connect, body === undefined ? request : { ...request, body }));
    },
  };
}

function connectTo(directory: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ path: join(directory, CONTROL_SOCKET) });
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason as Error);
    };
    const onError = (error: Error): void => {
      signal.removeEventListener("abort", onAbort);
      reject(explain(directory, error));
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      signal.removeEventListener("abort", onAbort);
      socket.removeListener("error", onError);
      resolve(socket);
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

function explain(directory: string, cause: unknown): TellyportError {
  const code = systemCode(cause);
  if (code === "EACCES" || code === "EPERM") {
    return new TellyportError(
      "role-forbidden",
      `The daemon's socket in ${directory} is for its own user and group: run this as that user, or with sudo.`,
      { cause },
    );
  }
  return new TellyportError(
    "daemon-not-running",
    `No Tellyport daemon runs with the state directory ${directory}: start it with \`tellyport run\`, or name its directory with --state.`,
    { cause },
  );
}
