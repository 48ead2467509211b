import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";

export interface ApiRequest {
  readonly method: string;
  /** http or https; of the operator's configuration. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For all of it, ms. */
  readonly deadline: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** Octets of an answer that are read. */
const LONGEST_ANSWER = 256 * 1024;

/**
 * One request to a machine of the operator's own, wherever that is: the fetcher for addresses that others name would refuse most of
 * these. No redirect is followed.
 * @throws whatever went wrong on the way; the signal's reason
 */
export function apiExchange(
  { method, url, headers, body, deadline }: ApiRequest,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const request = url.protocol === "https:" ? secureRequest : plainRequest;
  const ended = AbortSignal.any([signal, AbortSignal.timeout(deadline)]);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, signal: ended, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > LONGEST_ANSWER) outgoing.destroy(new Error("its answer is too long"));
        else chunks.push(chunk);
      });
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
      );
      response.once("error", reject);
    });
    outgoing.once("error", (error) =>
      reject(signal.aborted && signal.reason instanceof Error ? signal.reason : error),
    );
    outgoing.end(body);
  });
}
