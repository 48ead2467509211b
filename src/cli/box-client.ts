import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import type { Static, TSchema } from "typebox";
import { TellyportError, isTellyportError, systemCode } from "../kernel/errors.ts";
import { shadowOf } from "../kernel/runtime-directory.ts";
import { SOCKET_FILE } from "../protocol/access.ts";
import type { Arguments } from "./command.ts";
import type { Io } from "./io.ts";
import { connected } from "./remote/connected.ts";
import type { Connect } from "./remote/connection.ts";
import { exchange, expect, type HttpRequest } from "./remote/exchange.ts";
import { RUN, startHint } from "./start-hint.ts";
import { stateDirectory } from "./state-directory.ts";

/** The HTTP API of the daemon on this machine, as its owner: only its user and group may open the socket. */
export interface BoxClient {
  /** @param timeoutMs default: 15 s. @throws TellyportError `daemon-not-running`, `role-forbidden`, or the problem that the daemon answered */
  call<S extends TSchema>(
    schema: S,
    method: HttpRequest["method"],
    path: string,
    body?: unknown,
    timeoutMs?: number,
  ): Promise<Static<S>>;
}

/** @throws TellyportError `config-unreadable`, `config-invalid` */
export async function boxClient(args: Arguments, io: Io): Promise<BoxClient> {
  const directory = await stateDirectory(args, io);
  return daemonClient(directory, io, notRunning);
}

/**
 * The daemon that keeps its state in a directory.
 * @param notRunning what to say when there is none
 */
export function daemonClient(
  directory: string,
  io: Io,
  notRunning: (directory: string) => string,
): BoxClient {
  const at =
    (folder: string): Connect =>
    (signal) =>
      connected(connectSocket({ path: join(folder, SOCKET_FILE) }), "connect", signal, (error) =>
        explain(directory, error, notRunning),
      );
  const connect: Connect = async (signal) => {
    try {
      return await at(directory)(signal);
    } catch (error) {
      // It runs on a copy while its state cannot be written.
      const copy = isTellyportError(error, "daemon-not-running")
        ? await shadowOf(directory, io.env["RUNTIME_DIRECTORY"])
        : null;
      if (copy === null) throw error;
      return at(copy)(signal);
    }
  };
  return {
    async call(schema, method, path, body, timeoutMs) {
      const request = {
        method,
        path,
        host: "localhost",
        signal: io.signal,
        ...(timeoutMs !== undefined && { timeoutMs }),
      };
      return expect(schema, await exchange(connect, body === undefined ? request : { ...request, body }));
    },
  };
}

function notRunning(directory: string): string {
  const start = startHint();
  const checkout = start === RUN ? " (`scripts/start` keeps its state in ./var)" : "";
  return `No Tellyport daemon runs with the state directory ${directory}: start it with \`${start}\`, or name the directory of the one that runs with --state DIR or $TELLYPORT_STATE${checkout}.`;
}

function explain(
  directory: string,
  cause: unknown,
  notRunning: (directory: string) => string,
): TellyportError {
  const code = systemCode(cause);
  if (code === "EACCES" || code === "EPERM") {
    return new TellyportError(
      "role-forbidden",
      `The daemon's socket in ${directory} is for its own user and group: run this as that user, or with sudo.`,
      { cause },
    );
  }
  return new TellyportError("daemon-not-running", notRunning(directory), { cause });
}
