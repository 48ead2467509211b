import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { KeyPhone } from "./key-phone.ts";

/** An answer that goes on: what came of it so far, and when it was over. */
export interface WireStream {
  readonly status: number;
  /** Everything so far. */
  text(): string;
  /** `data` of each event of this name so far, parsed. */
  events(name: string): Record<string, unknown>[];
  /** Resolves at its end, however it came. */
  readonly over: Promise<void>;
  destroy(): void;
}

/** Opens the event stream of a paired phone, and waits for its first event. */
export async function openEvents(phone: KeyPhone): Promise<WireStream> {
  const path = "/api/v1/events";
  // For the nonce: a stream that was refused is no stream.
  await phone.call("GET", "/api/v1/clients/self");
  const dpop = await phone.proof("GET", path);
  const stream = await openStream(phone.origin, path, {
    authorization: `DPoP ${phone.tokens?.accessToken ?? ""}`,
    dpop,
  });
  if (stream.status !== 200) throw new Error(`no events: ${stream.status} ${stream.text()}`);
  const until = performance.now() + 10_000;
  while (!stream.text().includes("event: snapshot")) {
    if (performance.now() > until) throw new Error("no snapshot came");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return stream;
}

/** A request whose answer is not waited for. */
export function openStream(
  origin: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<WireStream> {
  const { hostname, port, protocol } = new URL(origin);
  const send = protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      { hostname, port, path, headers, agent: false, rejectUnauthorized: false },
      (response) => resolve(follow(response)),
    );
    request.once("error", reject);
    request.end();
  });
}

function follow(response: IncomingMessage): WireStream {
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => (text += chunk));
  response.on("error", () => undefined);
  const over = new Promise<void>((resolve) => response.once("close", resolve));
  return {
    status: response.statusCode ?? 0,
    text: () => text,
    events: (name) =>
      text
        .split("\n\n")
        .filter((block) => block.startsWith(`event: ${name}\n`))
        .map((block) => JSON.parse(block.slice(block.indexOf("data: ") + 6)) as Record<string, unknown>),
    over,
    destroy: () => response.destroy(),
  };
}
