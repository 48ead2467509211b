import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Teardown } from "../../../helpers/temporary.ts";

/** A web server of the test's own on loopback. */
export interface HttpSite {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** `GET /path`, in order. */
  readonly requests: string[];
  stop(): Promise<void>;
}

export async function httpSite(
  t: Teardown,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<HttpSite> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  t.teardown(stop);
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return { url: `http://${host}`, host, port, requests, stop };
}
