import { request } from "node:https";
import { isIPv6 } from "node:net";
import { systemCode } from "../../kernel/errors.ts";

/** Bytes of an answer's head, and of its body. */
const HEAD_BYTES = 8 * 1024;
const BODY_BYTES = 4 * 1024;

/** Why there is no answer: for the log. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/**
 * One GET over TLS to exactly an address, on a connection of its own. The certificate is not looked at: it is the box's own, and
 * what counts is what the box signs. Redirects are not followed.
 * @param address an IP address: nothing is looked up
 * @param path with its query
 * @returns the body of an answer with 200
 * @throws NoAnswer, or what the signal was fired with
 */
export function askAt(address: string, port: number, path: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const asking = request({
      host: address,
      port,
      path,
      agent: false,
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      maxHeaderSize: HEAD_BYTES,
      headers: {
        host: `${isIPv6(address) ? `[${address}]` : address}:${port}`,
        accept: "application/json",
        "user-agent": "Tellyport-Cloud",
      },
    });
    const onAbort = (): void => void asking.destroy(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    const fail = (error: unknown): void => {
      if (signal.aborted) return reject(signal.reason as Error);
      reject(error instanceof NoAnswer ? error : new NoAnswer(systemCode(error) ?? "closed"));
    };
    asking.on("error", fail);
    asking.once("close", () => {
      signal.removeEventListener("abort", onAbort);
      fail(null);
    });
    asking.once("response", (response) => {
      const stop = (why: string): void => void response.destroy(new NoAnswer(why));
      response.on("error", fail);
      if (response.statusCode !== 200) return stop(`status ${response.statusCode}`);
      const pieces: Buffer[] = [];
      let length = 0;
      response.on("data", (piece: Buffer) => {
        length += piece.length;
        if (length > BODY_BYTES) return stop("too long");
        pieces.push(piece);
      });
      response.once("end", () => resolve(Buffer.concat(pieces).toString("utf8")));
    });
    asking.end();
  });
}
